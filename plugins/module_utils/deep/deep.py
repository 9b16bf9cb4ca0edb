# SPDX-License-Identifier: GPL-3.0-or-later
"""The deep reading from its beginning to its end: idle, one walk, what it found kept."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

from ..door import Door, Unreadable
from . import firmware, keeping, mounts, processes
from .collectors.agents import Agents
from .collectors.credentials import Credentials
from .collectors.owners import Owners
from .collectors.rights import Rights
from .collectors.writable import Writable
from .packaged import packages
from .walk import Walk

#: Share of the budget that the walk may take; the rest is for what comes after it.
WALK_SHARE = 0.9
LOWEST = 19
NO_LOGIN = ("/nologin", "/false")
#: Homes that are no places of one account.
SHARED = ("", "/", "/bin", "/dev", "/nonexistent", "/run", "/sbin", "/usr", "/usr/sbin", "/usr/bin", "/var")


def idle(door: Door) -> dict[str, bool]:
    """Take processor and disks only where nobody else wants them; say which of both was granted."""
    granted = {"processor": False, "disks": False}
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, LOWEST)
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        granted["processor"] = True
    with suppress(Unreadable):
        granted["disks"] = door.run(["ionice", "-c", "3", "-p", str(os.getpid())]).rc == 0
    return granted


def read(door: Door, seconds: float) -> dict[str, Any]:
    """Walk the host's disks within `seconds` and return the result that is to be kept."""
    begun = time.monotonic()
    at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    granted = idle(door)
    rights, writable, agents = Rights(), Writable(), Agents(processes.listening_at(door.read("/proc/net/unix")))
    collectors = (rights, writable, Owners(), Credentials(homes(door)), agents)
    walk = Walk(mounts.ways(door), collectors, seconds * WALK_SHARE)
    walk.go()
    results = {collector.name: collector.result() for collector in collectors}
    shipped = packages(door, [found["path"] for found in (*results["rights"], *results["writable"])])
    for found in (*results["rights"], *results["writable"]):
        found["package"] = shipped.get(found["path"])
    return {
        "schema": keeping.SCHEMA,
        "at": at,
        "seconds": round(time.monotonic() - begun, 1),
        "idle": granted,
        "entries": walk.entries,
        "unfinished": walk.unfinished,
        "skipped": walk.skipped,
        "dropped": {collector.name: collector.dropped for collector in collectors if collector.dropped},
        "firmware": firmware.updates(door),
        "found": {**results, "processes": processes.by_owner()},
    }


def homes(door: Door) -> list[str]:
    """Return the homes of the local accounts that have a shell."""
    found = []
    for line in door.read("/etc/passwd").split("\n"):
        fields = line.split(":")
        if len(fields) == 7 and not fields[6].endswith(NO_LOGIN) and fields[5].rstrip("/") not in SHARED:
            found.append(fields[5].rstrip("/"))
    return sorted({home for home in found if home.startswith("/")})
