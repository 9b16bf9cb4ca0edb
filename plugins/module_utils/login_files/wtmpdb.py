# SPDX-License-Identifier: GPL-3.0-or-later
"""wtmpdb: logons and starts in SQLite, in microseconds, as Debian 13's sshd and the wtmpdb package write them."""

from __future__ import annotations

from .database import rows
from .lastlog2 import is_time
from .record import BOOT, LOGON, OTHER, SHUTDOWN, Record

BOOT_TIME, USER_PROCESS = 1, 3
SECOND = 1000000
#: The newest starts; the oldest line says how far back the file reaches.
QUERIES = (
    "SELECT User, MAX(Login) FROM wtmp WHERE Type = %d GROUP BY User" % USER_PROCESS,
    "SELECT Login, Logout FROM wtmp WHERE Type = %d ORDER BY Login DESC LIMIT 1000" % BOOT_TIME,
    "SELECT MIN(Login), MAX(Login) FROM wtmp",
)


def parse(content: bytes, path: str) -> list[Record]:
    """Return each account's last logon, the newest starts and ends, and the first and last line, by their times."""
    logons, starts, ends = rows(content, path, *QUERIES)
    found = [(LOGON, user, when) for user, when in logons if isinstance(user, str)]
    found += [(BOOT, "", login) for login, _logout in starts] + [(SHUTDOWN, "", logout) for _login, logout in starts]
    found += [(OTHER, "", when) for line in ends for when in line]
    records = [Record(kind, user, when // SECOND) for kind, user, when in found if isinstance(when, int)]
    return sorted((record for record in records if is_time(record.when)), key=lambda record: record.when)
