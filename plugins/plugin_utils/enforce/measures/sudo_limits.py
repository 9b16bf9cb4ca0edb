# SPDX-License-Identifier: GPL-3.0-or-later
"""What providers' accounts may do by sudo is limited: to their scope, to commands that lead nowhere else, in time.

Nobody's rules are rewritten. Each account gets a drop-in that sudo reads after all others, whose last matching line
counts; a rule against everything that begins one day (NOTBEFORE) ends what others grant and grants nothing itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from ...declared.registers import Account, Undeclared
from ...evaluators.providers import User, expires_in_time, full_admin, latest, providers
from ...evaluators.sudoers import grants, options, unseen
from ...evaluators.verdict import Case
from ...judges.least_privilege.escape import INTERACTIVE, interactive, openings
from ...judges.least_privilege.sudo import everything, lacking, without_end
from ..steps import HEADER, Left, Measures, Step, file

MEASURES = Measures()

FOLDER = "/etc/sudoers.d/"
PREFIX = "zz-bulwark-"
PLAIN = re.compile(r"[a-z_][a-z0-9_-]*")
#: What a command of the register may hold: no wildcard, and nothing that starts something else in sudoers.
COMMAND = re.compile(r"/[A-Za-z0-9_./+@%:=,~ -]+")
SPECIAL = re.compile(r"([,:=\\])")
NOTHING = "ALL = (ALL:ALL) !ALL"


@MEASURES.of("sudo_within_scope")
def sudo_within_scope(case: Case, _arguments: Any, control: str) -> list[Step]:
    """Take ALL from providers' accounts and give them their scope; one with a contract for it keeps ALL, bound."""

    def lines(account: Account, user: User) -> list[str]:
        held = [grant for grant in grants(case, user) if everything(grant)]
        if full_admin(case, account):
            if not held or not lacking(case, account, user, held[-1]):
                return []
            if account.kind != "person" or not account.person:
                raise Left("bulwark_accounts: %s has full_admin and is no named person's" % account.name)
            runas = ", ".join(held[-1].runas)
            return [
                "Defaults:%s log_output" % named(account),
                "%s %s" % (named(account), NOTHING),
                "%s ALL = (%s) NOTAFTER=%s PASSWD: ALL" % (named(account), runas, _until(case, account)),
            ]
        asked = (
            ["Defaults:%s authenticate" % named(account)] if options(case, user).get("authenticate") is False else []
        )
        return [*asked, *_scope(case, account)] if held else asked if grants(case, user) else []

    return _drop_ins(case, control, lines)


@MEASURES.of("sudo_single_commands")
def sudo_single_commands(case: Case, _arguments: Any, control: str) -> list[Step]:
    """Close what single commands of providers' accounts lead to: by Defaults where these do, else by their scope."""

    def lines(account: Account, user: User) -> list[str]:
        found = list(openings(case, user))
        who, kinds = named(account), {kind for kind, _text in found}
        defaults = {
            INTERACTIVE: "Defaults:%s noexec" % who,
            "env_reset": "Defaults:%s env_reset" % who,
            "secure_path": 'Defaults:%s secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"'
            % who,
        }
        closed = [line for kind, line in defaults.items() if kind in kinds]
        if kinds <= set(defaults):
            return closed
        if any(map(everything, grants(case, user))):
            raise Left("%s may run ALL beside: lin-lp-sudo-unrestricted comes first" % account.name)
        return [*closed, *_scope(case, account)]

    return _drop_ins(case, control, lines)


@MEASURES.of("sudo_ends")
def sudo_ends(case: Case, _arguments: Any, control: str) -> list[Step]:
    """End what sudo gives providers' accounts."""

    def lines(account: Account, user: User) -> list[str]:
        endless = list(without_end(case, user))
        if not endless or expires_in_time(case, user):
            return []
        if not any(power.startswith("sudo ") for power in endless):
            raise Left("%s: %s ends with the account only (chage -E, expires)" % (account.name, ", ".join(endless)))
        begin = _end(case, account) + timedelta(days=1)
        return ["%s ALL = (ALL:ALL) NOTBEFORE=%s000000Z !ALL" % (named(account), begin.strftime("%Y%m%d"))]

    return _drop_ins(case, control, lines)


def _drop_ins(case: Case, control: str, lines: Any) -> list[Step]:
    """Return a drop-in for each account that `lines(account, user)` has something for."""
    steps: list[Step] = []
    spared = []
    for account, user in providers(case):
        content = lines(account, user)
        if content and _untouchable(case, user):
            spared.append(account.name)
        elif content:
            name = _name(account.name, control)
            require_last_word(case)
            steps.append(file(FOLDER + name, "".join([HEADER % control, *(line + "\n" for line in content)]), "0440"))
    if spared and not steps:
        raise Left("%s is what this run comes by, or for emergencies" % ", ".join(spared))
    return steps


def _untouchable(case: Case, user: User) -> bool:
    group = case.policy["bulwark_break_glass_group"]
    return user["name"] == case.facts["system"]["account"] or (bool(group) and group in user["groups"])


def require_last_word(case: Case) -> None:
    """Raise Left where a drop-in of ours isn't what sudo reads last."""
    hidden = unseen(case)
    if hidden:
        raise Left(hidden[0])
    names = case.facts["sudo"]["drop_ins"]
    if names is None:
        raise Left("sudoers has other rules after @includedir %s, or doesn't read it" % FOLDER.rstrip("/"))
    later = [name for name in names if name > PREFIX and not name.startswith(PREFIX)]
    if later:
        raise Left("%s%s would have the last word after ours: rename it" % (FOLDER, later[0]))


def _name(account: str, control: str) -> str:
    """Return the name of an account's drop-in: sudo reads no file whose name has a dot in it."""
    return PREFIX + re.sub(r"[^A-Za-z0-9_-]", lambda found: "=%02x" % ord(found[0]), account) + "-" + control


def named(account: Account) -> str:
    """Return an account's name as sudoers takes it; raises Left where it can't."""
    if '"' in account.name or "\n" in account.name:
        raise Left("%r can't be named in sudoers" % account.name)
    return account.name if PLAIN.fullmatch(account.name) else '"%s"' % account.name


def _scope(case: Case, account: Account) -> list[str]:
    """Return the lines that give an account the commands of its scope, and nothing that these would start."""
    commands = [entry for entry in account.scope if entry.startswith("/")]
    if not commands:
        raise Left(
            "bulwark_accounts: the scope of %s names no command (an absolute path, with its arguments) that it is to "
            "keep" % account.name
        )
    strange = [command for command in commands if not COMMAND.fullmatch(command)]
    if strange:
        raise Left("bulwark_accounts: the scope of %s has a command with wildcards or quotes" % account.name)
    until = _until(case, account)
    return ["%s %s" % (named(account), NOTHING)] + [
        "%s ALL = (root) NOTAFTER=%s %s%s"
        % (named(account), until, "NOEXEC: " * interactive(case, command.split()[0]), SPECIAL.sub(r"\\\1", command))
        for command in commands
    ]


def _until(case: Case, account: Account) -> str:
    return _end(case, account).strftime("%Y%m%d") + "235959Z"


def _end(case: Case, account: Account) -> date:
    """Return the last day of an account's powers: its own, that of its contract, or the last that policy allows."""
    return min(_ends(case, account))


def _ends(case: Case, account: Account) -> Iterator[date]:
    yield latest(case)
    if account.expires:
        yield account.expires
    try:
        contract = case.registers.contract_of(account)
    except Undeclared:
        return
    if contract:
        yield contract.end
