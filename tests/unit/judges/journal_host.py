# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose journal holds 200 days at 10 MiB a day on a disk of 100 GiB, for tests of retention."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from tests.unit.judges.host import TODAY

DAY = 86400
MIB, GIB = 1 << 20, 1 << 30
NOW = int(datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=timezone.utc).timestamp())
OPTIONS = ["rw", "nodev", "nosuid", "noexec"]


def mount(point: str, kind: str = "ext4", **more: Any) -> dict[str, Any]:
    """Return one of mounts.points."""
    given = {"size": 100 * GIB, "available": 50 * GIB, "options": OPTIONS, "source": "/dev/sda1"}
    return {"point": point, "kind": kind, **given, **more}


def held(days: float, daily: int = 10 * MIB) -> dict[str, Any]:
    """Return the facts of a journal on disk that goes back so many days."""
    seconds = int(days * DAY)
    recent = min(seconds, 7 * DAY)
    return {
        "oldest": NOW - seconds,
        "newest": NOW,
        "growth": {
            "all": {"bytes": int(days * daily), "seconds": seconds},
            "recent": {"bytes": int(recent / DAY * daily), "seconds": recent},
        },
    }


def host(
    journal: Mapping[str, Any] | None = None, audit: Mapping[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """Return the areas of a host; `journal` and `audit` replace facts of these, `more` replaces areas."""
    points = [mount("/"), mount("/var/log")]
    return {
        "system": {"systemd": True, "now": NOW, "born": NOW - 400 * DAY},
        "units": {"active": ["systemd-journald.service"], "enabled": []},
        "mounts": {"points": points, "fstab": [{"point": "/var/log", "line": 2}], "units": []},
        "journal": {
            "storage": None, "level": None, "limits": {}, "vacuum": [], "suppressed": [], "gap": None,
            "persistent": {"path": "/var/log/journal/m", "there": True, "active": True, "files": 9, "bytes": GIB},
            "runtime": {"path": "/run/log/journal/m", "there": True, "active": False, "files": 0, "bytes": 0},
            **held(200), **(journal or {}),
        },
        "rotation": {"installed": True, "runs": [{"by": "logrotate.timer", "seconds": DAY}], "last": NOW, "logs": {},
                     "stanzas": []},
        "log_files": {"logs": {}, "oldest": {}, "gaps": {}},
        "audit": {"installed": False, "daemon": {"active": False}, "conf": {}, "log": None, **(audit or {})},
        **more,
    }  # fmt: skip
