# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of a candidate's sudoers files that name each other, for cvtsudoers, which knows only paths."""

from __future__ import annotations

import os

from ..door import Door, Missing, Unreadable
from ..sudoers_file import include, taken

DEPTH = 16


class SudoersCopies:
    """The copies below `folder`. door: where the candidate's files are read."""

    def __init__(self, door: Door, folder: str) -> None:
        self._door = door
        self._folder = folder
        self._made = 0

    def copy(self, path: str) -> str:
        """Return the path of a copy of `path` whose includes are copies too; raises Unreadable."""
        self._made += 1
        return self._copy(path, "%s/sudoers/%03d" % (self._folder, self._made), 0)

    def _copy(self, path: str, to: str, depth: int) -> str:
        if depth > DEPTH:
            raise Unreadable("%s: its includes go deeper than %d" % (path, DEPTH))
        lines = [self._line(line, path, "%s.d/%d" % (to, at), depth)
                 for at, line in enumerate(self._door.read(path).split("\n"))]  # fmt: skip
        os.makedirs(os.path.dirname(to), mode=0o700, exist_ok=True)
        with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write("\n".join(lines).encode("utf-8", "replace"))
        return to

    def _line(self, line: str, path: str, to: str, depth: int) -> str:
        """Return a line, an include with the copies in place; one of a folder that isn't there becomes blank."""
        found = include(line)
        if found is None:
            return line
        if "%" in found.path:
            raise Unreadable("%s: what %s stands for is not known" % (path, found.path))
        source = os.path.join(os.path.dirname(path), found.path)
        if not found.folder:
            return "@include " + self._copy(source, to, depth + 1)
        try:
            names = [name for name in self._door.list(source) if taken(name)]
        except Missing:
            return ""
        for name in names:
            if self._door.stat("%s/%s" % (source, name)).kind == "file":
                self._copy("%s/%s" % (source, name), "%s/%s" % (to, name), depth + 1)
        return "@includedir " + to if names else ""
