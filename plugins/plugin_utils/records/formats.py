# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of records that have a form: how each looks, and what to write."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from ..declared.moments import PERIOD
from ..declared.parties import PARTY, PARTY_TEXT


class Format(NamedTuple):
    """pattern: of the whole text, in what Python and ECMAScript share. wanted: what is right. known: a further look."""

    pattern: str
    wanted: str
    known: Callable[[str], Any] = str


DAY = Format("[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day such as 2026-11-23", date.fromisoformat)
#: By the name that a field's `format` has.
FORMATS = {
    "day": DAY,
    "past": DAY,
    "sha256": Format("[0-9a-f]{64}", "a sha256 of 64 hexadecimal digits"),
    "period": Format(PERIOD.pattern.replace(r"\d", "[0-9]"), "a length of time such as 30m, 24h or 7d"),
    "party": Format(PARTY.pattern, PARTY_TEXT),
}


def is_formed(name: str, value: Any) -> bool:
    """Say whether a value has a format."""
    form = FORMATS[name]
    if not re.fullmatch(form.pattern, str(value)):
        return False
    try:
        form.known(str(value))
    except ValueError:
        return False
    return True
