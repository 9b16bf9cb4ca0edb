# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether logs find room for the days that they are to be kept: a full disk ends what a host is for."""

from __future__ import annotations

from collections.abc import Iterable

from .kept_journal import held_on, shown
from .log_volumes import Volume
from .verdict import Case


def lacking(case: Case, logs: Iterable[Volume]) -> str | None:
    """Return which file system can't hold the days of retention of its logs together, None where each can."""
    days = case.policy["bulwark_log_retention_days"]
    held: dict[str, list[Volume]] = {}
    for log in logs:
        held.setdefault(log.point, []).append(log)
    for point, ones in sorted(held.items()):
        rate = sum(one.daily for one in ones)
        room = held_on(case, point)["available"] + sum(one.bytes for one in ones)
        if rate * days > room:
            names = ", ".join("%s %s a day" % (one.name, shown(one.daily)) for one in ones)
            text = "%s has room for %d of %d days of logs (%s, measured): a larger file system or a collector is needed"
            return text % (point, room / rate, days, names)
    return None
