# SPDX-License-Identifier: GPL-3.0-or-later
"""Is there room for a change and its way back, and may its folders be written? Asked before anything is touched."""

from __future__ import annotations

import os
from collections.abc import Mapping

#: Bytes that stay free beside what is needed, on each file system; the same once more for logs and the like.
MARGIN = 4 << 20
NAMES = 200
#: A file takes whole blocks.
BLOCK = 4096


def problems(sizes: Mapping[str, int], folder: str) -> list[str]:
    """Return what stands in the way of writing files, {path: bytes}, and of keeping what they were below `folder`."""
    found = []
    needed: dict[int, tuple[str, int]] = {}
    for path, size in _needs(sizes, folder):
        place = _existing(os.path.dirname(path))
        if not os.access(place, os.W_OK | os.X_OK):
            found.append("%s can't be written%s" % (place, ": it is mounted read-only" if _read_only(place) else ""))
            continue
        device = os.stat(place).st_dev
        needed[device] = (place, needed.get(device, (place, 0))[1] + size + BLOCK)
    for place, size in needed.values():
        found += _lacking(place, size)
    return sorted(set(found))


def _needs(sizes: Mapping[str, int], folder: str) -> list[tuple[str, int]]:
    # Kept: what they were and what they will be, and once more as room for putting back.
    before = sum(os.path.getsize(path) for path in sizes if os.path.isfile(path))
    return [*sizes.items(), (folder + "/objects", 2 * before + sum(sizes.values()))]


def _lacking(place: str, size: int) -> list[str]:
    free = os.statvfs(place)
    found = []
    if free.f_bavail * free.f_frsize < size + MARGIN:
        has = free.f_bavail * free.f_frsize >> 10
        found.append("no space: %s has %d KiB free, %d KiB are needed" % (place, has, (size + MARGIN) >> 10))
    if free.f_files and free.f_favail < NAMES:
        found.append("no space: %s has room for %d more files only" % (place, free.f_favail))
    return found


def _read_only(place: str) -> bool:
    return bool(os.statvfs(place).f_flag & os.ST_RDONLY)


def _existing(folder: str) -> str:
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder


def reserve(path: str, size: int) -> None:
    """Keep `size` bytes for putting back, whatever fills the disk meanwhile."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(handle, 0, max(size, BLOCK))
    except OSError as error:
        error.filename = path
        raise
    finally:
        os.close(handle)
