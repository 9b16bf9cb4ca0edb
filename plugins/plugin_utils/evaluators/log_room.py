# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether logs find room for the days that they are to be kept: a full disk ends what a host is for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .facts import Unread
from .kept_journal import held_on, shown
from .verdict import Case


class Growth(NamedTuple):
    """A log: its path, bytes a day (measured) and bytes now."""

    path: str
    daily: float
    bytes: int


def lacking(case: Case, logs: Iterable[Growth]) -> str | None:
    """Return which file system can't hold the days of retention of its logs together, None where each can.

    Reads area `mounts`; raises Unread where it isn't known on which one a log lies.
    """
    days = case.policy["bulwark_log_retention_days"]
    held: dict[str, list[Growth]] = {}
    for log in logs:
        held.setdefault(held_on(case, log.path)["point"], []).append(log)
    for point, ones in sorted(held.items()):
        rate = sum(one.daily for one in ones)
        free = held_on(case, point)["available"]
        if free is None:
            raise Unread("how much is free at %s isn't known" % point)
        room = free + sum(one.bytes for one in ones)
        if rate * days > room:
            names = ", ".join("%s %s a day" % (one.path, shown(one.daily)) for one in ones)
            text = "%s has room for %d of %d days of logs (%s, measured): a larger file system or a collector is needed"
            return text % (point, room / rate, days, names)
    return None
