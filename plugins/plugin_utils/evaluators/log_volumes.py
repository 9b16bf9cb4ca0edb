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
    """One log: the mount point that holds it, bytes a day (measured), bytes now, bytes by which it may still grow."""

    name: str
    point: str
    daily: float
    bytes: int
    left: float


def volumes(case: Case) -> tuple[list[Volume], list[str]]:
    """Return the logs of which the volume is known, and why it isn't of others; what logrotate keeps is bounded."""
    found: list[Volume] = []
    unread = []
    looks: list[Callable[[Case], Volume | None]] = [journal, audit]
    looks += [partial(growing, path=path) for path in unrotated(case)]
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
    return Volume("journal", held_on(case, kept["path"])["point"], kept_journal.daily(case), kept["bytes"], left)


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
    return Volume("audit", held_on(case, log["path"])["point"], log["daily_bytes"], log["bytes"], left)


def unrotated(case: Case) -> list[str]:
    """Return the active security logs that only grow: no stanza of logrotate names them, or nothing starts it."""
    known = case.facts["rotation"]
    try:
        stopped = not known["installed"] or rotation.interval(case) is None
    except Unread:
        # Something starts it, and how often doesn't matter here.
        stopped = False
    return [path for path in rotation.active(case) if stopped or path not in known["logs"]]


def growing(case: Case, path: str) -> Volume:
    """Return a log that nothing bounds."""
    held = case.facts["log_files"]["logs"][path]["bytes"] or 0
    return Volume(path, held_on(case, path)["point"], rotation.daily(case, path), held, math.inf)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
