# SPDX-License-Identifier: GPL-3.0-or-later
"""Which package ships a path. It says that a path's name is nobody's secret, and nothing about its mode."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ..door import Door, Unreadable

DPKG = "/var/lib/dpkg/info"
LIST = ".list"
#: Bytes of one package's list of files, and paths that rpm is asked about.
LIST_LIMIT = 16 * 1024 * 1024
MOST_ASKED = 200
SECONDS = 5


def packages(door: Door, paths: Iterable[str]) -> dict[str, str]:
    """Return {path: name of the package that ships it} for those that any does, by dpkg's lists or rpm's database."""
    # Where all of /usr was merged, packages still speak of /bin and /lib.
    asked = {shipped: path for path in paths for shipped in (path, path[4:] if path.startswith("/usr/") else path)}
    found: dict[str, str] = {}
    if not asked:
        return found
    for name in _dpkg_lists(door):
        try:
            lines = door.read("%s/%s" % (DPKG, name), LIST_LIMIT).split("\n")
        except Unreadable:
            continue
        package = name[: -len(LIST)].partition(":")[0]
        found.update((asked[line], package) for line in lines if line in asked)
    if door.which("rpm"):
        found.update(_rpm(door, sorted(set(asked.values()))[:MOST_ASKED]))
    return found


def _dpkg_lists(door: Door) -> list[str]:
    try:
        return sorted(name for name in os.listdir(door.place(DPKG)) if name.endswith(LIST))
    except OSError:
        return []


def _rpm(door: Door, paths: list[str]) -> dict[str, str]:
    found = {}
    for path in paths:
        try:
            done = door.run(["rpm", "-qf", "--qf", "%{NAME}\\n", path], SECONDS)
        except Unreadable:
            continue
        if done.rc == 0:
            found[path] = done.out.split("\n")[0]
    return found
