# SPDX-License-Identifier: GPL-3.0-or-later
"""LP-01, LP-08: single commands of providers that lead to a root shell all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...evaluators.facts import Unread
from ...evaluators.patterns import matches
from ...evaluators.providers import User, providers
from ...evaluators.sudoers import ALL, Grant, grants, options, unseen
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
#: The classes of bulwark_sudo_escapes.
ALWAYS, INTERACTIVE, BY_ARGUMENTS = "always", "interactive", "by_arguments"
PATTERN = re.compile(r"[*?\[]|^\^|/$")
EDIT = "sudoedit"
COMMAND = "command"


@JUDGES.of("lin-lp-sudo-escape")
def sudo_escape(case: Case) -> Verdict:
    """No single command of a provider's account gives a shell, matches more than one program, or can be replaced.

    ALL is lin-lp-sudo-unrestricted's.
    """
    wrong: list[Item] = []
    unread = unseen(case) if case.facts["sudo"]["installed"] else []
    for account, user in providers(case):
        try:
            wrong += [
                item("%s: %s" % (account.name, what), "%s (%s): %s" % (account.name, account.party, what))
                for _kind, what in openings(case, user)
            ]
        except Unread as reason:
            unread.append(str(reason))
    return verdict(
        "no rule of sudo for a provider's account holds a program of bulwark_sudo_escapes, a wildcard, SETENV or a "
        "program that others can replace; env_reset and secure_path are set",
        wrong,
        unread,
        ["cvtsudoers -e -f json /etc/sudoers"],
    )


def openings(case: Case, user: User) -> Iterator[tuple[str, str]]:
    """Yield how the commands of an account lead further than they say, each with a word for what would stop it.

    The word is "interactive" (NOEXEC does), "env_reset" or "secure_path" (that setting does), or "command".
    """
    single = [grant for grant in grants(case, user) if grant.runas != ("",) and grant.command != ALL]
    for grant in single:
        for kind, why in ways_out(case, grant):
            yield kind, "sudo %s %s" % (grant.command, why)
    if single:
        general = options(case, user)
        if general.get("env_reset") is False:
            yield "env_reset", "sudo keeps its environment (Defaults !env_reset)"
        if not general.get("secure_path"):
            yield "secure_path", "sudo looks for programs along its own PATH (no Defaults secure_path)"


def ways_out(case: Case, grant: Grant) -> Iterator[tuple[str, str]]:
    """Yield why a single command is more than it seems, as openings() does."""
    if grant.arguments is None:
        raise Unread("which arguments sudo lets %s have was not read" % grant.command)
    if PATTERN.search(grant.command):
        yield COMMAND, "matches more than one program"
    if grant.arguments == "wildcard":
        yield COMMAND, "takes arguments by a wildcard"
    if grant.setenv:
        yield COMMAND, "lets the account set its environment (SETENV)"
    if grant.command == EDIT:
        if grant.arguments == "any":
            yield COMMAND, "changes any file"
        return
    program = case.facts["sudo"]["programs"][grant.command]
    if program["writable"] and not grant.digest:
        yield COMMAND, "can be replaced: others than root can write to %s" % ", ".join(program["writable"])
    names = {path.rsplit("/", 1)[-1] for path in (grant.command, program["real"] or grant.command)}
    escapes = case.policy["bulwark_sudo_escapes"]
    if _listed(names, escapes[ALWAYS]):
        yield COMMAND, "gives a shell or changes any file"
    elif _listed(names, escapes[INTERACTIVE]) and not grant.noexec:
        yield INTERACTIVE, "gives a shell from within (NOEXEC would stop that)"
    elif _listed(names, escapes[BY_ARGUMENTS]) and grant.arguments == "any":
        yield COMMAND, "gives a shell or changes any file by its arguments, which are not fixed"


def interactive(case: Case, path: str) -> bool:
    """Say whether a program, by its name, gives a shell from within."""
    return _listed({path.rsplit("/", 1)[-1]}, case.policy["bulwark_sudo_escapes"][INTERACTIVE])


def _listed(names: set[str], patterns: list[str]) -> bool:
    return any(matches(name, patterns) for name in names)
