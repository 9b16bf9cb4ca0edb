# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file systems the walk enters: the local ones, each once."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..door import Door

#: File systems on a disk or in memory that belong to this host alone.
LOCAL = frozenset(
    {"bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "jfs", "nilfs2", "ntfs3", "ramfs", "reiserfs",
     "tmpfs", "ubifs", "vfat", "xfs", "zfs"}
)  # fmt: skip
#: What only a host that is a container itself has at its root; elsewhere they show what lies on a disk once more.
UNIONS = frozenset({"aufs", "fuse-overlayfs", "overlay", "unionfs"})
#: The kernel's own.
PSEUDO = ("/dev/", "/proc/", "/run/", "/sys/")
#: People put files in here all the same.
MEMORY = ("/dev/shm",)
OCTAL = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """A mounted file system. device: its number. root: its folder that is mounted. nosuid: no setuid."""

    point: str
    kind: str
    device: str
    root: str
    nosuid: bool


class Ways(NamedTuple):
    """points: every mount point, so that the walk stops there. entered: those it begins at. left: {point: why not}."""

    points: frozenset[str]
    entered: tuple[Mount, ...]
    left: dict[str, str]


def ways(door: Door) -> Ways:
    """Return where the walk goes, of what /proc/self/mountinfo lists."""
    mounts = parse(door.read("/proc/self/mountinfo"))
    # What is mounted later on the same point hides what was there before.
    visible = {mount.point: mount for mount in mounts}
    entered: list[Mount] = []
    left: dict[str, str] = {}
    # A wider part of a file system comes first, so that the narrower is known for a double.
    for mount in sorted(visible.values(), key=lambda mount: (mount.point != "/", len(mount.root), mount.point)):
        if (mount.point + "/").startswith(PSEUDO) and mount.point not in MEMORY:
            continue
        why = _why_not(mount, entered)
        if why:
            left[mount.point] = why
        else:
            entered.append(mount)
    return Ways(frozenset(visible), tuple(entered), left)


def parse(text: str) -> list[Mount]:
    """Return the mounts of mountinfo (proc(5)), in its order."""
    mounts = []
    for line in text.split("\n"):
        before, separator, after = line.partition(" - ")
        fields, kind = before.split(" "), after.split(" ")[0]
        if separator and len(fields) >= 6 and kind:
            options = fields[5].split(",")
            mounts.append(Mount(_path(fields[4]), kind, fields[2], _path(fields[3]), "nosuid" in options))
    return mounts


def _path(text: str) -> str:
    """Return a path of mountinfo, which writes blanks and backslashes as octal numbers."""
    return OCTAL.sub(lambda found: chr(int(found.group(1), 8)), text)


def _why_not(mount: Mount, entered: list[Mount]) -> str:
    if mount.kind in UNIONS:
        return "" if mount.point == "/" else "shows what lies elsewhere on a disk"
    if mount.kind not in LOCAL:
        return "is no local file system (%s)" % mount.kind
    for other in entered:
        if other.device == mount.device and (mount.root + "/").startswith(other.root.rstrip("/") + "/"):
            return "shows what lies elsewhere on a disk"
    return ""
