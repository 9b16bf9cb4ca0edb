# SPDX-License-Identifier: GPL-3.0-or-later
"""index.jsonl: a run in a few bytes a finding, sealed with it, so that later runs need not read all its host files.

Its first line is `{"schema": "bulwark/index/1", "run", "sequence"}`, its last `{"sha256"}` of all before. Between them
stands a line a host: `{"customer", "host", "read", "pass", "not_applicable", "other"}`; host is "" where findings are
the customer's own. `pass` and `not_applicable` list controls; `other` maps a control to its status, severity
(effective), found, and where there is one caused_by, expires (of its waiver) and since: [date, run] of the first run in
which it was open without a break, which outlives pruned runs.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from sys import intern
from typing import Any, NamedTuple

from ..results import INDEX, Run, write_text_pieces
from ..runs.finding import SEVERITIES, STATUSES
from .documents import Unusable

SCHEMA = "bulwark/index/1"
CLOSED = ("pass", "not_applicable")
OPEN = frozenset({"fail", "waived"})


class Since(NamedTuple):
    """The first run in which a finding was open."""

    date: date
    run: str


class State(NamedTuple):
    """One finding of one run, as far as later runs ask for it. expires: last day of its waiver."""

    status: str
    severity: str = ""
    found: str = ""
    caused_by: str | None = None
    expires: date | None = None
    since: Since | None = None


class HostStates(NamedTuple):
    """A host of one run: whether it was read, and the state of each of its findings by control."""

    customer: str
    host: str
    read: bool
    states: Mapping[str, State]


#: What is closed has nothing to remember: all share one state, so that a fleet's passes cost nothing.
_CLOSED = {status: State(status) for status in CLOSED}


def state(finding: Mapping[str, Any]) -> State:
    """Return the state of a checked finding."""
    status = finding["status"]
    if status in CLOSED:
        return _CLOSED[status]
    expires = date.fromisoformat(finding["waiver"]["expires"]) if status == "waived" else None
    cause = finding.get("caused_by")
    return _state(status, finding["effective_severity"], finding["found"], cause, expires, None)


def _state(
    status: str, severity: str, found: str, cause: str | None, expires: date | None, since: Since | None
) -> State:
    """Return a state whose words are shared: a fleet has many states and few words for them."""
    return State(intern(status), intern(severity), intern(found), intern(cause) if cause else None, expires, since)


def host_states(document: Mapping[str, Any]) -> HostStates:
    """Return the states of a checked host result."""
    states = {intern(finding["control"]): state(finding) for finding in document["findings"]}
    return HostStates(document["customer"], document["host"], document["seconds"] is not None, states)


def own_states(document: Mapping[str, Any]) -> HostStates:
    """Return the states of a customer's own findings, host ""."""
    states = {intern(finding["control"]): state(finding) for finding in document["findings"]}
    return HostStates(document["customer"], "", True, states)


def write(run: Run, about: Mapping[str, Any], hosts: Iterable[HostStates]) -> None:
    """Write a run's index, host by host."""
    write_text_pieces(run.folder / INDEX, _lines(about, hosts))


def _lines(about: Mapping[str, Any], hosts: Iterable[HostStates]) -> Iterator[str]:
    seal = hashlib.sha256()
    head = {"schema": SCHEMA, "run": about["run"], "sequence": about["sequence"]}
    for entry in itertools.chain((head,), map(_written_host, hosts)):
        line = json.dumps(entry, sort_keys=True, separators=(",", ":")) + "\n"
        seal.update(line.encode())
        yield line
    yield json.dumps({"sha256": seal.hexdigest()}) + "\n"


def _written_host(host: HostStates) -> dict[str, Any]:
    return {
        "customer": host.customer,
        "host": host.host,
        "read": host.read,
        **{key: sorted(name for name, each in host.states.items() if each.status == key) for key in CLOSED},
        "other": {name: _written(each) for name, each in host.states.items() if each.status not in CLOSED},
    }


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
    """Return the hosts of a run's index, one by one; raises Unusable, at once, where it is missing or damaged."""
    try:
        text = (run.folder / INDEX).read_bytes()
    except OSError as error:
        raise Unusable("can't be read: %s" % (error.strerror or error)) from None
    end = text.rfind(b"\n", 0, -1) + 1
    try:
        head, sealed = json.loads(text[: text.find(b"\n")]), json.loads(text[end:])["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unusable("is no whole index; it was cut off or overwritten") from None
    if hashlib.sha256(text[:end]).hexdigest() != sealed:
        raise Unusable("is no whole index; it was cut off or overwritten")
    if not isinstance(head, dict) or head.get("schema") != SCHEMA or head.get("run") != run.name:
        raise Unusable("is no index of this run that this version reads")
    try:
        return iter([_host(json.loads(line)) for line in text[:end].splitlines()[1:]])
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError):
        raise Unusable("is damaged") from None


def _host(entry: Mapping[str, Any]) -> HostStates:
    states = {intern(str(name)): closed for status, closed in _CLOSED.items() for name in entry[status]}
    states.update((intern(str(name)), _read(each)) for name, each in entry["other"].items())
    return HostStates(str(entry["customer"]), str(entry["host"]), bool(entry["read"]), states)


def _read(each: Mapping[str, Any]) -> State:
    if each["status"] not in STATUSES or each["severity"] not in SEVERITIES:
        raise ValueError(each["status"])
    expires, since = each.get("expires"), each.get("since")
    cause = each.get("caused_by")
    return _state(
        each["status"],
        each["severity"],
        str(each["found"]),
        str(cause) if cause else None,
        date.fromisoformat(expires) if expires else None,
        Since(date.fromisoformat(since[0]), intern(str(since[1]))) if since else None,
    )
