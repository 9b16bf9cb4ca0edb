# SPDX-License-Identifier: GPL-3.0-or-later
"""index.json: a run in a few bytes a finding, sealed with it, so that later runs need not read all its host files.

`{"schema": "bulwark/index/1", "run", "sequence", "hosts": {customer: {host: {"read", "pass", "not_applicable",
"other"}}}}`. A host is "" where findings are the customer's own. `pass` and `not_applicable` list controls; `other`
maps a control to its state: status, severity (effective), found, and where there is one caused_by, expires (of its
waiver) and since: [date, run] of the first run in which it was open without a break, which outlives pruned runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from ..finding import SEVERITIES, STATUSES
from ..results import Run
from .documents import Unusable, load

SCHEMA = "bulwark/index/1"
FILE = "index.json"
CLOSED = ("pass", "not_applicable")
OPEN = frozenset({"fail", "waived"})


class Since(NamedTuple):
    """The first run in which a finding was open."""

    date: date
    run: str


class State(NamedTuple):
    """One finding of one run, as far as later runs ask for it. expires: last day of its waiver."""

    status: str
    severity: str
    found: str
    caused_by: str | None = None
    expires: date | None = None
    since: Since | None = None


class HostStates(NamedTuple):
    """A host of one run: whether it was read, and the state of each of its findings by control."""

    customer: str
    host: str
    read: bool
    states: Mapping[str, State]


def state(finding: Mapping[str, Any]) -> State:
    """Return the state of a checked finding."""
    waiver = finding.get("waiver")
    expires = date.fromisoformat(waiver["expires"]) if finding["status"] == "waived" and waiver else None
    return State(
        finding["status"], finding["effective_severity"], finding["found"], finding.get("caused_by"), expires
    )  # fmt: skip


def host_states(document: Mapping[str, Any]) -> HostStates:
    """Return the states of a checked host result."""
    states = {finding["control"]: state(finding) for finding in document["findings"]}
    return HostStates(document["customer"], document["host"], document["seconds"] is not None, states)


def own_states(document: Mapping[str, Any]) -> HostStates:
    """Return the states of a customer's own findings, host ""."""
    return HostStates(
        document["customer"], "", True, {finding["control"]: state(finding) for finding in document["findings"]}
    )  # fmt: skip


def document(about: Mapping[str, Any], hosts: Iterable[HostStates]) -> dict[str, Any]:
    """Return index.json of a run."""
    made: dict[str, dict[str, Any]] = {}
    for host in hosts:
        made.setdefault(host.customer, {})[host.host] = {
            "read": host.read,
            **{key: sorted(name for name, each in host.states.items() if each.status == key) for key in CLOSED},
            "other": {name: _written(each) for name, each in host.states.items() if each.status not in CLOSED},
        }
    return {"schema": SCHEMA, "run": about["run"], "sequence": about["sequence"], "hosts": made}


def _written(each: State) -> dict[str, Any]:
    written: dict[str, Any] = {"status": each.status, "severity": each.severity, "found": each.found}
    if each.caused_by:
        written["caused_by"] = each.caused_by
    if each.expires:
        written["expires"] = each.expires.isoformat()
    if each.since:
        written["since"] = [each.since.date.isoformat(), each.since.run]
    return written


def read(run: Run) -> Iterator[HostStates]:
    """Yield the hosts of a run's index, sorted; raises Unusable, before the first, where it is missing or damaged."""
    loaded = load(run.folder / FILE, SCHEMA)
    if loaded.get("run") != run.name:
        raise Unusable("tells of another run")
    try:
        hosts = [
            _host(customer, host, entry)
            for customer, entries in sorted(loaded["hosts"].items())
            for host, entry in sorted(entries.items())
        ]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Unusable("is damaged") from None
    yield from hosts


def _host(customer: str, host: str, entry: Mapping[str, Any]) -> HostStates:
    states = {str(name): closed for status, closed in _CLOSED.items() for name in entry[status]}
    states.update((name, _read(each)) for name, each in entry["other"].items())
    return HostStates(customer, host, bool(entry["read"]), states)


_CLOSED = {status: State(status, "", "") for status in CLOSED}


def _read(each: Mapping[str, Any]) -> State:
    if each["status"] not in STATUSES or each["severity"] not in SEVERITIES:
        raise ValueError(each)
    expires, since = each.get("expires"), each.get("since")
    return State(
        each["status"],
        each["severity"],
        str(each["found"]),
        each.get("caused_by"),
        date.fromisoformat(expires) if expires else None,
        Since(date.fromisoformat(since[0]), str(since[1])) if since else None,
    )
