# SPDX-License-Identifier: GPL-3.0-or-later
"""What an owner of a shop need not know, and doesn't meet in what is written for owners."""

from __future__ import annotations

import re

_WORDS = re.compile(r"\b(ev-|lin-|bulwark_|sha-?256|yaml|register|attest|stale|waive|severity|fingerprint|PAM)", re.I)
#: What is checked is named as it is called elsewhere.
_TITLES = re.compile("\u201c[^\u201d]*\u201d")


def jargon(text: str) -> list[str]:
    """Return the words of a text that need explaining, but for titles of what is checked."""
    return _WORDS.findall(_TITLES.sub("", text))
