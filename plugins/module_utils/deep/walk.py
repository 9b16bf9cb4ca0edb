# SPDX-License-Identifier: GPL-3.0-or-later
"""One pass over the local disks that feeds every collector, in bounded memory and within a time budget.

Folders are opened one from another and never through a link, so that nobody who moves things meanwhile leads the walk
elsewhere. Their times of access stay as they are.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from .mounts import Mount, Ways

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: Deeper than this nobody keeps anything, and each level takes two descriptors.
MOST_LEVELS = 100
TIME_UP = "the time was up"
#: Bound on what the walk tells about itself.
MOST_NOTES = 50
#: Entries after which it looks at the clock.
BREATH = 256
#: Where files lie that decide the most: they are walked before the budget can end.
FIRST = ("etc", "root", "home", "usr", "opt", "srv", "tmp", "boot", "var")
#: Where engines keep the layers of containers: other systems' files, which their own hosts or images answer for.
CONTAINERS = (
    "/var/lib/containerd", "/var/lib/containers/storage", "/var/lib/docker", "/var/lib/lxc", "/var/lib/lxd",
    "/var/lib/machines", "/var/lib/kubelet/pods",
)  # fmt: skip
ROOTLESS = "/.local/share/containers/storage"


class Entry(NamedTuple):
    """What the walk meets. folder: descriptor of the folder it is in, open while collectors look at it."""

    path: str
    name: str
    status: os.stat_result
    folder: int
    mount: Mount


class Collector(Protocol):
    """Looks at every entry and keeps, in bounded memory, what its controls are judged by."""

    name: str

    def look(self, entry: Entry) -> None:
        """Take in one entry."""

    def result(self) -> Any:
        """Return what was found, as JSON types."""


class Walk:
    """A walk in progress. entries: how many were met. unfinished: {path: why not all of it was seen}. skipped: {path:
    why it is no part of the walk}."""

    def __init__(self, ways: Ways, collectors: Sequence[Collector], seconds: float,
                 clock: Callable[[], float] = time.monotonic, root: str = "") -> None:  # fmt: skip
        self._ways = ways
        self._collectors = collectors
        self._clock = clock
        self._deadline = clock() + seconds
        self._root = root
        self.entries = 0
        self.ended = False
        self.unfinished: dict[str, str] = {}
        self.skipped: dict[str, str] = dict(list(ways.left.items())[:MOST_NOTES])

    def go(self) -> None:
        """Walk every file system until the end or until the budget is."""
        for mount in sorted(self._ways.entered, key=lambda mount: _urgency(mount.point)):
            if not self.ended:
                try:
                    folder = os.open(self._root + mount.point, FOLDER)
                except NotADirectoryError:  # a single file is mounted: it was met in its folder
                    continue
                except OSError as error:
                    self._note(mount.point, os.strerror(error.errno or 0).lower())
                    continue
                try:
                    self._enter(folder, mount.point.rstrip("/"), mount, os.fstat(folder).st_dev, 0)
                finally:
                    os.close(folder)
            if self.ended and mount.point != "/":
                self._note(mount.point, TIME_UP)

    def _enter(self, folder: int, path: str, mount: Mount, device: int, level: int) -> None:
        """Walk a folder; `path` is its own, without a slash at its end."""
        with os.scandir(folder) as entries:
            for child in entries if path else sorted(entries, key=lambda child: _urgency(child.name)):
                if not self.ended:
                    self._meet(child, folder, "%s/%s" % (path, child.name), mount, device, level)
                if self.ended and path:
                    return
                if self.ended:
                    self._note("/" + child.name, TIME_UP)

    def _meet(self, child: os.DirEntry[str], folder: int, path: str, mount: Mount, device: int, level: int) -> None:
        self.entries += 1
        if self.entries % BREATH == 0 and self._clock() > self._deadline:
            self.ended = True
            return
        try:
            status = child.stat(follow_symlinks=False)
        except OSError:  # it is gone
            return
        entry = Entry(path, child.name, status, folder, mount)
        for collector in self._collectors:
            with suppress(OSError):
                collector.look(entry)
        if stat.S_ISDIR(status.st_mode) and path not in self._ways.points and not self._is_left(path):
            self._descend(entry, device, level)

    def _is_left(self, path: str) -> bool:
        if path not in CONTAINERS and not path.endswith(ROOTLESS):
            return False
        if len(self.skipped) < MOST_NOTES:
            self.skipped[path] = "layers of containers"
        return True

    def _descend(self, entry: Entry, device: int, level: int) -> None:
        if level == MOST_LEVELS:
            self._note(entry.path, "more than %d folders deep" % MOST_LEVELS)
            return
        try:
            inner = open_quietly(entry.name, FOLDER, entry.folder)
        except PermissionError:
            self._note(entry.path, "may not be read")
            return
        except OSError:  # it is gone, or something else stands there now
            return
        try:
            if os.fstat(inner).st_dev == device:  # a snapshot of btrfs is no mount point, and a double all the same
                self._enter(inner, entry.path, entry.mount, device, level + 1)
        finally:
            os.close(inner)

    def _note(self, path: str, why: str) -> None:
        if len(self.unfinished) < MOST_NOTES:
            self.unfinished.setdefault(path, why)


def open_quietly(name: str, flags: int, folder: int) -> int:
    """Return a descriptor of something in an open folder, its time of access left alone where that is permitted."""
    try:
        return os.open(name, flags | os.O_NOATIME, dir_fd=folder)
    except PermissionError:
        return os.open(name, flags, dir_fd=folder)


def _urgency(path: str) -> tuple[int, str]:
    name = path.strip("/").partition("/")[0]
    return (FIRST.index(name) if name in FIRST else len(FIRST), path) if name else (-1, path)
