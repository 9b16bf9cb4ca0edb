# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the files in which systems keep logons."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterable


def wtmp_record(kind: int, user: str, when: int, host: str = "", wide: bool = False) -> bytes:
    """Return one record of wtmp."""
    layout = "<hxxi32s4s32s256s4xqqq16s20x4x" if wide else "<hxxi32s4s32s256s4xiii16s20x"
    return struct.pack(layout, kind, 1, b"pts/0", b"ts/0", user.encode(), host.encode(), 0, when, 0, b"")


def lastlog_record(when: int) -> bytes:
    """Return one record of lastlog."""
    return struct.pack("<i32s256s", when, b"pts/0", b"192.0.2.1")


def lastlog2_db(lines: Iterable[tuple[str, int | None, str]]) -> bytes:
    """Return a lastlog2 database of (account, seconds, service)."""
    made = sqlite3.connect(":memory:")
    made.execute("CREATE TABLE Lastlog2(Name TEXT PRIMARY KEY, Time INTEGER, TTY TEXT, RemoteHost TEXT, Service TEXT)")
    for name, when, service in lines:
        made.execute("INSERT INTO Lastlog2 VALUES(?, ?, 'ssh', '', ?)", (name, when, service))
    made.commit()
    return made.serialize()


def wtmpdb_db(lines: Iterable[tuple[int, str, int, int | None]]) -> bytes:
    """Return a wtmpdb database of (type, account, login, logout), both in seconds."""
    made = sqlite3.connect(":memory:")
    made.execute(
        "CREATE TABLE wtmp(ID INTEGER PRIMARY KEY, Type INTEGER, User TEXT NOT NULL, Login INTEGER, Logout INTEGER,"
        " TTY TEXT, RemoteHost TEXT, Service TEXT) STRICT"
    )
    for kind, user, login, logout in lines:
        ends = (login * 1000000, None if logout is None else logout * 1000000)
        made.execute("INSERT INTO wtmp(Type, User, Login, Logout) VALUES(?, ?, ?, ?)", (kind, user, *ends))
    made.commit()
    return made.serialize()
