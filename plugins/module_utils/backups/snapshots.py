# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots as every tool's are told: {id, time, paths, host, excludes, files, bytes, added}."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ..door import Unreadable

#: The newest so many are told, and as many of those that are dated ahead of the host's clock.
KEPT = 50
AHEAD_KEPT = 10
HOSTS_KEPT = 10
#: Paths and patterns of one snapshot.
PATHS_KEPT = 200
#: Seconds that clocks may differ by.
CLOCK_SECONDS = 300
SHORT = 12


def snapshot(
    identity: Any,
    moment: Any,
    paths: Any = None,
    host: Any = None,
    excludes: Any = None,
    files: Any = None,
    size: Any = None,
    added: Any = None,
) -> dict[str, Any]:
    """Return one snapshot of what a tool says of it; raises Unreadable where that has no time."""
    return {
        "id": str(identity)[:64],
        "time": as_utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "paths": texts(paths),
        "host": host[:255] if isinstance(host, str) else None,
        "excludes": texts(excludes) or [],
        "files": number(files),
        "bytes": number(size),
        "added": number(added),
    }


def told(found: Sequence[dict[str, Any]], scope: Sequence[str], host: str, now: float) -> dict[str, Any]:
    """Return {snapshots, total, others, ahead} of a repository's snapshots.

    snapshots: the newest of this host and scope, the newest last. total: how many there are of these. others: hosts of
    which there are some too. ahead: those of a time to come. Whoever may add snapshots may date them as they like, so
    that these must not push out the others.
    """
    own = [one for one in found if _is_of(one, host) and _touches(one, scope)]
    ordered = sorted(own, key=lambda one: (one["time"], one["id"]))
    limit = datetime.fromtimestamp(now + CLOCK_SECONDS, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    past = [one for one in ordered if one["time"] <= limit]
    ahead = [{"id": one["id"], "time": one["time"]} for one in ordered if one["time"] > limit]
    return {"snapshots": past[-KEPT:], "total": len(ordered), "ahead": ahead[:AHEAD_KEPT],
            "others": sorted({one["host"] for one in found if not _is_of(one, host)})[:HOSTS_KEPT]}  # fmt: skip


def below(path: str, folders: Sequence[str]) -> bool:
    """Say whether a path is one of these, or lies in one."""
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in folders)


def _is_of(one: Mapping[str, Any], host: str) -> bool:
    """Say whether a snapshot is of a host, by the first part of its name; one that doesn't say may be."""
    return one["host"] is None or one["host"].partition(".")[0].lower() == host.partition(".")[0].lower()


def _touches(one: Mapping[str, Any], scope: Sequence[str]) -> bool:
    """Say whether a snapshot has something of a scope; one that doesn't say may have."""
    paths = one["paths"]
    return paths is None or any(below(path, paths) or below(part, scope) for path in scope for part in paths)


def document(text: str, program: str) -> Any:
    """Return the JSON that a tool printed; raises Unreadable."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("%s printed no JSON" % program) from None


def rows(value: Any, program: str) -> list[Mapping[str, Any]]:
    """Return a list of objects; raises Unreadable where it is something else."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Unreadable("%s printed no list of snapshots" % program)
    return value


def as_utc(moment: Any) -> datetime:
    """Return an ISO 8601 time in UTC, also with nanoseconds and of a year far away; raises Unreadable."""
    text = str(moment).strip().replace("Z", "+00:00")
    whole, dot, rest = text.partition(".")
    if dot:
        text = whole + rest.lstrip("0123456789")
    try:
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=timezone.utc) if found.tzinfo is None else found.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise Unreadable("a snapshot has no usable time") from None
    return found


def number(value: Any) -> int | None:
    """Return a whole number that is not negative, None for everything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def texts(value: Any) -> list[str] | None:
    """Return a list of texts, None for everything else."""
    if not isinstance(value, list):
        return None
    return [str(one) for one in value[:PATHS_KEPT]]
