# SPDX-License-Identifier: GPL-3.0-or-later
"""How long logrotate keeps what is in a log, as it will really act on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .facts import Unread
from .patterns import matches
from .verdict import Case

DAY = 86400.0
DAYS = {"hourly": 1 / 24, "daily": 1.0, "weekly": 7.0, "monthly": 30.0, "yearly": 365.0}
FOR_EVER = -1
#: Who starts logrotate by hand, or by something that isn't seen, does so within so many days.
BY_HAND_DAYS = 35


@dataclass(frozen=True)
class Kept:
    """What becomes of one log.

    limits: {rotate, size, maxsize or maxage: the days that it leaves}, where these are fewer than policy wants. stanza:
    as area `rotation` describes it.
    """

    path: str
    stanza: Mapping[str, Any]
    limits: Mapping[str, float]


def active(case: Case) -> list[str]:
    """Return the security-relevant logs into which something was written within the days of retention."""
    since = case.facts["system"]["now"] - case.policy["bulwark_log_retention_days"] * DAY
    logs, patterns = case.facts["log_files"]["logs"], case.policy["bulwark_security_logs"]
    return [
        path
        for path in sorted(case.facts["log_files"]["oldest"])
        if logs[path]["newest"] >= since and matches(path, patterns)
    ]


def interval(case: Case) -> float | None:
    """Return the least days between two runs of logrotate, None where nothing runs it.

    Raises Unread where something does, and how often can't be told.
    """
    runs = case.facts["rotation"]["runs"]
    if any(run["seconds"] is None for run in runs):
        raise Unread("how often %s starts logrotate isn't told" % next(run["by"] for run in runs if not run["seconds"]))
    if runs:
        return float(min(run["seconds"] for run in runs)) / DAY
    last = case.facts["rotation"]["last"]
    if last is not None and case.facts["system"]["now"] - last < BY_HAND_DAYS * DAY:
        return 0.0
    return None


def kept(case: Case, path: str, pause: float) -> Kept | None:
    """Return how long a log is kept, None where no stanza names it, so that it only grows.

    pause: days between two runs. Raises Unread where a size decides and how fast the log grows isn't known.
    """
    index = case.facts["rotation"]["logs"].get(path)
    if index is None:
        return None
    stanza = case.facts["rotation"]["stanzas"][index]
    wanted = case.policy["bulwark_log_retention_days"]
    found = {"maxage": float(stanza["maxage"])} if stanza["maxage"] else {}
    if stanza["rotate"] != FOR_EVER:
        found.update(_counted(case, path, stanza, pause, wanted))
    return Kept(path, stanza, {name: days for name, days in found.items() if days < wanted})


def _counted(case: Case, path: str, stanza: Mapping[str, Any], pause: float, wanted: int) -> dict[str, float]:
    """Return {what starts a rotation: days that the number of rotated files then makes}."""
    count, found = stanza["rotate"], {}
    if stanza["trigger"] == "period":
        found["rotate"] = count * max(DAYS[stanza["period"]], pause)
    for name in _sizes(stanza):
        # However fast a log grows, it is rotated once a run at most.
        if count * pause >= wanted or found.get("rotate", wanted) < wanted:
            continue
        found[name] = _filled(case, path, stanza, pause, name)
    return found


def _sizes(stanza: Mapping[str, Any]) -> list[str]:
    return ["size"] if stanza["trigger"] == "size" else ["maxsize"] if stanza["maxsize"] else []


def _filled(case: Case, path: str, stanza: Mapping[str, Any], pause: float, name: str) -> float:
    """Return the days that the rotated files make where each is rotated at a size. Raises Unread."""
    count = stanza["rotate"]
    return float(count * max(pause, stanza[name] / max(daily(case, path), 1.0))) if count else 0.0


def span(case: Case, path: str, pause: float) -> float:
    """Return the days of a log that its stanza comes to leave once it was rotated for long; infinite where all are.

    pause: days between two runs. Raises Unread as kept() does.
    """
    stanza = case.facts["rotation"]["stanzas"][case.facts["rotation"]["logs"][path]]
    bounds = [float(stanza["maxage"])] if stanza["maxage"] else []
    if stanza["rotate"] != FOR_EVER:
        bounds += [stanza["rotate"] * max(DAYS[stanza["period"]], pause)] if stanza["trigger"] == "period" else []
        bounds += [_filled(case, path, stanza, pause, name) for name in _sizes(stanza)]
    return min(bounds, default=math.inf)


def daily(case: Case, path: str) -> float:
    """Return the bytes that a log grows by in a day, measured. Raises Unread where there is too little to measure."""
    log = case.facts["log_files"]["logs"][path]
    days = measured(case, path, "how fast it reaches the size at which it is rotated")
    if log["bytes"] is None:
        raise Unread("%s: how it is compressed doesn't tell how fast it reaches the size at which it is rotated" % path)
    return float(log["bytes"]) / days


def on_disk(case: Case, path: str) -> float:
    """Return the bytes by which a log grows in a day on its disk. Raises Unread where there is too little to measure.

    Where enough is packed that counts, since the rest will be too.
    """
    log = case.facts["log_files"]["logs"][path]
    packed = log["packed"]
    if packed and packed["seconds"] >= case.policy["bulwark_log_measured_days"] * DAY:
        return float(packed["bytes"] * DAY / packed["seconds"])
    return float(log["stored"]) / measured(case, path, "how much is written in a day")


def measured(case: Case, path: str, what: str) -> float:
    """Return the days that are held of a log. Raises Unread where these are too few to tell something of it."""
    oldest = case.facts["log_files"]["oldest"].get(path)
    days = (case.facts["system"]["now"] - oldest) / DAY if oldest else 0.0
    if days < case.policy["bulwark_log_measured_days"]:
        raise Unread("%s: too few days are logged to tell %s" % (path, what))
    return float(days)
