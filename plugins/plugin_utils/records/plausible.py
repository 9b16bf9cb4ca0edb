# SPDX-License-Identifier: GPL-3.0-or-later
"""What can't be true of a record whatever it is about: days to come that have passed, an end before its start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from ..declared.checking import Problem, shown
from .fields import Field, Fields

#: The customer's calendar may be a day ahead of the controller's, which is in UTC.
AHEAD = timedelta(days=1)
#: Fields of one entry of which the second can't be before the first.
ORDERED = (("start", "end"), ("date", "next_review"))


def problems_in(fields: Fields, value: Mapping[str, Any], today: date, place: str = "") -> Iterator[Problem]:
    """Yield what can't be true of a mapping of fields that is formed as it should be."""
    for key, inner in value.items():
        yield from _impossible(place + key, fields[key], inner, today)
    for first, second in ORDERED:
        days = [_day(value[name]) for name in (first, second) if _is_day(fields, name) and name in value]
        if len(days) == 2 and days[1] < days[0]:
            text = "%s is before %s, %s; correct whichever is wrong"
            yield Problem(place + second, text % (shown(value[second]), first, shown(value[first])))


def _impossible(place: str, field: Field, value: Any, today: date) -> Iterator[Problem]:
    if isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _impossible("%s[%d]" % (place, index), field, entry, today)
    elif isinstance(value, dict):
        yield from problems_in(field["options"], value, today, place + ".")
    elif field.get("format") == "past" and _day(value) > today + AHEAD:
        yield Problem(place, "%s is in the future; write the day on which it happened" % shown(value))


def _is_day(fields: Fields, name: str) -> bool:
    return name in fields and fields[name].get("format") in ("day", "past")


def _day(value: str) -> date:
    return date.fromisoformat(value)
