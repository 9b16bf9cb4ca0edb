# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-aa-msp-scope, lin-aa-msp-idle-off: from where and when a provider's accounts get in, by files of ours.

A line at the head of sshd's account rules reads them. Accounts that they don't name get in as before, so that nobody
but a provider's can be shut out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ....module_utils.readers.access import access_options, time_file
from ...declared.registers import Account
from ...evaluators.logins import Login, remote_accounts
from ...evaluators.origins import allowed
from ...evaluators.pam_account import ACCOUNT, lines_of
from ...evaluators.pam_stack import entries
from ...evaluators.pam_time import written
from ...evaluators.reach import within
from ...evaluators.verdict import Case
from ...evaluators.work_hours import bound, declared, may_work, opened
from ..steps import HEADER, Left, Measures, Step, edit, file

MEASURES = Measures()

SERVICE = "sshd"
PAM_FILE = "/etc/pam.d/sshd"
ACCESS_FILE = "/etc/security/access-bulwark.conf"
TIME_FILE = "/etc/security/time-bulwark.conf"
#: Names that both modules take for themselves alone: no separator, no group in brackets, no pattern.
PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
KEYWORDS = ("all", "except", "local", "none")


@MEASURES.of("provider_sources")
def provider_sources(case: Case, _arguments: Any, control: str) -> list[Step]:
    """Let each account of a provider or vendor in from its own networks alone."""
    managed = case.registers.declared("msp_managed")
    mine: dict[str, list[str]] = {}
    for login, account in _external(case):
        if account.party not in managed:
            text = "%s is an account of %s, which bulwark_msp_managed does not name: take it away, or name its party"
            raise Left(text % (account.name, account.party))
        networks = allowed(case, account)
        if not networks:
            raise Left("%s: declare its sources in bulwark_accounts, or bulwark_admin_cidrs" % account.name)
        _require_pam(login)
        _require_within(case, account, networks)
        mine[_plain(account.name)] = [each for network in networks for each in _halves(network)]
    if not mine:
        return []
    kept = [rule for rule in _rules(case, "access", ACCESS_FILE) if set(rule["users"]).isdisjoint(mine)]
    lines = ["%s:%s:%s" % ("+" if rule["allow"] else "-", " ".join(rule["users"]), " ".join(rule["origins"]))
             for rule in kept]  # fmt: skip
    for name, networks in sorted(mine.items()):
        lines += ["+:%s:%s" % (name, " ".join(networks)), "-:%s:ALL" % name]
    return [
        file(ACCESS_FILE, HEADER % control + "".join(line + "\n" for line in lines)),
        _line(case, "pam_access", "accessfile=%s" % ACCESS_FILE),
    ]


@MEASURES.of("provider_hours")
def provider_hours(case: Case, _arguments: Any, control: str) -> list[Step]:
    """Let each account of a provider or vendor in within the windows of its contract alone."""
    zone = case.facts["system"]["timezone"]
    mine: dict[str, str] = {}
    for login, account in _external(case):
        if not bound(account):
            continue
        contract, reason = declared(case, account)
        if contract is None:
            raise Left(reason)
        windows = opened(contract.windows, zone, case.today)
        if windows.surely != windows.perhaps:
            text = (
                "%s: the windows of its contract are in a time zone whose distance from the host's, %s, changes over "
            )
            raise Left((text + "the year: declare them in the host's (bulwark_contracts)") % (account.name, zone))
        if account.name == case.facts["system"]["account"] and not may_work(case, account, contract):
            raise Left("this very run logs in as %s, outside the windows of its contract" % account.name)
        _require_pam(login)
        mine[_plain(account.name)] = written(windows.surely)
    if not mine:
        return []
    kept = [rule for rule in _rules(case, "time", TIME_FILE) if rule["users"] not in mine]
    lines = [";".join(rule[field] for field in ("services", "ttys", "users", "times")) for rule in kept]
    lines += ["%s;*;%s;%s" % (SERVICE, name, times) for name, times in sorted(mine.items())]
    return [
        file(TIME_FILE, HEADER % control + "".join(line + "\n" for line in lines)),
        _line(case, "pam_time", "conffile=%s" % TIME_FILE),
    ]


def _external(case: Case) -> list[tuple[Login, Account]]:
    """Return the accounts of providers and vendors that can log in over SSH."""
    case.registers.declared("accounts")
    return [(login, login.account) for login in remote_accounts(case) if login.account and login.external]


def _rules(case: Case, fact: str, path: str) -> Sequence[Mapping[str, Any]]:
    """Return the rules in a file of ours: what it says of accounts that are not registered any more stays."""
    return [rule for found in case.facts["access"][fact] if found["file"] == path for rule in found.get("rules") or ()]


def _require_pam(login: Login) -> None:
    off = [context.place for context in login.contexts if not context.on("usepam")]
    if off:
        raise Left("UsePAM no for %s: sshd asks PAM nothing there" % off[0])


def _require_within(case: Case, account: Account, networks: Iterable[str]) -> None:
    system = case.facts["system"]
    if account.name == system["account"] and system["peer"] and not within(system["peer"], networks):
        raise Left("this very run logs in as %s from %s, which is outside its sources in bulwark_accounts: %s"
                   % (account.name, system["peer"], ", ".join(networks)))  # fmt: skip


def _plain(name: str) -> str:
    if not PLAIN.fullmatch(name) or name.lower() in KEYWORDS:
        raise Left("the name of the account %r can't be written in rules of pam_access and pam_time" % name)
    return name


def _halves(network: str) -> list[str]:
    """Return a network as pam_access takes it, to which a mask of no bits says nothing."""
    address, _slash, bits = network.partition("/")
    if bits != "0":
        return [network]
    return ["::/1", "8000::/1"] if ":" in address else ["0.0.0.0/1", "128.0.0.0/1"]


def _line(case: Case, module: str, option: str) -> Step:
    """Return the step that has sshd's account rules ask a module before anything else.

    Raises Left where it would not be the first to be asked.
    """
    # An include of Debian's brings nothing where its file has no account rules.
    stack = [entry for entry in entries(case.facts, SERVICE, ACCOUNT) if entry.get("nested") != []]
    if not stack or stack[0]["file"] != PAM_FILE or "nested" in stack[0]:
        raise Left("the account rules in %s don't begin with a module, so that there is no certain place for %s"
                   % (PAM_FILE, module))  # fmt: skip
    other = [line for line in lines_of(case.facts, SERVICE, module) if line.entry["file"] == PAM_FILE]
    if any(_option(line.entry["args"], module) not in ("", option.partition("=")[2]) for line in other):
        raise Left("%s: %s reads a file of somebody else's there: put the rules into that one" % (PAM_FILE, module))
    insert = {"control": "required", "module": module, "options": [option], "before": [stack[0]["module"]]}
    return edit(PAM_FILE, "pam_lines", {"facility": ACCOUNT, "insert": [insert]})


def _option(arguments: Sequence[str], module: str) -> str:
    if module == "pam_access":
        return access_options(arguments)[0]
    return "" if not any(one.startswith("conffile=") for one in arguments) else time_file(arguments)
