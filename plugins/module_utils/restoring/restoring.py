# SPDX-License-Identifier: GPL-3.0-or-later
"""One restore test: list what the snapshot holds, bring it back, compare, remove."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ..door import Door
from . import tools
from .comparing import Compared, compare
from .environment import environment
from .refused import Refused
from .running import Failed, OutOfTime, Tool
from .scratch import scratch
from .tools import Entry

#: Files of one test; each is kept in mind until it is compared.
MOST_FILES = 1_000_000
#: What stays free beside the restored files, in bytes.
SPARE = 64 * 1024 * 1024


def test(
    backup: Mapping[str, Any], snapshot: str, paths: Sequence[str], place: str, seconds: float
) -> dict[str, Any]:  # fmt: skip
    """Restore `paths` of a snapshot, all of it where none is given, below a new folder in `place`; return what became
    of it.

    backup: {name, tool, repository, key_file, environment}. seconds: the time that all of it may take. The answer holds
    passed, seconds (what the tool took to bring the files back and to check them), files, bytes, verified, live,
    newer and defects. Raises Refused where nothing could be tried.
    """
    kind = backup["tool"]
    name = tools.checked(kind, snapshot)
    if any(not path.startswith("/") or ".." in path.split("/") for path in paths):
        raise Refused("every path of a sample must be absolute")
    with scratch(place) as (folder, tell):
        base, target = os.path.join(folder, "base"), os.path.join(folder, "files")
        os.mkdir(base, 0o700)
        os.mkdir(target, 0o700)
        tool = Tool(environment(Door(), backup, base), seconds, tell)
        defects: list[str] = []
        took, compared = 0.0, Compared()
        try:
            wanted = _listed(tool, kind, name, paths)
            defects += ["the snapshot holds no file of %s" % path for path in paths if not _holds(wanted, path)]
            _room(folder, wanted)
            begun = time.monotonic()
            try:
                tool.run(tools.restoring(kind, name, paths, target), target)
            finally:
                took = time.monotonic() - begun
            compared = compare(target, wanted, vouched=kind == "restic")
        except Failed as failure:
            defects.append("%s %s" % (kind, failure))
        except OutOfTime:
            defects.append("it was not done within %g seconds" % seconds)
        defects += compared.faults
        if compared.more:
            defects.append("and %d files more" % compared.more)
        if not defects and not compared.files:
            defects.append("the snapshot holds no file")
    return {
        "passed": not defects,
        "seconds": round(took, 3),
        "defects": defects,
        **{name: getattr(compared, name) for name in ("files", "bytes", "verified", "live", "newer")},
    }


def _listed(tool: Tool, kind: str, snapshot: str, paths: Sequence[str]) -> dict[str, Entry]:
    wanted: dict[str, Entry] = {}
    for argv in tools.listing(kind, snapshot, paths):
        for line in tool.lines(argv):
            entry = tools.entry(kind, line)
            if entry is not None:
                wanted[entry.path] = entry
                if len(wanted) > MOST_FILES:
                    raise Refused("the snapshot holds more than %d files; declare a sample" % MOST_FILES)
    return wanted


def _holds(wanted: Mapping[str, Entry], path: str) -> bool:
    below = path.rstrip("/") + "/"
    return path in wanted or any(name.startswith(below) for name in wanted)


def _room(folder: str, wanted: Mapping[str, Entry]) -> None:
    found = os.statvfs(folder)
    free, needed = found.f_bavail * found.f_frsize, sum(entry.size for entry in wanted.values()) + SPARE
    if needed > free:
        text = "%d MB are free in %s, and %d are needed; set bulwark_restore_scratch to a larger place"
        raise Refused(text % (free // 2**20, os.path.dirname(folder), needed // 2**20))
