# SPDX-License-Identifier: GPL-3.0-or-later
"""How restic and borg list what a snapshot holds and bring it back, and what they print of it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from .refused import Refused

SNAPSHOT = {
    "restic": re.compile("[0-9a-f]{8,64}"),
    "borg": re.compile(r"[A-Za-z0-9_.@+:][A-Za-z0-9_.@+:-]{0,199}"),
}
SPECIAL = re.compile(r"([\\*?\[\]])")


class Entry(NamedTuple):
    """A regular file of a snapshot: absolute path, bytes, and the sha256 of its content where the tool tells it."""

    path: str
    size: int
    sha256: str | None = None


def checked(tool: str, snapshot: str) -> str:
    """Return the snapshot's name where it is one; raises Refused."""
    if tool not in SNAPSHOT:
        raise Refused("a backup by %s can't be restored by this collection; test it by hand and note the test" % tool)
    if not SNAPSHOT[tool].fullmatch(snapshot):
        raise Refused("%r is no snapshot of %s" % (snapshot[:40], tool))
    return snapshot


def listing(tool: str, snapshot: str, paths: Sequence[str]) -> list[list[str]]:
    """Return the commands that list the files below `paths`, all there are where none is given."""
    if tool == "borg":
        line = ["borg", "list", "--bypass-lock", "--json-lines", "--format", "{type}{size}{sha256}", "::%s" % snapshot]
        return [[*line, "--", *_borg_paths(paths)] if paths else line]
    start = ["restic", "ls", "--json", "--no-lock", "--no-cache", snapshot]
    return [[*start, "--recursive", path] for path in paths] if paths else [start]


def restoring(tool: str, snapshot: str, paths: Sequence[str], target: str) -> list[str]:
    """Return the command that brings `paths` back below `target`; borg does so where it is started."""
    if tool == "borg":
        line = ["borg", "extract", "--bypass-lock", "--noflags", "--numeric-ids", "::%s" % snapshot]
        return [*line, "--", *_borg_paths(paths)] if paths else line
    line = ["restic", "restore", "--no-lock", "--no-cache", "--verify", "--target", target, snapshot]
    return [*line, *(word for path in paths for word in ("--include", SPECIAL.sub(r"\\\1", path)))]


def entry(tool: str, line: str) -> Entry | None:
    """Return the file that a line of the listing tells of, None where it is of something else."""
    try:
        told: Any = json.loads(line)
    except ValueError:
        return None
    if not isinstance(told, dict) or told.get("type") != ("-" if tool == "borg" else "file"):
        return None
    path, size, sha256 = told.get("path"), told.get("size", 0), told.get("sha256") or None
    if not isinstance(path, str) or not isinstance(size, int) or isinstance(size, bool) or size < 0:
        return None
    if not isinstance(sha256, (str, type(None))) or "\0" in path or ".." in path.split("/"):
        return None
    return Entry("/" + path.strip("/"), size, sha256)


def complaint(line: str) -> str:
    """Return what a tool complains of: restic says it in JSON where it was asked for that."""
    try:
        told: Any = json.loads(line)
    except ValueError:
        return line
    message = told.get("message") if isinstance(told, dict) else None
    return message if isinstance(message, str) else line


def _borg_paths(paths: Sequence[str]) -> list[str]:
    # Borg stores them without the first slash; pp: says that a path is no pattern.
    return ["pp:%s" % path.lstrip("/") for path in paths]
