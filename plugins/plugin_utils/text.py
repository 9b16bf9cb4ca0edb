# SPDX-License-Identifier: GPL-3.0-or-later
"""Text for results: what comes from hosts bounded and without hidden characters, and days the same in every locale."""

from __future__ import annotations

import unicodedata
from datetime import date

LIMIT = 2000
#: Cc control, Cf format (bidi, zero width), Co private, Cs surrogate, Zl and Zp line separators.
HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
#: Not strftime's: those follow the locale, and the same results must give the same page everywhere.
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def clean(value: object, limit: int = LIMIT) -> str:
    """Return `value` as one line of at most `limit` characters; what can't be seen is shown as \\x1b, \\u202e."""
    text = str(value)[: limit + 1]
    line = text if text.isprintable() else "".join(map(_visible, text))
    return line if len(line) <= limit else line[: limit - 1] + "\u2026"


def _visible(character: str) -> str:
    if unicodedata.category(character) not in HIDDEN:
        return character
    code = ord(character)
    return "\\x%02x" % code if code < 0x100 else "\\u%04x" % code if code < 0x10000 else "\\U%08x" % code


def written_day(value: date | str | None) -> str:
    """Return a day as "22 November 2026", and nothing for None; a text that is no ISO date stays as it is."""
    if value is None:
        return ""
    try:
        when = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    except ValueError:
        return str(value)
    return "%d %s %d" % (when.day, MONTHS[when.month - 1], when.year)
