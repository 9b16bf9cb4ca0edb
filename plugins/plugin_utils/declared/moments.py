# SPDX-License-Identifier: GPL-3.0-or-later
"""Days, moments and lengths of time as inventories write them."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from typing import Any

DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ][0-9:.+Z-]+)?")
DATE_TEXT = "write it as YYYY-MM-DD"
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?")
MOMENT_TEXT = "write it as YYYY-MM-DDTHH:MM, with Z or an offset such as +01:00; UTC without"
PERIOD = re.compile(r"([1-9]\d{0,4})([mhd])", re.ASCII)
PERIOD_TEXT = "write it as 30m, 24h or 7d"
HOURS = {"m": 1 / 60, "h": 1.0, "d": 24.0}


def as_date(value: Any) -> date | None:
    """Return the date of an ISO 8601 text (its time left out) or a date; None stays None. Raises ValueError."""
    if value is None or isinstance(value, date):
        return value
    if not DATE.fullmatch(str(value)):
        raise ValueError(DATE_TEXT)
    return date.fromisoformat(str(value)[:10])


def as_moment(value: Any) -> datetime:
    """Return the moment of an ISO 8601 text, in UTC where it says no offset. Raises ValueError."""
    if not MOMENT.fullmatch(str(value)):
        raise ValueError(MOMENT_TEXT)
    found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    return found.replace(tzinfo=timezone.utc) if found.tzinfo is None else found.astimezone(timezone.utc)


def as_hours(value: Any) -> float:
    """Return the hours of a length of time such as 30m, 24h or 7d. Raises ValueError."""
    found = PERIOD.fullmatch(str(value))
    if not found:
        raise ValueError(PERIOD_TEXT)
    return int(found.group(1)) * HOURS[found.group(2)]
