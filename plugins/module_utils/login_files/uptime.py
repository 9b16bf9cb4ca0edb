# SPDX-License-Identifier: GPL-3.0-or-later
"""When a host was certainly up, from what several histories say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timezone

from .record import BOOT, SHUTDOWN, Record

#: The clock may be set right after the start: seconds by which a record of it may lie before the kernel's word.
SLACK = 300
BOOT_LINE = re.compile(r"\s*-?\d+ [0-9a-f]{32} \w{3} (\S+ \S+) UTC\W+\w{3} (\S+ \S+) UTC\s*")

Period = tuple[int, int]


def periods(records: list[Record], started: int, now: int) -> list[Period]:
    """Return the times between a start and the last that a history has of it.

    started: when the running kernel started. Only a history that tells of starts tells that there was none. One whose
    last start is older than the kernel's has stopped telling: what follows that start is not counted.
    """
    if not any(record.kind == BOOT for record in records):
        return []
    found: list[Period] = []
    begin: int | None = records[0].when
    last = records[0].when
    for record in records:
        if record.kind == BOOT:
            if begin is not None:
                found.append((begin, last))
            begin = record.when
        elif record.kind == SHUTDOWN and begin is not None:
            found.append((begin, record.when))
            begin = None
        last = record.when
    if begin is not None and begin >= started - SLACK:
        found.append((begin, now))
    return [(first, end) for first, end in found if first < end <= now]


def listed(text: str) -> list[Period]:
    """Return the times of `journalctl --list-boots --utc`: each start's first and last entry."""
    found = []
    for match in filter(None, map(BOOT_LINE.fullmatch, text.split("\n"))):
        try:
            first, end = (
                datetime.fromisoformat(part).replace(tzinfo=timezone.utc).timestamp() for part in match.groups()
            )
        except ValueError:
            continue
        found.append((int(first), int(end)))
    return found


def joined(found: Iterable[Period]) -> list[Period]:
    """Return the same times in order, those that touch or overlap made one."""
    merged: list[Period] = []
    for first, end in sorted(found):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((first, end))
    return merged
