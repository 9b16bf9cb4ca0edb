# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's audit runs with room for its records, keeps its log, and is locked where somebody asked for that."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ...evaluators.auditing import LOCKED, OFF, daily, installed, possible, unwritten
from ...evaluators.facts import Unread
from ...evaluators.log_room import lacking
from ...evaluators.log_volumes import Volume, disk
from ...evaluators.verdict import Case, NotApplicable
from ..steps import HEADER, Left, Measures, Step, edit, file, package, program, unit

MEASURES = Measures()
CONFIGURATION = "/etc/audit/auditd.conf"
UNIT = "auditd.service"
PACKAGES = {"redhat": "audit"}
PROVIDES = ("/usr/sbin/auditd", "/usr/sbin/auditctl", "/usr/sbin/augenrules")
#: Of several -b the last one counts, and Debian's own is in audit.rules.
BACKLOG_RULES = "/etc/audit/rules.d/zz-bulwark-backlog.rules"
#: Before all others: whoever locks the rules (-e 2) has the last word.
ON_RULES = "/etc/audit/rules.d/00-bulwark-on.rules"
#: The last of all files, since the kernel takes no rule after it.
LOCK_RULES = "/etc/audit/rules.d/zz-bulwark-locked.rules"
#: Debian's journald turns the kernel's audit off whenever it starts, also below a running auditd; unset it leaves it.
JOURNAL_DROP_IN, JOURNAL_LEAVES_IT = "/etc/systemd/journald.conf.d/90-bulwark-lin-lm-auditd-on.conf", "Audit="
LOCK = "# No rule can be changed before the next boot. Without this file none is locked after it.\n-e 2\n"
#: What loads the rules again where their files say it all.
LOADING = "audit-rules"
FOLDER = "/etc/audit/rules.d/"


@MEASURES.of("audit_running")
def audit_running(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have auditd run, with room for records that it has not taken yet. arguments: backlog, in records."""
    _can(case)
    known, records = case.facts["audit"], arguments["backlog"]
    # auditd has augenrules build its rules as it starts: told here, so that it goes back with the rest.
    steps = [*_journal(case, control), program("augenrules", {}), unit(UNIT, active=True, enabled=True, masked=False)]
    if not installed(case):
        name = PACKAGES.get(case.facts["system"]["family"], "auditd")
        return [package(name, list(PROVIDES)), *_backlog(records, control), *steps]
    status = known["status"]
    if status.get("enabled") == LOCKED:
        return steps
    # Started, auditd turns it on by itself; one that runs already does not.
    off = known["daemon"]["active"] and status.get("enabled") == OFF
    if not off and (status.get("backlog_limit", 0) >= records or written(case, "-b", records)):
        return steps if status.get("backlog_limit", 0) >= records else [*steps, program(LOADING, {})]
    on = [file(ON_RULES, HEADER % control + "-e 1\n", "0640")] if off else []
    return [*on, *_backlog(records, control), *steps]


def _journal(case: Case, control: str) -> list[Step]:
    if case.facts["system"]["family"] != "debian":
        return []
    return [file(JOURNAL_DROP_IN, HEADER % control + "[Journal]\n%s\n" % JOURNAL_LEAVES_IT)]


def _backlog(records: int, control: str) -> list[Step]:
    return [file(BACKLOG_RULES, HEADER % control + "-b %d\n" % records, "0640")]


@MEASURES.of("audit_locked")
def audit_locked(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have the kernel take no further change of its rules until the next boot. arguments: asked."""
    if not arguments["asked"]:
        return []
    _can(case)
    if installed(case) and case.facts["audit"]["status"].get("enabled") == LOCKED:
        return []
    if written(case, "-e", LOCKED):
        return [program(LOADING, {})]
    return [file(LOCK_RULES, HEADER % control + LOCK, "0640"), program("augenrules", {})]


def written(case: Case, option: str, least: int) -> bool:
    """Say whether the files of rules set an option to at least so much; the last of them counts."""
    words = [line["text"].split() for line in case.facts["audit"]["written"] if line["file"].startswith(FOLDER)]
    values = [line[1] for line in words if len(line) == 2 and line[0] == option]
    return bool(values) and values[-1].isdecimal() and int(values[-1]) >= least


@MEASURES.of("audit_kept")
def audit_kept(case: Case, arguments: Any, control: str) -> list[Step]:
    """Have auditd delete nothing of what it wrote.

    Left where what comes in a day, measured, times the retention finds no room.
    """
    _can(case)
    if not installed(case):
        return []
    values = {"max_log_file_action": "keep_logs"}
    for name, value in unwritten(case).items():
        text = "%s: %s = %s; whether records are to be kept here is somebody's decision"
        raise Left(text % (CONFIGURATION, name, value))
    missing = lacking(case, _growth(case))
    if missing:
        raise Left(missing)
    return [edit(CONFIGURATION, "settings", {"values": values}, reload=["auditd"])]


def _growth(case: Case) -> Iterator[Volume]:
    """Yield how the audit log grows; nothing where it is too young to be measured."""
    try:
        rate = daily(case)
    except Unread:
        return
    log = case.facts["audit"]["log"]
    yield Volume(log["path"], disk(case, log["path"]), rate, log["bytes"], math.inf)


def _can(case: Case) -> None:
    try:
        possible(case)
    except NotApplicable as reason:
        raise Left(str(reason)) from None
