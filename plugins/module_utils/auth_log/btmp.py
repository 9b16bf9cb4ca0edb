# SPDX-License-Identifier: GPL-3.0-or-later
"""btmp: failed logons as utmp(5) records, the oldest first. They name whatever was typed as a user's name."""

from __future__ import annotations

from ..door import Door, Unreadable
from ..login_files import layout, utmp
from .events import FAILED, Event
from .lines import Line

#: Bytes of a file's end: some ten thousand records.
LIMIT = 4 * 1024 * 1024


def is_wide(door: Door) -> bool:
    """Say whether the host's records have times of 64 bits."""
    try:
        return layout.is_wide(door.machine())
    except Unreadable:
        return False


def parse(content: bytes, wide: bool = False) -> list[tuple[Line, Event]]:
    """Return the failures in the end of a btmp file."""
    form = utmp.WIDE if wide else utmp.NARROW
    failures = []
    for number, fields in enumerate(form.iter_unpack(content[len(content) % form.size :])):
        kind, _process, terminal, _id, user, host, _session, seconds = fields[:8]
        if kind == utmp.EMPTY or seconds <= 0:
            continue
        # Each record is an attempt of its own.
        line = Line(seconds, "btmp", str(number), "")
        way = utmp.text(terminal)
        failures.append((line, Event(FAILED, utmp.text(user), utmp.text(host), way, 1, "")))
    return failures
