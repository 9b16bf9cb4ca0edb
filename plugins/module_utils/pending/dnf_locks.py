# SPDX-License-Identifier: GPL-3.0-or-later
"""What dnf is told to leave as it is: versionlock, and the packages that its configuration excludes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ..door import Door, Missing

VERSIONLOCK = ("/etc/dnf/plugins/versionlock.list", "/etc/yum/pluginconf.d/versionlock.list")
CONFIGURATION = ("/etc/dnf/dnf.conf", "/etc/yum.conf")
REPOSITORIES = "/etc/yum.repos.d"
EXCLUDES = ("exclude", "excludepkgs")
NEVRA = re.compile(r"!?(?:\d+:)?(?P<name>.+?)-(?:\d+:)?[0-9*][^-]*-[^-]+")


def locks(door: Door) -> list[dict[str, Any]]:
    """Return [{package: a name or glob pattern, by: "versionlock" or "exclude", file}]."""
    found = []
    for path in VERSIONLOCK:
        found += [_lock(name, "versionlock", path) for name in map(locked, _lines(door, path))]
    for path in [*CONFIGURATION, *_repositories(door)]:
        found += [_lock(name, "exclude", path) for name in excluded(_lines(door, path))]
    return found


def _lock(name: str, by: str, path: str) -> dict[str, Any]:
    return {"package": name, "by": by, "file": path}


def locked(line: str) -> str:
    """Return the name in an entry of versionlock, such as 0:bash-5.1.8-9.el9.*; one that excludes starts with a !."""
    entry = line.split()[0]
    found = NEVRA.fullmatch(entry)
    return found["name"] if found else entry.lstrip("!")


def excluded(lines: Iterable[str]) -> Iterator[str]:
    """Yield what a file of dnf excludes: patterns, parted by commas or blanks, also over several lines."""
    taking = False
    for line in lines:
        key, equals, value = line.partition("=")
        if equals or line.startswith("["):
            taking = key.strip() in EXCLUDES
        else:
            value = line
        if taking:
            yield from re.split(r"[,\s]+", value.strip()) if value.strip() else ()


def _repositories(door: Door) -> list[str]:
    try:
        return [f"{REPOSITORIES}/{name}" for name in door.list(REPOSITORIES) if name.endswith(".repo")]
    except Missing:
        return []


def _lines(door: Door, path: str) -> list[str]:
    try:
        return door.lines(path)
    except Missing:
        return []
