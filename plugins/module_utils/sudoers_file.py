# SPDX-License-Identifier: GPL-3.0-or-later
"""How sudoers files refer to each other (sudoers(5), "Including other files from within sudoers")."""

from __future__ import annotations

import re
from typing import NamedTuple

#: A "#" before the word is the older spelling, not a comment.
INCLUDE = re.compile(r'\s*[@#]include(dir)?\s+(?:"([^"]+)"|((?:[^\s"\\]|\\.)+))\s*')


class Include(NamedTuple):
    """What a line takes in: a file, or the files of a folder. `path` as written, its escapes resolved."""

    path: str
    folder: bool


def include(line: str) -> Include | None:
    """Return what an @include or @includedir line takes in, None for any other line."""
    found = INCLUDE.fullmatch(line)
    if not found:
        return None
    return Include(found[2] or re.sub(r"\\(.)", r"\1", found[3]), bool(found[1]))


def taken(name: str) -> bool:
    """Say whether sudo reads a file of this name in a folder: not editors' backups, nor what packages left behind."""
    return "." not in name and not name.endswith("~")
