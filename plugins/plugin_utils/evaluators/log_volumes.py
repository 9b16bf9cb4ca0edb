# SPDX-License-Identifier: GPL-3.0-or-later
"""How much is logged in a day, where, and how far it may grow."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from . import kept_journal, rotation
from .facts import Unread
from .kept_journal import MIB, held_on
from .verdict import Case


class Volume(NamedTuple):
    """One log: the mount point that holds it, bytes a day (measured), bytes now, bytes by which it may still grow.

    name: "journal", "audit", or the path of a file.
    """

    name: str
    point: str
    daily: float
    bytes: int
    left: float


def volumes(case: Case) -> tuple[list[Volume], list[str]]:
    """Return the logs of which the volume is known, and why it isn't of others."""
    found: list[Volume] = []
    unread = []
    looks: list[Callable[[Case], Volume | None]] = [journal, audit]
    looks += [partial(file, path=path) for path in rotation.active(case) if path != audited(case)]
    for look in looks:
        try:
            one = look(case)
        except Unread as reason:
            unread.append(str(reason))
        else:
            found += [one] if one else []
    return found, unread


def journal(case: Case) -> Volume | None:
    """Return the journal, None where none is on disk."""
    if not case.facts["system"]["systemd"] or kept_journal.lost(case):
        return None
    kept = case.facts["journal"]["persistent"]
    left = max(0, kept_journal.cap(case).bytes - kept["bytes"])
    return Volume("journal", disk(case, kept["path"]), kept_journal.daily(case), kept["bytes"], left)


def audited(case: Case) -> str | None:
    """Return the file that auditd writes, which audit() looks at; None where it writes none, or that isn't known."""
    try:
        known = case.facts["audit"]
        return str(known["log"]["path"]) if known["log"] and known["daemon"]["active"] else None
    except Unread:
        return None


def audit(case: Case) -> Volume | None:
    """Return the kernel's audit log, None where auditd writes none."""
    known = case.facts["audit"]
    log = known["log"]
    if not log or not known["daemon"]["active"]:
        return None
    if log["daily_bytes"] is None:
        raise Unread("%s: too little is logged to tell how much is in a day" % log["path"])
    left = math.inf
    if known["conf"].get("max_log_file_action", "ignore").lower() == "rotate":
        number, size = (_number(known["conf"].get(name, "")) for name in ("num_logs", "max_log_file"))
        left = max(0, number * size * MIB - log["bytes"])
    return Volume("audit", disk(case, log["path"]), log["daily_bytes"], log["bytes"], left)


def file(case: Case, path: str) -> Volume:
    """Return a log that is a file. What rotation leaves of it bounds it, once that has gone on for so long."""
    rate, days = rotation.on_disk(case, path), bound(case, path)
    held = (case.facts["system"]["now"] - case.facts["log_files"]["oldest"][path]) / rotation.DAY
    left = max(0.0, days - held) * rate if days < math.inf else math.inf
    return Volume(path, disk(case, path), rate, case.facts["log_files"]["logs"][path]["stored"], left)


def bound(case: Case, path: str) -> float:
    """Return the days of a log that rotation comes to leave; infinite where no stanza names it, or nothing runs it."""
    known = case.facts["rotation"]
    if not known["installed"] or path not in known["logs"]:
        return math.inf
    pause = rotation.interval(case)
    return math.inf if pause is None else rotation.span(case, path, pause)


def disk(case: Case, path: str) -> str:
    """Return the mount point that holds a path. Raises Unread where that or the room on it isn't known."""
    found = held_on(case, path)
    if found["available"] is None:
        raise Unread("how much is free at %s isn't known" % found["point"])
    return str(found["point"])


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
