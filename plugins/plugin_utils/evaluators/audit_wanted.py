# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel's audit is to record on a host, by topic: the judges ask whether it does, the measures have it do so.

A topic's name is the key of its records.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ...module_utils import audit_paths
from ..declared.registers import Account
from .audit_coverage import Wanted
from .audit_rules import ARCHES, UNSET, Condition
from .privilege import privileged
from .verdict import Case

MSP = "msp"
#: They write the clock all the time, which is their work.
CLOCK_ACCOUNTS = ("_chrony", "chrony", "ntp", "ntpsec", "systemd-timesync")
AUTOMATION = "automation"
#: No person logs in as one of these.
UNATTENDED = (AUTOMATION, "service")
#: Functions of hosts whose work it is to connect people to others.
CONNECTING = ("jump", "gateway")
NARROW_MACHINE = re.compile(r"i[3-6]86|armv.*", re.ASCII)
#: Architectures without the calls that the others have from before there were ones that work on a folder.
WITHOUT_OLD_CALLS = ("aarch64", "riscv64", "loongarch64")
LOGGED_IN = Condition("auid", "!=", UNSET)


def wanted(case: Case, topic: str) -> list[Wanted]:
    """Return what is wanted of a topic on this host: identity, exec, msp, mfa or tamper."""
    machine = case.facts["watched"]["machine"]
    arches = ARCHES if machine in ("x86_64", "") else frozenset({"b32" if NARROW_MACHINE.fullmatch(machine) else "b64"})
    old = machine not in WITHOUT_OLD_CALLS
    return [replace(one, arches=arches & one.arches, old_calls=old) for one in TOPICS[topic](case)]


def people(case: Case) -> list[tuple[Account, int]]:
    """Return providers' and vendors' people that have an account here, with its uid."""
    return [(account, uid) for account, uid in outsiders(case) if account.kind not in UNATTENDED]


def outsiders(case: Case) -> list[tuple[Account, int]]:
    """Return the accounts of providers and vendors that are here, with their uids."""
    uids = {user["name"]: user["uid"] for user in case.facts["accounts"]["users"]}
    known = (account for account in case.registers.declared("accounts") if account.external)
    return [(account, uids[account.name]) for account in known if account.name in uids]


def automation(case: Case) -> frozenset[int]:
    """Return the uids of automation's accounts: their sessions and sudo records say enough, their commands too much."""
    kinds = {account.name: account.kind for account in case.registers.accounts or ()}
    return frozenset(user["uid"] for user in case.facts["accounts"]["users"] if kinds.get(user["name"]) == AUTOMATION)


def _identity(case: Case) -> Iterator[Wanted]:
    yield from _there(case, audit_paths.IDENTITY)
    for folder in case.facts["watched"]["key_folders"]:
        yield _file(folder["path"], "dir")


def _exec(case: Case) -> Iterator[Wanted]:
    exempt = {"auid": automation(case)}
    people = Condition("auid", ">=", case.facts["accounts"]["uid_min"])
    run = Wanted("programs that people run", syscalls=frozenset({"execve"}), exempt=exempt)
    yield replace(run, conditions=(people, LOGGED_IN))
    yield replace(
        run, name="programs that run as root for somebody else", conditions=(Condition("euid", "=", 0),),
        compares=frozenset({("euid", "!=", "uid")}),
    )  # fmt: skip


def _msp(case: Case) -> Iterator[Wanted]:
    connects = not any(map(case.registers.has_function, CONNECTING))
    for account, uid in people(case):
        own = Wanted("", conditions=(Condition("auid", "=", uid),), key=MSP)
        of = "%s (%s)" % (account.name, account.party)
        yield replace(own, name="programs that %s runs" % of, syscalls=frozenset({"execve"}))
        if connects:
            yield replace(own, name="connections that %s makes" % of, syscalls=frozenset({"connect"}))


def _mfa(case: Case) -> Iterator[Wanted]:
    yield from _there(case, audit_paths.MFA)
    factors = case.facts["factors"]
    users = {user["name"]: user for user in case.facts["accounts"]["users"]}
    for fact in ("oath", "google", "u2f", "yubico", "duo"):
        for file in factors[fact]:
            user = users.get(file["user"]) if file.get("user") else None
            if user is None or privileged(case, user):
                yield _file(file["path"], "file")


def _tamper(case: Case) -> Iterator[Wanted]:
    clocks = frozenset(user["uid"] for user in case.facts["accounts"]["users"] if user["name"] in CLOCK_ACCOUNTS)
    time = Wanted("changes of the clock", exempt={"uid": clocks})
    yield replace(time, syscalls=frozenset({"adjtimex", "settimeofday", "clock_settime"}))
    yield replace(time, syscalls=frozenset({"stime"}), arches=frozenset({"b32"}))
    people = (Condition("auid", ">=", case.facts["accounts"]["uid_min"]), LOGGED_IN)
    modules = frozenset({"init_module", "finit_module", "delete_module"})
    yield Wanted("kernel modules that people load and remove", syscalls=modules, conditions=people)
    yield Wanted("mounts that people make", syscalls=frozenset({"mount"}), conditions=people)
    yield from _there(case, audit_paths.TAMPER)


def _there(case: Case, paths: Iterable[str]) -> Iterator[Wanted]:
    """Yield the changes of those paths that are there: the kernel watches no others."""
    kinds: Mapping[str, Any] = case.facts["watched"]["kinds"]
    return (_file(path, kinds[path]) for path in paths if path in kinds)


def _file(path: str, kind: str) -> Wanted:
    return Wanted("changes of %s" % path, path=os.path.normpath(path), tree=kind == "dir")


TOPICS: dict[str, Callable[[Case], Iterator[Wanted]]] = {
    "identity": _identity, "exec": _exec, MSP: _msp, "mfa": _mfa, "tamper": _tamper,
}  # fmt: skip
