# SPDX-License-Identifier: GPL-3.0-or-later
"""What a history of logons and starts holds, whatever its format."""

from __future__ import annotations

from typing import NamedTuple

BOOT = "boot"
SHUTDOWN = "shutdown"
LOGON = "logon"
OTHER = "other"


class Record(NamedTuple):
    """One line of a history: its kind, the account of a logon ("" otherwise), and when, in seconds since 1970."""

    kind: str
    user: str
    when: int


def last_of(records: list[Record]) -> dict[str, int]:
    """Return {account: its last logon}."""
    last: dict[str, int] = {}
    for record in records:
        if record.kind == LOGON:
            last[record.user] = max(record.when, last.get(record.user, 0))
    return last
