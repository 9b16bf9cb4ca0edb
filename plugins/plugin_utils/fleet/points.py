# SPDX-License-Identifier: GPL-3.0-or-later
"""When a host's backups were made, by the service that it serves with others: the `points` of its links.

`{service: {"times": [ISO 8601, UTC], "rpo": hours, "unread": why not all are known, or None}}`. Unusual snapshots are
left out: nobody would restore to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..evaluators.backups import abnormal, seen
from ..evaluators.facts import Unread
from ..evaluators.verdict import Case
from ..text import clean

#: Services of one host, and moments of one service.
MOST_SERVICES, MOST_TIMES = 20, 100
REASON_LIMIT = 300


def points(case: Case) -> dict[str, Any]:
    """Return the points of a host, empty where none of its backups belongs to a service."""
    found: dict[str, Any] = {}
    if not any(one.service for one in case.registers.backups or ()):
        return found
    for one in seen(case):
        service = one.backup.service
        if service is None or (service not in found and len(found) == MOST_SERVICES):
            continue
        point = found.setdefault(clean(service, 100), {"times": [], "rpo": one.backup.rpo, "unread": None})
        point["rpo"] = min(point["rpo"], one.backup.rpo)
        try:
            point["times"] += _times(case, one["snapshots"])
        except Unread as reason:
            point["unread"] = clean(reason, REASON_LIMIT)
        except Exception as error:  # a hostile state; the host's other links stay
            point["unread"] = "the host's snapshots can't be used: %s" % type(error).__name__
    return {
        service: {**point, "times": sorted(set(point["times"]))[-MOST_TIMES:]} for service, point in found.items()
    }  # fmt: skip


def _times(case: Case, snapshots: Any) -> list[str]:
    unusual = abnormal(snapshots, case.policy)
    return [_moment(one) for one in snapshots if one["id"] not in unusual]


def _moment(snapshot: Mapping[str, Any]) -> str:
    return clean(snapshot["time"], 40)
