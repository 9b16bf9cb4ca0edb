# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the hosts that serve something together can be restored to one moment."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ..declared.moments import as_moment
from ..evaluators.verdict import NotApplicable
from ..text import clean
from .case import Crossing, FleetCase, FleetVerdict, fleet_verdict

NAMED = 8
MINUTES = 60


def common_point(case: FleetCase) -> FleetVerdict:
    """Judge lin-bk-common-point: the hosts of one service have snapshots close to each other, and not long ago."""
    if not any(entry.get("service") for entry in case.registers.get("bulwark_backups") or ()):
        raise NotApplicable("no entry of bulwark_backups names a service")
    minutes = case.strictest("bulwark_common_point_minutes")
    own = [host for host in case.links.hosts if host.customer == case.customer]
    unread = ["%s: %s" % (host.host, host.problem) for host in own if host.key is None]
    wrong: list[Crossing] = []
    told: list[str] = []
    for service, hosts in sorted(_services(own).items()):
        unread += ["%s: %s" % (host, point["unread"]) for host, point in hosts.items() if point["unread"]]
        try:
            times = {host: sorted(map(as_moment, point["times"])) for host, point in hosts.items()}
        except ValueError:
            unread.append("service %s: a snapshot has no moment that can be right" % service)
            continue
        if any(point["unread"] for point in hosts.values()) or len(hosts) < 2:
            continue
        rpo = min(point["rpo"] for point in hosts.values())
        window = timedelta(minutes=min(minutes, rpo * MINUTES))
        newest = next(_common(times, window), None)
        told.append("service %s (%s): %s" % (service, _listed(sorted(hosts)), _said(newest)))
        fault = _fault(times, newest, window, timedelta(hours=rpo))
        if fault:
            text = "service %s: %s %s" % (service, _listed(sorted(hosts)), fault)
            wrong.append(Crossing(service, clean(text), clean(text), tuple(sorted(hosts)), (case.customer,)))
    expected = (
        "the hosts of each service have snapshots within %d minutes of each other, as new as their rpo asks" % minutes
    )
    return fleet_verdict(expected, wrong, unread, told, "effective")


def _services(hosts: Sequence[Any]) -> dict[str, dict[str, Mapping[str, Any]]]:
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for host in hosts:
        for service, point in host.points.items():
            found.setdefault(service, {})[host.host] = point
    return found


def _common(times: Mapping[str, Sequence[datetime]], window: timedelta) -> Iterator[datetime]:
    """Yield the moments, the newest first, at which every host has a snapshot of no more than `window` before."""
    for end in sorted({moment for each in times.values() for moment in each}, reverse=True):
        if all(bisect_left(each, end - window) < bisect_right(each, end) for each in times.values()):
            yield end


def _fault(
    times: Mapping[str, Sequence[datetime]], newest: datetime | None, window: timedelta, rpo: timedelta
) -> str:  # fmt: skip
    if newest is None:
        return "have no snapshots within %d minutes of each other" % (window.total_seconds() / MINUTES)
    lag = max(each[-1] for each in times.values()) - newest
    if lag > rpo:
        return "have been without a common point since %s, longer than their rpo" % _said(newest)
    return ""


def _said(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC") if moment else "no common point"


def _listed(hosts: Sequence[str]) -> str:
    more = " and %d more" % (len(hosts) - NAMED) if len(hosts) > NAMED else ""
    return ", ".join(hosts[:NAMED]) + more
