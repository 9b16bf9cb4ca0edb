# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on the host itself, by uid: a container's processes have users of their own and are left out."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

MOST = 1000


def by_owner(proc: str = "/proc") -> list[dict[str, Any]]:
    """Return [{uid, processes: how many}] of the processes in our own PID namespace."""
    own = _namespace(proc, "self")
    found: Counter[int] = Counter()
    for name in os.listdir(proc):
        if name.isdigit() and own is not None and _namespace(proc, name) == own:
            try:
                found[os.stat("%s/%s" % (proc, name)).st_uid] += 1
            except OSError:  # it has ended
                continue
    return [{"uid": uid, "processes": count} for uid, count in sorted(found.items())[:MOST]]


def listening_at(table: str) -> frozenset[str]:
    """Return the paths of Unix sockets at which somebody listens, of what /proc/net/unix holds."""
    accepts = 0x10000  # __SO_ACCEPTCON
    paths = set()
    for line in table.split("\n")[1:]:
        fields = line.split(None, 7)
        if len(fields) == 8 and fields[7].startswith("/") and int(fields[3], 16) & accepts:
            paths.add(fields[7])
    return frozenset(paths)


def _namespace(proc: str, process: str) -> int | None:
    try:
        return os.stat("%s/%s/ns/pid" % (proc, process)).st_ino
    except OSError:
        return None
