# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a repository is whole, by its own tool: its structure, and a share of its data read and compared."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ..door import Door
from .environment import environment
from .refused import Refused
from .running import Failed, OutOfTime, Tool
from .scratch import scratch

#: What the tools say last of a repository that they could read, and that is not whole.
DAMAGED = re.compile("contains errors|errors found|problems found|integrity error", re.IGNORECASE)
#: Without a lock, somebody's pruning may look like damage: only what is found twice is some.
LOOKS = 2


def check(backup: Mapping[str, Any], percent: int, place: str, seconds: float) -> dict[str, Any]:
    """Return {at, seconds, percent, whole: True, False, or None where it can't be told, reason}.

    percent: of the data that restic reads; borg reads all of it. seconds: the time that all of it may take.
    """
    begun, deadline = time.monotonic(), time.monotonic() + seconds
    result: dict[str, Any] = {"percent": 100 if backup["tool"] == "borg" else percent, "whole": True, "reason": ""}
    try:
        with scratch(place) as (folder, tell):
            os.mkdir(os.path.join(folder, "base"), 0o700)
            settings = environment(Door(), backup, os.path.join(folder, "base"))
            for _look in range(LOOKS):
                result.update(_look_at(Tool(settings, deadline - time.monotonic(), tell), backup["tool"], percent))
                if result["whole"] is not False:
                    break
    except Refused as refusal:
        result.update(whole=None, reason=str(refusal))
    at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"at": at, "seconds": round(time.monotonic() - begun, 1), **result}


def _look_at(tool: Tool, kind: str, percent: int) -> dict[str, Any]:
    try:
        tool.run(command(kind, percent))
    except Failed as failure:
        return {"whole": False if DAMAGED.search(str(failure)) else None, "reason": "%s %s" % (kind, failure)}
    except OutOfTime:
        return {"whole": None, "reason": "the check was not done in its time"}
    return {"whole": True, "reason": ""}


def command(kind: str, percent: int) -> list[str]:
    """Return the command that checks a repository without a lock."""
    if kind == "borg":
        return ["borg", "check", "--bypass-lock", "--verify-data"]
    return ["restic", "check", "--no-lock", "--no-cache", "--read-data-subset=%d%%" % percent]
