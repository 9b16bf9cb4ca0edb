# SPDX-License-Identifier: GPL-3.0-or-later
"""A collector's store of text files: the lines that came of late, and what it holds of one sender.

What a line says is the sender's word, and so may be its name. That a line is a host's shows by its token alone. What
else is a host's shows by the folder that bears its name, since a collector has that from the connection; without one,
only the file in which the token was counts.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from ..auth_log import factors
from ..door import BLOCK, CutShort, Door, Missing, Unreadable
from .mark import TAG, token_of

#: Folders below one another, and files in one that are looked at.
DEPTH, FILES = 3, 5000
#: A file of one day, the newest of which are the last.
DAY_FILE = re.compile(r"\d{4}-\d\d-\d\d\.log")
NEWEST = 2
#: Bytes of a file's end that are looked through for tokens, and seconds for everything that is known of one sender.
FAR, SECONDS = 64 * 1024 * 1024, 5.0
#: Lines at the end of a file among which one is none of ours.
FEW = 2000
STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d) ")


class Found(NamedTuple):
    """Where a token was, and when the collector received it (None: the store doesn't say)."""

    path: str
    received: float | None


class Holdings(NamedTuple):
    """What a store holds of a sender, in seconds since 1970, None where that isn't known.

    oldest: its first line. newest: the last one that is none of ours. factors: the last that tells of a second factor.
    cut: whether looking for such a line ended before it was through.
    """

    oldest: float | None
    newest: float | None
    factors: float | None
    cut: bool


class Store:
    """The files below a folder. `since`: seconds since 1970 by this clock; what was received before isn't looked at."""

    def __init__(self, door: Door, root: str, since: float) -> None:
        self._door = door
        self._root = root.rstrip("/")
        self._since = since
        self._read: dict[str, int] = {}

    def look(self, tokens: Collection[str]) -> dict[str, Found]:
        """Return which of the tokens came since the last look. Raises Unreadable where the folder can't be read."""
        found: dict[str, Found] = {}
        for path in self._fresh():
            try:
                for line in self._appended(path):
                    token = token_of(line)
                    if token in tokens:
                        found.setdefault(token, Found(path, received(line)))
            except Missing:
                continue
        return found

    def holdings(self, names: Collection[str], found: Found | None, back: float) -> Holdings:
        """Return what is held of the sender with these names. back: how many seconds back second factors matter."""
        deadline = time.monotonic() + SECONDS
        own = self._own(names, found)
        oldest = next((when for path in own for when in [self._first(path)] if when), None)
        newest = next((when for path in reversed(own) for when in [self._last(path)] if when), None)
        factor, cut = self._factor(own[::-1], time.time() - back, deadline)
        return Holdings(oldest, newest, factor, cut)

    def _own(self, names: Collection[str], found: Found | None) -> list[str]:
        """Return a sender's files, the oldest first."""
        folders = [name for name in names if name and "/" not in name and not name.startswith(".")]
        if found:
            top, below, _rest = found.path[len(self._root) + 1 :].partition("/")
            if not below or top not in folders:
                return [found.path]
            folders = [top]
        for folder in folders:
            paths = [path for path in self._walk("%s/%s" % (self._root, folder), 1) if not path.endswith(".gz")]
            if paths:
                return sorted(paths, key=self._age)
        return []

    def _age(self, path: str) -> tuple[int, str]:
        name = path.rpartition("/")[2]
        return (0, name) if DAY_FILE.fullmatch(name) else (self._written(path), name)

    def _written(self, path: str) -> int:
        try:
            return self._door.modified(path)
        except Unreadable:
            return 0

    def _fresh(self) -> Iterator[str]:
        """Yield the files that were written to since, each once."""
        for path in self._walk(self._root, 0, NEWEST):
            if self._written(path) >= self._since - 1:
                yield path

    def _walk(self, folder: str, depth: int, newest: int = 0) -> Iterator[str]:
        """Yield the files below a folder; of files that have a day each only the newest, where a number is given."""
        try:
            names = self._door.list(folder)
        except Missing:
            if depth == 0:
                raise
            return
        days = [name for name in names if DAY_FILE.fullmatch(name)]
        passed = set(days[:-newest]) if newest else set()
        for name in [name for name in names if name not in passed and not name.startswith(".")][:FILES]:
            path = "%s/%s" % (folder, name)
            try:
                kind = "file" if DAY_FILE.fullmatch(name) else self._door.stat(path).kind
            except Unreadable:
                continue
            if kind == "file":
                yield path
            elif kind == "dir" and depth < DEPTH:
                yield from self._walk(path, depth + 1, newest)

    def _appended(self, path: str) -> Iterator[str]:
        """Yield the whole lines that a file has more than at the last look; at first those received since."""
        size = self._door.stat(path).size
        start = self._read.get(path)
        if start is None or start > size:
            start = self._start(path, size)
        rest = b""
        while start < size:
            (piece,) = self._door.pieces(path, [(start, min(BLOCK, size - start))])
            if not piece:
                break
            start += len(piece)
            *lines, rest = (rest + piece).split(b"\n")
            rest = rest[-BLOCK:]
            for line in lines:
                yield line.decode("utf-8", "replace")
        self._read[path] = start - len(rest)

    def _start(self, path: str, size: int) -> int:
        """Return where what was received since begins, or somewhere before."""
        place = size
        while place > 0 and size - place < FAR:
            place = max(0, place - BLOCK)
            (piece,) = self._door.pieces(path, [(place, 4096)])
            # The first line may have begun before.
            for line in piece.decode("utf-8", "replace").split("\n")[1 if place else 0 :]:
                when = received(line)
                if when is not None and when < self._since:
                    return place
        return place

    def _first(self, path: str) -> float | None:
        """Return when a file's first line was received, or when the file was last written where lines don't say."""
        try:
            (begin,) = self._door.pieces(path, [(0, BLOCK)])
        except Unreadable:
            return None
        lines = begin.decode("utf-8", "replace").split("\n")
        return next((when for when in map(received, lines) if when is not None), None) or self._written(path) or None

    def _last(self, path: str) -> float | None:
        """Return when a file's last line came that is none of ours."""
        try:
            lines = [line for line in islice(self._door.backwards(path, SECONDS), FEW) if TAG not in line]
        except Unreadable:
            return None
        return next((when for when in map(stamp, lines) if when is not None), None)

    def _factor(self, paths: list[str], start: float, deadline: float) -> tuple[float | None, bool]:
        """Return when the newest line that tells of a second factor came since, and whether time ran out before."""
        for path in paths:
            if self._written(path) < start:
                break
            try:
                for line in self._door.backwards(path, max(0.0, deadline - time.monotonic())):
                    if factors.told(line):
                        when = stamp(line)
                        return (when, False) if when is None or when >= start else (None, False)
            except CutShort:
                return None, True
            except Unreadable:
                continue
        return None, False


def stamp(line: str) -> float | None:
    """Return the moment with which a line begins, in seconds since 1970, None where it begins otherwise."""
    found = STAMP.match(line)
    return _seconds(found) if found else None


def received(line: str) -> float | None:
    """Return when a line was received, of the store's form: that moment, and then the one that the sender reported."""
    found = STAMP.match(line)
    return _seconds(found) if found and STAMP.match(line, found.end()) else None


def _seconds(found: re.Match[str]) -> float | None:
    try:
        moment = datetime.fromisoformat(found.group(1) + found.group(3).replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError):
        return None
    return moment + float(found.group(2) or 0)
