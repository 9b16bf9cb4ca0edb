# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each finding since a complete run last judged it, and what this run did not look at."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from sys import intern
from typing import Any

from ..runs.finding import SEVERITIES
from .coverage import not_reached
from .history import History, Moment, Past
from .index import CLOSED, OPEN, HostStates, Since, State, state
from .shapes import KINDS, Change, ControlGap, Delta, HostGap, Kind

SCHEMA = "bulwark/delta/1"
#: A failure of these kinds was no failure when it was last judged.
NEWLY_FAILING: tuple[Kind, ...] = ("new", "first_look", "back", "waiver_expired", "waiver_ended")


def kind_of(now: State, past: Past | None, since: Since | None, at: Moment) -> Kind | None:
    """Return what became of a finding in state `now`; None where there is nothing to tell."""
    before = past.state if past else None
    if now.status == "fail":
        return _failing(now, before, since, at)
    if before is None:
        return None
    if now.status == "waived":
        return None if before.status == "waived" else "waived"
    if now.status in CLOSED:
        if before.status in OPEN or before.since:
            return "fixed"
        return None if before.status in CLOSED else "known_again"
    return "newly_unknown" if before.status in OPEN or before.status in CLOSED else None


def _failing(now: State, before: State | None, since: Since | None, at: Moment) -> Kind:
    if before is None:
        # The run that judged it before may be pruned; what was carried forward still says since when it is open.
        return "still_open" if since and since.run != at.run else "first_look"
    if before.status == "fail":
        return "still_open" if before.found == now.found else "changed"
    if before.status == "waived":
        return "waiver_expired" if before.expires and before.expires < at.date else "waiver_ended"
    return "new" if before.status in CLOSED else "back"


def change(
    finding: Mapping[str, Any], customer: str, host: str, read: bool, history: History, at: Moment,
    since: Since | None = None,
) -> Change | None:  # fmt: skip
    """Return what became of a checked finding; `since`: as the run's own index has it, where there is one."""
    now = state(finding)._replace(since=since)
    past = history.past(customer, host, finding["control"])
    first_open = history.since(customer, host, finding["control"], now, at)
    kind = kind_of(now, past, first_open, at)
    if kind is None:
        return None
    before = past.state if past else None
    opened = before.since if before and kind == "fixed" else first_open
    return Change(
        customer=customer,
        host=host,
        # A fleet has many changes and few words for them.
        control=intern(finding["control"]),
        title=intern(finding["title"]),
        section=intern(finding["section"]),
        kind=kind,
        status=intern(finding["status"]),
        severity=intern(finding["effective_severity"]),
        responsible=intern(finding["responsible"]),
        fingerprint=finding["fingerprint"],
        found=intern(finding["found"]),
        since=opened.date if opened else None,
        since_run=opened.run if opened else None,
        days=max(0, (at.date - opened.date).days) if opened else None,
        previous_run=past.at.run if past else None,
        previous_status=before.status if before else None,
        caused_by=now.caused_by or (before.caused_by if before and kind == "fixed" else None),
        host_read=read,
        reason=intern(finding["reason"]),
        first=intern(finding["actual"][0]) if finding["actual"] else "",
    )


def newly_failing(hosts: Iterable[HostStates], history: History, at: Moment, threshold: str) -> dict[str, int]:
    """Return how many findings at or above a severity fail now and did not before, by host (or customer).

    Nothing is new in the first run that covers a customer. What only follows from another control isn't counted.
    """
    if threshold == "none":
        return {}
    counted = SEVERITIES[SEVERITIES.index(threshold) :]
    numbers: dict[str, int] = {}
    for host in hosts:
        if host.customer not in history.trend:
            continue
        number = sum(
            kind_of(now, history.past(host.customer, host.host, control), now.since, at) in NEWLY_FAILING
            for control, now in host.states.items()
            if now.status == "fail" and now.severity in counted and not now.caused_by
        )
        if number:
            numbers[host.host or host.customer] = number
    return numbers


def delta(
    changes: Iterable[Change], about: Mapping[str, Any], judged: Mapping[tuple[str, str], Collection[str]],
    read: Collection[tuple[str, str]], history: History, customer: str | None,
) -> Delta:  # fmt: skip
    """Return the delta of a view. judged: by customer and host the controls judged now; read: the hosts that were."""
    ordered = tuple(sorted(changes, key=_order))
    counts = Counter(each.kind for each in ordered if not each.caused_by)
    left = {(place["customer"], place["host"]) for place in about.get("not_targeted", ())} | not_reached(about)
    now = (set(judged) | {(target["customer"], target["host"]) for target in about["targeted"]}) - left
    mine = [place for place in history.hosts if place[1] and customer in (None, place[0])]
    trend = history.trend.get(customer)
    previous = trend[-1] if trend else None
    return Delta(
        previous_run=previous.run if previous else None,
        previous_date=previous.date if previous else None,
        counts={kind: counts[kind] for kind in KINDS},
        changes=ordered,
        no_longer_seen=_gaps((place for place in mine if place in history.known - now - left), history),
        not_looked_at=_gaps((place for place in mine if place in left), history),
        controls_not_looked_at=_left_controls(mine, judged, history),
        newly_unread=tuple(
            sorted(host for place in mine for host in [place[1]]
                   if place in now and place not in read and history.hosts[place].unread_since is None)
        ),
    )  # fmt: skip


def _order(each: Change) -> tuple[Any, ...]:
    return (
        KINDS.index(each.kind), -SEVERITIES.index(each.severity), bool(each.caused_by), each.customer, each.host,
        each.control,
    )  # fmt: skip


def _gaps(places: Iterable[tuple[str, str]], history: History) -> tuple[HostGap, ...]:
    made = []
    for place in sorted(places):
        known = history.hosts[place]
        number = sum(
            past.state.status == "fail" and not past.state.caused_by for past in known.findings.values()
        )  # fmt: skip
        made.append(HostGap(*place, known.last and known.last.run, known.last and known.last.date, number))
    return tuple(made)


def _left_controls(
    places: Iterable[tuple[str, str]], judged: Mapping[tuple[str, str], Collection[str]], history: History
) -> tuple[ControlGap, ...]:
    hosts: Counter[str] = Counter()
    still_open: Counter[str] = Counter()
    for place in places:
        if place not in judged:
            continue
        for control, past in history.hosts[place].findings.items():
            if control not in judged[place]:
                hosts[control] += 1
                still_open[control] += past.state.status == "fail"
    return tuple(ControlGap(control, hosts[control], still_open[control]) for control in sorted(hosts))


def written(view: Delta, about: Mapping[str, Any], customer: str | None) -> Iterator[str]:
    """Yield delta.json as docs/schemas/delta.json describes it, a change at a time, so that no fleet is too large."""
    head = {
        "schema": SCHEMA,
        "run": about["run"],
        "date": about["date"],
        "customer": customer,
        "previous_run": view.previous_run,
        "previous_date": _iso(view.previous_date),
        "counts": dict(view.counts),
        "no_longer_seen": [_gap(gap) for gap in view.no_longer_seen],
        "not_looked_at": [_gap(gap) for gap in view.not_looked_at],
        "controls_not_looked_at": [gap.__dict__ for gap in view.controls_not_looked_at],
        "newly_unread": list(view.newly_unread),
    }
    yield json.dumps(head, indent=1, sort_keys=True).removesuffix("\n}")
    yield ',\n "changes": {'
    for number, kind in enumerate(KINDS):
        yield '%s\n  "%s": [' % ("," if number else "", kind)
        changes = (json.dumps(_written(each), sort_keys=True) for each in view.changes if each.kind == kind)
        for index, change in enumerate(changes):
            yield ("," if index else "") + "\n   " + change
        yield "]"
    yield "\n }\n}\n"


def _written(each: Change) -> dict[str, Any]:
    written = {name: getattr(each, name) for name in _WRITTEN}
    return {**written, "since": _iso(each.since), "host": each.host or None}


_WRITTEN = tuple(field.name for field in fields(Change) if field.name not in ("kind", "first"))


def _gap(gap: HostGap) -> dict[str, Any]:
    return {**gap.__dict__, "last_date": _iso(gap.last_date)}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
