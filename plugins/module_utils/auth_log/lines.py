# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of an authentication log: when, which process, and what it said.

Three forms: journalctl's short-unix, and those that rsyslog writes, with times as RFC 3164 or as RFC 3339 has them.
"""

from __future__ import annotations

import re
import time
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

UNIX = re.compile(r"(\d{1,12})\.\d+ \S+ ([^\[\s:]+)(?:\[(\d+)\])?: (.*)", re.DOTALL)
FILE = re.compile(
    r"(\w{3} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) \S+ "
    r"([^\[\s:]+)(?:\[(\d+)\])?: (.*)",
    re.DOTALL,
)
DAY = 86400


class Line(NamedTuple):
    """One line: seconds since 1970, name and number of the process ("" where it has none), text."""

    time: int
    program: str
    process: str
    text: str


def of_journal(line: str) -> Line | None:
    """Return a line of `journalctl -o short-unix`, None for what is none."""
    found = UNIX.match(line)
    return Line(int(found.group(1)), found.group(2), found.group(3) or "", found.group(4)) if found else None


def of_file(line: str, now: int) -> Line | None:
    """Return a line of /var/log/auth.log or /var/log/secure, None for what is none.

    A time without a year is the last one such before `now` (seconds since 1970), in the time zone of this process.
    """
    found = FILE.match(line)
    if not found:
        return None
    said = found.group(1)
    moment = _full(said) if said[0].isdigit() else _yearless(said, now // DAY)
    return Line(moment, found.group(2), found.group(3) or "", found.group(4)) if moment is not None else None


@lru_cache(maxsize=64)
def _full(text: str) -> int | None:
    try:
        # Python 3.9 knows neither Z nor fractions of any length.
        moment = datetime.fromisoformat(re.sub(r"\.\d+", "", text.replace("Z", "+00:00")))
    except ValueError:
        return None
    return int(moment.timestamp()) if moment.tzinfo else None


@lru_cache(maxsize=64)
def _yearless(text: str, today: int) -> int | None:
    year = time.gmtime(today * DAY).tm_year
    for candidate in (year, year - 1):
        try:
            moment = int(time.mktime(time.strptime("%d %s" % (candidate, text), "%Y %b %d %H:%M:%S")))
        except (ValueError, OverflowError):
            continue
        # A day of grace for clocks and zones.
        if moment < (today + 2) * DAY:
            return moment
    return None
