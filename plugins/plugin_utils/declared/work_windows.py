# SPDX-License-Identifier: GPL-3.0-or-later
"""Work windows as inventories declare them: [{days, start, end, timezone}], each from `start` to `end` on its days.

A window whose end is not after its start closes on the next day. Days are those on which it opens, by its own clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from .checking import Problem, shown

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
UTC = "UTC"
#: Every window opens at least once in so many days.
WEEK = 7


def problems(place: str, windows: Iterable[Mapping[str, Any]]) -> Iterator[Problem]:
    """Yield what is wrong with the windows that `place` declares."""
    for index, window in enumerate(windows):
        for key in ("start", "end"):
            if not TIME.fullmatch(window[key]):
                wrong = "%s[%d].%s" % (place, index, key)
                yield Problem(wrong, "%s is no time; write it as HH:MM, in quotes" % shown(window[key]))
        try:
            _zone(window)
        except (KeyError, ValueError, OSError):
            wrong = "%s[%d].timezone" % (place, index)
            yield Problem(wrong, "%s is no time zone known here; write it as Europe/Berlin" % shown(window["timezone"]))


def is_open(windows: Iterable[Mapping[str, Any]], now: datetime) -> bool:
    """Say whether one of the windows is open at `now`, an aware time."""
    return any(begin <= now < end for window in windows for begin, end in _spans(window, now))


def next_opening(windows: Iterable[Mapping[str, Any]], now: datetime) -> datetime | None:
    """Return when the next window opens after `now`, in that window's own zone; None where there is no window."""
    openings = [begin for window in windows for begin, _end in _spans(window, now) if begin > now]
    return min(openings, default=None)


def _spans(window: Mapping[str, Any], now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield (begin, end) of each time that a window opens, from the day before `now` to a week after."""
    zone = _zone(window)
    start, end = time.fromisoformat(window["start"]), time.fromisoformat(window["end"])
    wanted = window.get("days") or DAYS
    today = now.astimezone(zone).date()
    for ahead in range(-1, WEEK + 1):
        day = today + timedelta(days=ahead)
        if DAYS[day.weekday()] in wanted:
            last = day if end > start else day + timedelta(days=1)
            yield datetime.combine(day, start, zone), datetime.combine(last, end, zone)


def _zone(window: Mapping[str, Any]) -> tzinfo:
    name = str(window.get("timezone") or UTC)
    # Known without the system's time zone database too.
    return timezone.utc if name == UTC else ZoneInfo(name)
