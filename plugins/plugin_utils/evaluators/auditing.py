# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel's audit comes to on a host: whether it can be had at all, and how long its log reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .facts import Unread
from .verdict import Case, Item, NotApplicable, item

ON = "lin-lm-auditd-on"
OFF, CHANGEABLE, LOCKED = 0, 1, 2
DAY = 86400
MIB = 1 << 20
#: No host has no record for so long: each logon and each start of a service is one.
SILENT_DAYS = 7
#: The options that have auditd write no log; the second is the older one, by which auditd sets the first.
UNWRITTEN = {"write_logs": "no", "log_format": "nolog"}
#: What auditd does with a full file where auditd.conf doesn't say (auditd's own defaults, in its configuration reader).
DEFAULTS = {"max_log_file_action": "ignore", "num_logs": "0", "max_log_file": "0"}


def possible(case: Case) -> None:
    """Raise NotApplicable where the kernel lets nobody here audit: it was asked, or names the namespace it does it for.

    Reads area `audit`.
    """
    refusal = case.facts["audit"]["refusal"]
    if refusal:
        raise NotApplicable(refusal)


def installed(case: Case) -> bool:
    """Say whether the programs of audit are here."""
    return bool(case.facts["audit"]["installed"])


def absent() -> Item:
    """Return what is wrong where they are not."""
    return item("not installed", "auditd is not installed: nothing takes the kernel's audit records")


def rules(lines: list[Mapping[str, Any]]) -> set[str]:
    """Return the distinct rules among written lines, without options such as -b, -e and -D; audit.rules aside."""
    texts = (" ".join(line["text"].split()) for line in lines if line["file"].startswith("/etc/audit/rules.d/"))
    return {text for text in texts if text.startswith(("-a ", "-A ", "-w "))}


def setting(case: Case, name: str) -> str:
    """Return an option of auditd.conf in force, in lower case."""
    return str(case.facts["audit"]["conf"].get(name, DEFAULTS.get(name, ""))).strip().lower()


def unwritten(case: Case) -> dict[str, str]:
    """Return the options of auditd.conf by which auditd writes no log."""
    return {name: value for name, value in UNWRITTEN.items() if setting(case, name) == value}


def number(case: Case, name: str) -> int:
    """Return an option that is a number; raises Unread where it isn't one."""
    text = setting(case, name)
    if not text.isdecimal():
        raise Unread("/etc/audit/auditd.conf: %s is no number" % name)
    return int(text)


def room(case: Case) -> int | None:
    """Return how many bytes of log auditd keeps; None where it deletes nothing by itself."""
    if setting(case, "max_log_file_action") != "rotate":
        return None
    files = number(case, "num_logs")
    # With fewer than two files it doesn't rotate (auditd.conf(5)).
    return files * number(case, "max_log_file") * MIB if files > 1 else None


def daily(case: Case) -> float:
    """Return the measured bytes of log a day; raises Unread where it is too short to tell."""
    known, least = case.facts["audit"]["log"], case.policy["bulwark_log_measured_days"]
    if known is None or not known["oldest"]:
        raise Unread("there is no audit log yet to measure a day by")
    held = (known["newest"] or known["oldest"]) - known["oldest"]
    # Where the last file is in use, all that there is room for came in the time that is held, however short.
    full = room(case) is not None and known["files"] >= number(case, "num_logs")
    if held < least * DAY and not full:
        text = "the audit log holds %d hours; how much comes in a day isn't known before it holds %d days"
        raise Unread(text % (held // 3600, least))
    return float(known["bytes"] * DAY / max(held, 1))


def written_lately(case: Case) -> None:
    """Raise Unread where auditd runs and its log tells nothing of these days: what was written before isn't kept on."""
    known = case.facts["audit"]
    if not known["log"] or not known["daemon"]["active"]:
        return
    newest = known["log"]["newest"]
    if newest is None:
        raise Unread("%s holds no record, and auditd runs" % known["log"]["path"])
    silent = case.facts["system"]["now"] - newest
    if silent > SILENT_DAYS * DAY:
        text = "%s: its newest record is %d days old, and auditd runs: where its records go isn't known"
        raise Unread(text % (known["log"]["path"], silent // DAY))


def too_short(case: Case, days: int) -> Iterator[Item]:
    """Yield that auditd's rotation deletes before `days` have passed, at the measured volume; raises Unread."""
    most = room(case)
    if most is None:
        return
    volume = daily(case)
    if most < volume * days:
        yield item(
            "rotate",
            "auditd keeps %d files of %s MB; at %.2f MB a day, measured, that is %.1f days, and %d are wanted" % (
                number(case, "num_logs"), setting(case, "max_log_file"), volume / MIB, most / volume, days),
        )  # fmt: skip
