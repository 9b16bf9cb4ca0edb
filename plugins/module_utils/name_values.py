# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of "name value" or "name = value" lines with "#" comments, as faillock, pwquality, pwhistory and login use."""

from __future__ import annotations

import re

LINE = re.compile(r"([^\s=]+)\s*=?\s*(.*)")


def parse(text: str) -> dict[str, str]:
    """Return {name: value}, the last line of a name counting; a name alone has an empty value."""
    found: dict[str, str] = {}
    for raw in text.split("\n"):
        line = LINE.fullmatch(raw.partition("#")[0].strip())
        if line:
            found[line[1]] = line[2]
    return found
