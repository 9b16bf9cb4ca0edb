# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to log in over SSH that are closed: passwords, root, other hosts' word; and what logins may tunnel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...evaluators.logins import Context, contexts, remote_accounts
from ...evaluators.verdict import Case
from ...judges.initial_access.ssh import password_dialogue
from ...judges.segregation import ssh as judge
from ..entry.ways_in import require_keys, root_needed
from ..steps import Left, Measures, Step, absent
from .sshd import set_to
from .sshd_config import Mend, Section, drop_in, tightened, user

MEASURES = Measures()


@MEASURES.of("ssh_passwords")
def ssh_passwords(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Set {option: value} that keep passwords out, where everybody who logs in has a key.

    A PAM dialogue that may ask for the password alone stays open only behind a key: closing it would take one-time
    codes away with it.
    """
    sections = [*set_to(case, arguments), *tightened(case, "AuthenticationMethods", _behind_key(case))]
    if sections:
        require_keys(case)
    for context in contexts(case):
        alternatives = context.value("authenticationmethods").split()
        if all("password" in alternative.split(",") for alternative in alternatives):
            raise Left("AuthenticationMethods %s needs a password for %s: nobody could log in there without"
                       % (" ".join(alternatives), context.place))  # fmt: skip
    return drop_in(case, control, sections)


def _behind_key(case: Case) -> Mend:
    def mend(now: str, context: Context) -> str | None:
        if not context.users or not password_dialogue(case, context):
            return None
        kept = [one for one in now.split() if "publickey" in one.split(",")]
        kerberos = ["gssapi-with-mic"] if context.on("gssapiauthentication") else []
        return " ".join(kept or ["publickey", *kerberos])

    return mend


@MEASURES.of("ssh_root")
def ssh_root(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Set {PermitRootLogin: value}, where somebody else surely logs in and becomes root."""
    sections = set_to(case, arguments)
    needed = root_needed(case) if sections else ""
    if needed:
        raise Left(needed)
    return drop_in(case, control, sections)


@MEASURES.of("ssh_forwarding")
def ssh_forwarding(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have accounts of providers and vendors tunnel nothing; on a jump host only to where PermitOpen leads.

    arguments: {accounts: {option: value}, on_jump_hosts: {option: value}}, for those that tunnel at all.
    """
    jump = case.registers.has_function("jump")
    sections = []
    for login in remote_accounts(case):
        if login.external and any(judge.forwards(login, jump)):
            goes_on = jump and any(context.value("allowtcpforwarding") != "no" for context in login.contexts)
            if goes_on and not all(map(judge.names_targets, login.contexts)):
                raise Left("%s may forward to anywhere: on a jump host somebody has to say where to (sshd's "
                           "PermitOpen), or take jump out of bulwark_host_functions" % login.name)  # fmt: skip
            sections.append(Section(user(login.name), arguments["on_jump_hosts" if goes_on else "accounts"]))
    return drop_in(case, control, sections)


@MEASURES.of("ssh_trust_files")
def ssh_trust_files(case: Case, _arguments: Any, _control: str) -> list[Step]:
    """Take away the files that let others in on another host's word."""
    return [absent(found["path"]) for found in case.facts["trust"]["files"] if found["entries"]]


@MEASURES.of("ssh_authorities")
def ssh_authorities(case: Case, _arguments: Any, _control: str) -> list[Step]:
    """Leave the control where certificates open accounts that nobody approved: only their owner can say whose."""
    unknown = judge.unapproved(case)
    if unknown:
        case.registers.declared("accounts")
        raise Left("%s: list the fingerprint among an account's keys in bulwark_accounts, or take the authority out of "
                   "TrustedUserCAKeys" % unknown[0].text)  # fmt: skip
    for context in contexts(case):
        if context.value("trustedusercakeys") != "none" and not judge.principals(context):
            raise Left("certificates choose their account themselves for %s: which of them may open which account has "
                       "to be written down first (AuthorizedPrincipalsFile)" % context.place)  # fmt: skip
    return []
