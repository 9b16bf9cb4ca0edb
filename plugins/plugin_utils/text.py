# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that comes from hosts, made harmless for results: bounded, and without control or direction characters."""

from __future__ import annotations

import unicodedata

LIMIT = 2000
#: Cc control, Cf format (bidi, zero width), Co private, Cs surrogate, Zl and Zp line separators.
HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def clean(value: object, limit: int = LIMIT) -> str:
    """Return `value` as one line of at most `limit` characters; what can't be seen is shown as \\x1b, \\u202e."""
    text = str(value)
    line = "".join(_visible(character) for character in text[: limit + 1])
    return line if len(line) <= limit else line[: limit - 1] + "\u2026"


def _visible(character: str) -> str:
    if unicodedata.category(character) not in HIDDEN:
        return character
    code = ord(character)
    return "\\x%02x" % code if code < 0x100 else "\\u%04x" % code if code < 0x10000 else "\\U%08x" % code
