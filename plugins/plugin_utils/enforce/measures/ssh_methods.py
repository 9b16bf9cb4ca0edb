# SPDX-License-Identifier: GPL-3.0-or-later
"""Two factors for people who log in over SSH, a bound key for machines."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ...evaluators.logins import Context, Login, contexts, logins, remote_accounts
from ...evaluators.pam_stack import mfa_modules
from ...evaluators.reach import within
from ...evaluators.verdict import Case
from ...judges.authentication.keys import SHA1
from ...judges.mfa.factors import limited_to_verified_sk, single_factor
from ...judges.mfa.machine import loose
from ...judges.mfa.ssh import PEOPLE
from ..entry.ways_in import require_keys, require_register
from ..steps import Left, Measures, Step
from .key_files import in_roots_file
from .security_keys import require_security_keys, with_verification, without_other_algorithms
from .sshd import set_to
from .sshd_config import Mend, Section, drop_in, tightened, user, without

MEASURES = Measures()
MACHINES = frozenset({"automation", "service"})
#: Drop-ins of other controls that sshd reads before ours, and that may hold what this control says better.
NO_PASSWORD, KEY_HYGIENE = "lin-ic-ssh-no-password", "lin-aa-key-hygiene"


@MEASURES.of("ssh_code_after_key")
def ssh_code_after_key(case: Case, arguments: Mapping[str, str], control: str) -> list[Step]:
    """Set {option: value} so that people need their key and then PAM's dialogue; machines stay with their key.

    Does nothing where bulwark_mfa_method is sk. Alternatives of AuthenticationMethods that are two factors stay.
    """
    if case.policy["bulwark_mfa_method"] == "sk":
        return []
    people = _people(case)
    options = dict(arguments)
    wanted = options.pop("AuthenticationMethods")
    sections = tightened(
        case, "AuthenticationMethods", _for(people, _two_factors(case, wanted, "keyboard-interactive"))
    )
    if not sections:
        return []
    _require_everybody(case)
    for option in [one for one in options if one != "UsePAM"]:
        sections += tightened(case, option, _for(people, _equal(options[option])))
    sections += set_to(case, {"UsePAM": options["UsePAM"]})
    kept = [Section(user(one.name), _own_methods(one)) for one in remote_accounts(case) if one.kind in MACHINES]
    return [without(NO_PASSWORD, ["AuthenticationMethods"]), *drop_in(case, control, [*kept, *sections])]


@MEASURES.of("ssh_security_key")
def ssh_security_key(case: Case, arguments: Mapping[str, str], control: str) -> list[Step]:
    """Set {AuthenticationMethods: value} so that people need a security key that verifies who uses it.

    Does nothing but where bulwark_mfa_method is sk. Machines and emergency accounts stay with their keys.
    """
    if case.policy["bulwark_mfa_method"] != "sk":
        return []
    people = _people(case)
    sections = [
        *tightened(case, "AuthenticationMethods", _for(people, _two_factors(case, arguments["AuthenticationMethods"]))),
        *tightened(case, "PubkeyAcceptedAlgorithms", _for(people, _where_weak(case, without_other_algorithms))),
        *tightened(case, "PubkeyAuthOptions", _for(people, _where_weak(case, with_verification))),
    ]
    if not sections:
        return []
    _require_everybody(case)
    require_security_keys([login for login in logins(case) if login.kind in PEOPLE])
    kept = [
        Section(user(one.name), {**_own_methods(one), **_own_keys(one)})
        for one in remote_accounts(case)
        if one.kind not in PEOPLE
    ]
    cleared = [without(NO_PASSWORD, ["AuthenticationMethods"]), without(KEY_HYGIENE, ["PubkeyAcceptedAlgorithms"])]
    return [*cleared, *drop_in(case, control, [*kept, *sections])]


@MEASURES.of("ssh_machine_keys")
def ssh_machine_keys(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have keys of machines in files of root's, good only from the account's sources.

    arguments: {restrict: whether the keys get sshd's option of that name, give_back: what it is not to take}. Sources
    are those of bulwark_accounts; for the account of the run itself, where none are declared, where the run comes from.
    """
    sections: list[Section] = []
    steps: list[Step] = []
    for login in logins(case):
        if login.kind in MACHINES and any(any(loose(key)) for key in login.keys):
            binding = {"from": _sources(case, login), **arguments}
            own_sections, own_steps = in_roots_file(case, login.name, binding)
            sections += own_sections
            steps += own_steps
    return [*steps, *drop_in(case, control, sections)]


@MEASURES.of("ssh_dialogue")
def ssh_dialogue(case: Case, arguments: Mapping[str, str], control: str) -> list[Step]:
    """Set {UsePAM, KbdInteractiveAuthentication} so that people can be asked for the code that they need.

    Where a password alone could be given in that dialogue it is opened only together with lin-mf-ssh-methods.
    """
    people = _people(case)
    in_use = mfa_modules(case.facts, case.policy, "sshd")

    def asked(now: str, context: Context) -> str | None:
        wanted = arguments["KbdInteractiveAuthentication"]
        return wanted if "keyboard-interactive" in context.value("authenticationmethods") and now != wanted else None

    unasked = [
        context
        for context in contexts(case)
        if people.intersection(context.users)
        and "keyboard-interactive" not in context.value("authenticationmethods")
        and in_use
        and not limited_to_verified_sk(context)
        and not context.on("kbdinteractiveauthentication")
    ]
    if unasked:
        _require_everybody(case)
    sections = tightened(case, "KbdInteractiveAuthentication", _for(people, asked))
    return drop_in(case, control, [*sections, *set_to(case, {"UsePAM": arguments["UsePAM"]})])


def _people(case: Case) -> frozenset[str]:
    return frozenset(login.name for login in logins(case) if login.kind in PEOPLE)


def _require_everybody(case: Case) -> None:
    """Raise Left where somebody is not declared, or would be out for want of a key."""
    require_register(case)
    require_keys(case)


def _for(people: Collection[str], mend: Mend) -> Mend:
    """Return the mend for those kinds of logins that are a person's."""
    return lambda now, context: mend(now, context) if set(people).intersection(context.users) else None


def _equal(wanted: str) -> Mend:
    return lambda now, _context: None if now == wanted else wanted


def _where_weak(case: Case, better: Callable[[str], str]) -> Mend:
    """Return the mend where sshd is content with one factor."""

    def mend(now: str, context: Context) -> str | None:
        value = better(now)
        return value if value != now and single_factor(case, context) else None

    return mend


def _two_factors(case: Case, wanted: str, *beside_key: str) -> Mend:
    """Return the mend of AuthenticationMethods: alternatives with a key, and `beside_key` with it, stay."""

    def mend(now: str, context: Context) -> str | None:
        weak = {alternative for alternative, _why in single_factor(case, context)}

        def better(alternative: str) -> str:
            methods = {method.split(":")[0] for method in alternative.split(",")}
            return alternative if alternative not in weak or methods >= {"publickey", *beside_key} else wanted

        value = " ".join(dict.fromkeys(better(alternative) for alternative in now.split()))
        return None if value == now else value

    return mend


def _own_methods(login: Login) -> dict[str, str]:
    """Return the methods of a machine: those that it has where they are keys alone, else one key."""
    values = list(login.settings("authenticationmethods"))
    by_key = len(values) == 1 and set(re.split("[ ,]", values[0])) == {"publickey"}
    return {"AuthenticationMethods": values[0] if by_key else "publickey"}


def _own_keys(login: Login) -> dict[str, str]:
    """Return what keeps the keys of an account good that it has now, but for signatures over SHA-1."""
    lists = [value.split(",") for value in login.settings("pubkeyacceptedalgorithms")]
    taken = [name for name in lists[0] if name not in SHA1 and all(name in other for other in lists)]
    return {
        "PubkeyAcceptedAlgorithms": ",".join(taken),
        "PubkeyAuthOptions": next(iter(login.settings("pubkeyauthoptions"))),
    }


def _sources(case: Case, login: Login) -> list[str]:
    declared = list(login.account.sources) if login.account else []
    system = case.facts["system"]
    peer = system["peer"] if login.name == system["account"] else ""
    if not declared and not peer:
        raise Left(
            "%s: bulwark_accounts names no sources, so that it isn't known where its key may come from" % login.name
        )
    if declared and peer and not within(peer, declared):
        raise Left("%s: this run comes from %s, which is none of its sources in bulwark_accounts" % (login.name, peer))
    return declared or [peer]
