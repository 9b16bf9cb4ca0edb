# SPDX-License-Identifier: GPL-3.0-or-later
"""When a line of a log was written, in the forms that syslog, auditd, web servers and most programs use."""

from __future__ import annotations

import re
import time
from datetime import datetime

DAY = 86400
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTH = "(%s)" % "|".join(MONTHS)
CLOCK = r"(\d\d):(\d\d):(\d\d)"
ISO = re.compile(r"\[?(\d{4})[-/](\d\d)[-/](\d\d)[T ]%s(?:[.,]\d+)?(Z|[+-]\d\d:?\d\d)?" % CLOCK)
SYSLOG = re.compile(r"(?:<\d{1,3}>)?%s +(\d{1,2}) %s" % (MONTH, CLOCK))
WEB = re.compile(r"[^\[\]]{0,300}\[(\d\d)/%s/(\d{4}):%s ([+-]\d{4})\]" % (MONTH, CLOCK))
DAEMON = re.compile(r"\[?\w{3} %s +(\d{1,2}) %s(?:\.\d+)? (\d{4})" % (MONTH, CLOCK))
AUDIT = re.compile(r"(?:node=\S+ )?type=\S+ msg=audit\((\d{9,11})\.\d+:\d+\)")


def moment(line: str, written: int) -> int | None:
    """Return when a line says it was written, in seconds since 1970; None where it doesn't say.

    written: when its file was last written: of a time without a year it is the last such one before that. Times without
    a zone are taken in that of this process. A time that is later than `written` is none.
    """
    for form in (_iso, _syslog, _web, _daemon, _audit):
        found = form(line, written)
        if found is not None:
            return found if found <= written + DAY else None
    return None


def _iso(line: str, _written: int) -> int | None:
    found = ISO.match(line)
    return _seconds([int(text) for text in found.groups()[:6]], found.group(7)) if found else None


def _syslog(line: str, written: int) -> int | None:
    found = SYSLOG.match(line)
    if not found:
        return None
    month, *rest = found.groups()
    parts = [MONTHS.index(month) + 1, *map(int, rest)]
    year = time.localtime(written).tm_year
    moments = (_seconds([one, *parts], None) for one in (year + 1, year, year - 1))
    return next((one for one in moments if one is not None and one <= written + DAY), None)


def _web(line: str, _written: int) -> int | None:
    found = WEB.match(line)
    if not found:
        return None
    day, month, year, *clock, zone = found.groups()
    return _seconds([int(year), MONTHS.index(month) + 1, int(day), *map(int, clock)], zone)


def _daemon(line: str, _written: int) -> int | None:
    found = DAEMON.match(line)
    if not found:
        return None
    month, day, *clock, year = found.groups()
    return _seconds([int(year), MONTHS.index(month) + 1, int(day), *map(int, clock)], None)


def _audit(line: str, _written: int) -> int | None:
    found = AUDIT.match(line)
    return int(found.group(1)) if found else None


def _seconds(parts: list[int], zone: str | None) -> int | None:
    try:
        said = datetime(*parts)  # type: ignore[arg-type]
        if zone is None:
            return int(said.timestamp())
        offset = 0 if zone == "Z" else int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
        return int((said - datetime(1970, 1, 1)).total_seconds()) - (offset if zone[0] != "-" else -offset)
    except (ValueError, OverflowError, OSError):
        return None
