# SPDX-License-Identifier: GPL-3.0-or-later
"""What was brought back, file by file: against what the snapshot lists, and against the live file where that is
unchanged since."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .tools import Entry

BLOCK = 1024 * 1024
OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
#: Faults that are told; of the others the number is.
SHOWN = 10


@dataclass
class Compared:
    """files, bytes: restored as the snapshot has them. verified: whose content was seen to be the snapshot's.

    live: of these, how many were equal to the live file, which is unchanged by size and time. newer: how many live
    files are others by now, or gone. faults: what is wrong.
    """

    files: int = 0
    bytes: int = 0
    verified: int = 0
    live: int = 0
    newer: int = 0
    faults: list[str] = field(default_factory=list)
    more: int = 0

    def fault(self, text: str) -> None:
        """Note a fault, as long as there are not too many to be read."""
        if len(self.faults) < SHOWN:
            self.faults.append(text)
        else:
            self.more += 1


def compare(target: str, wanted: Mapping[str, Entry], vouched: bool) -> Compared:
    """Return how the files below `target` compare. vouched: the tool checked each against the snapshot's hashes."""
    result = Compared()
    for path in sorted(wanted):
        _one(result, target, wanted[path], vouched)
    return result


def _one(result: Compared, target: str, entry: Entry, vouched: bool) -> None:
    restored = target + entry.path
    try:
        status = os.lstat(restored)
    except OSError:
        result.fault("%s did not come back" % entry.path)
        return
    if not stat.S_ISREG(status.st_mode):
        result.fault("%s did not come back as a file" % entry.path)
        return
    if status.st_size != entry.size:
        result.fault("%s came back with %d bytes in the place of %d" % (entry.path, status.st_size, entry.size))
        return
    content = _sha256(restored)
    if content is None or (entry.sha256 and content != entry.sha256):
        result.fault("%s did not come back with the snapshot's content" % entry.path)
        return
    result.files += 1
    result.bytes += entry.size
    result.verified += 1 if entry.sha256 or vouched else 0
    _live(result, entry, status, content)


def _live(result: Compared, entry: Entry, restored: os.stat_result, content: str) -> None:
    before = _identity(entry.path)
    # Borg keeps microseconds, restic more: what is told apart by less has been written in between.
    if before is None or before[0] != restored.st_size or before[1] // 1000 != restored.st_mtime_ns // 1000:
        result.newer += 1
        return
    live = _sha256(entry.path)
    if _identity(entry.path) != before or live is None:
        result.newer += 1
    elif live == content:
        result.live += 1
    else:
        result.fault("%s: the live file has another content, though its size and time are the snapshot's" % entry.path)


def _identity(path: str) -> tuple[int, int, int, int] | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns


def _sha256(path: str) -> str | None:
    """Return the sha256 of a regular file, None where it can't be read."""
    try:
        handle = os.open(path, OPEN)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        made = hashlib.sha256()
        for block in _blocks(handle):
            made.update(block)
        return made.hexdigest()
    except OSError:
        return None
    finally:
        os.close(handle)


def _blocks(handle: int) -> Iterator[bytes]:
    while True:
        block = os.read(handle, BLOCK)
        if not block:
            return
        yield block
