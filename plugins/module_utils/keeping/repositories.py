# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds repositories of restic and borg by their shape, and says who can get at them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ..door import Door, Missing, Unreadable

#: What the folder of a repository holds, whatever else is there.
SHAPES = {"restic": {"config", "data", "index", "keys", "snapshots"}, "borg": {"config", "data", "README"}}
#: Folders below a place: a server's users have one each, and may have several repositories. Disks of the host's own
#: are looked at less deep: they hold homes and data.
DEPTH, SHALLOW = 2, 1
FOLDERS_LIMIT = 2000
REPOSITORIES_LIMIT = 200
#: File systems that come from elsewhere.
NETWORK = ("nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs", "fuse.sshfs", "fuse.glusterfs", "fuse.rclone",
           "fuse.s3fs", "davfs", "fuse.davfs2", "fuse.mergerfs", "virtiofs")  # fmt: skip
PSEUDO = ("/dev", "/proc", "/run", "/sys")


class Mount(NamedTuple):
    """A mounted file system."""

    point: str
    kind: str
    writable: bool


def mounts(text: str) -> list[Mount]:
    """Return what /proc/self/mounts lists (fstab(5)), the kernel's own file systems left out."""
    found: dict[str, Mount] = {}
    for line in text.split("\n"):
        fields = line.split(" ")
        if len(fields) < 4:
            continue
        point = fields[1].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        if not any(point == folder or point.startswith(folder + "/") for folder in PSEUDO):
            found[point] = Mount(point, fields[2], "ro" not in fields[3].split(","))
    return list(found.values())


def mount_of(path: str, mounted: Iterable[Mount]) -> Mount | None:
    """Return the file system on which a path lies."""
    holding = [one for one in mounted if path == one.point or path.startswith(one.point.rstrip("/") + "/")]
    return max(holding, key=lambda one: len(one.point), default=None)


def find(door: Door, places: Iterable[tuple[str, int]]) -> list[tuple[str, str]]:
    """Return (path, tool) of the repositories at places (path, how many folders below); raises Unreadable."""
    found: dict[str, str] = {}
    looked: set[str] = set()
    for place, depth in places:
        for path, tool in _below(door, place, depth, looked):
            found[path] = tool
            if len(found) > REPOSITORIES_LIMIT:
                raise Unreadable("there are more than %d repositories" % REPOSITORIES_LIMIT)
    return sorted(found.items())


def _below(door: Door, path: str, depth: int, looked: set[str]) -> Iterator[tuple[str, str]]:
    if path in looked:
        return
    looked.add(path)
    if len(looked) > FOLDERS_LIMIT:
        raise Unreadable("there are more than %d folders to look for repositories in" % FOLDERS_LIMIT)
    try:
        names = door.list(path)
    except Missing:
        return
    tool = next((tool for tool, shape in SHAPES.items() if shape <= set(names)), None)
    if tool:
        yield path, tool
    elif depth:
        for name in names:
            below = "%s/%s" % (path.rstrip("/"), name)
            try:
                inside = door.real(below) == below and door.stat(below).kind == "dir"
            except Unreadable:
                continue
            if inside:
                yield from _below(door, below, depth - 1, looked)


def way(door: Door, path: str) -> list[dict[str, Any]]:
    """Return [{path, uid, gid, mode}] of a folder and those above it, from the root on; mode is octal text."""
    parts = [part for part in path.split("/") if part]
    found = []
    for one in ["/" + "/".join(parts[:count]) for count in range(len(parts) + 1)]:
        status = door.stat(one)
        found.append({"path": one, "uid": status.uid, "gid": status.gid, "mode": "%04o" % status.mode})
    return found


def appends_only(text: str) -> bool:
    """Say whether the config of a borg repository lets nothing be deleted."""
    lines = (line.partition("=") for line in text.split("\n"))
    return any(
        name.strip() == "append_only" and value.strip() in ("1", "True", "true") for name, _equals, value in lines
    )
