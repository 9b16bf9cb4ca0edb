# SPDX-License-Identifier: GPL-3.0-or-later
"""lastlog2: each account's last logon, as pam_lastlog2 keeps it in SQLite or as the program of that name prints it."""

from __future__ import annotations

import re
from datetime import datetime

from .database import rows

#: A logon of these is a program's start, by cron or the system's own manager, and hides when somebody logged in.
PROGRAMS = frozenset({"atd", "cron", "crond", "systemd-user"})
LINE = re.compile(r"(\S+)\s.*\s(\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d [+-]\d{4} \d{4})\s*")
FORMAT = "%a %b %d %H:%M:%S %z %Y"


def parse(content: bytes, path: str) -> tuple[dict[str, int], list[str]]:
    """Return ({account: its last logon}, the accounts whose last logon a program's start hides)."""
    (found,) = rows(content, path, "SELECT Name, Time, Service FROM Lastlog2")
    logons = [(name, when, service) for name, when, service in found if isinstance(name, str) and is_time(when)]
    return (
        {name: when for name, when, service in logons if service not in PROGRAMS},
        [name for name, _when, service in logons if service in PROGRAMS],
    )


def printed(text: str) -> dict[str, int]:
    """Return {account: its last logon} of what the program lastlog2 prints in the C locale."""
    last = {}
    for line in text.split("\n"):
        match = LINE.fullmatch(line)
        if match:
            try:
                when = datetime.strptime(match[2], FORMAT)
            except ValueError:
                continue
            last[match[1]] = int(when.timestamp())
    return last


def is_time(value: object) -> bool:
    """Say whether a value can be seconds since 1970."""
    return isinstance(value, int) and 0 < value < 1 << 40
