# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier runs knew: for each host and control the last judgement, and since when it has been open.

Runs are read oldest first and one at a time; of each finding only its last state stays, so that memory grows with the
fleet and not with the number of runs. A run that was narrowed replaces only what it looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from ..results import INDEX, RUN_NAME, Run
from . import index
from .documents import Unusable, customer_documents, host_documents, own_runs, run_document
from .index import CLOSED, OPEN, HostStates, Since, State
from .shapes import Problem, TrendPoint

#: The part of a run's name that says when it began.
SECOND = len("20261122T020000Z")


class Moment(NamedTuple):
    """A complete run, as far as ages need it."""

    run: str
    date: date


class Past(NamedTuple):
    """The last judgement of one finding, and the run that made it."""

    state: State
    at: Moment


@dataclass
class PastHost:
    """What is known of one host. policy: of when it was last targeted. unread_since: None where it was read then."""

    findings: dict[str, Past] = field(default_factory=dict)
    last: Moment | None = None
    last_read: Moment | None = None
    unread_since: Moment | None = None
    policy: Mapping[str, Any] = field(default_factory=dict)


class PastRegisters(NamedTuple):
    """Where the registers of a customer were last seen. whole: the run targeted all of the customer's hosts."""

    run: Run
    whole: bool


@dataclass
class History:
    """Everything earlier complete runs knew. trend: by customer, and None for the fleet."""

    runs: list[Moment] = field(default_factory=list)
    hosts: dict[tuple[str, str], PastHost] = field(default_factory=dict)
    known: set[tuple[str, str]] = field(default_factory=set)
    trend: dict[str | None, list[TrendPoint]] = field(default_factory=dict)
    registers: dict[str, PastRegisters] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)

    @property
    def previous(self) -> Moment | None:
        """Return the last complete run, None where there is none."""
        return self.runs[-1] if self.runs else None

    def past(self, customer: str, host: str, control: str) -> Past | None:
        """Return the last judgement of a finding, None where no earlier run made one."""
        known = self.hosts.get((customer, host))
        return known.findings.get(control) if known else None

    def since(self, customer: str, host: str, control: str, now: State, at: Moment) -> Since | None:
        """Return since when a finding in state `now` has been open, None where it is not."""
        if now.status in CLOSED:
            return None
        past = self.past(customer, host, control)
        before = past.state.since if past else None
        return now.since or before or (Since(at.date, at.run) if now.status in OPEN else None)

    def dated(self, hosts: Iterable[HostStates], at: Moment) -> Iterator[HostStates]:
        """Yield the hosts of the run `at` with the day since which each finding has been open."""
        for host in hosts:
            states = dict(host.states)
            for control, now in host.states.items():
                since = self.since(host.customer, host.host, control, now, at)
                if since != now.since:
                    states[control] = now._replace(since=since)
            yield host._replace(states=states)

    def registers_of(self, customer: str) -> Mapping[str, Any] | None:
        """Return the customer's registers as an earlier run had them, None where none did."""
        if customer not in self.registers:
            return None
        run = self.registers[customer].run
        documents = customer_documents(run, run_document(run), self.problems, customer)
        return next((document["registers"] for document in documents), None)


def read(folder: Path, about: Mapping[str, Any]) -> History:
    """Return what the complete runs in `folder` knew that are older than the run whose run.json is `about`.

    Runs that it, or an earlier one, was merged from are told by it alone. What can't be used is in `problems`.
    """
    history = History()
    runs = _runs(folder, about, history.problems)
    apart = {part for each in (about, *map(run_document, runs)) for part in own_runs(each) - {each["run"]}}
    for run in runs:
        name, about = run.name, run_document(run)
        if name in apart:
            continue
        if about.get("state") == "complete" and run.sealed:
            _take(history, run, about)
        else:
            history.problems[name] = Problem(name, "was not completed; it is left out of every comparison")
    return history


def _runs(folder: Path, about: Mapping[str, Any], problems: dict[str, Problem]) -> list[Run]:
    """Return the runs older than the one of `about` that can be used, oldest first."""
    names = [path.name for path in folder.iterdir() if RUN_NAME.fullmatch(path.name)] if folder.is_dir() else []
    runs = []
    for name in sorted(names):
        # What began in a later second is no history, whatever became of its run.json.
        if name != about["run"] and name[:SECOND] <= about["run"][:SECOND]:
            try:
                runs.append((_order(run_document(Run(folder / name))), Run(folder / name)))
            except Unusable as error:
                path = "%s/run.json" % name
                problems[path] = Problem(path, "%s; the run is left out" % error)
    return [run for order, run in sorted(runs, key=itemgetter(0)) if order < _order(about)]


def _order(about: Mapping[str, Any]) -> tuple[str, int, str]:
    """Return what puts runs in order: when they began, and their number where that is the same second."""
    return about["run"][:SECOND], about["sequence"], about["run"]


def states_of(run: Run, about: Mapping[str, Any], problems: dict[str, Problem]) -> Iterator[HostStates]:
    """Yield the hosts of a run: from its index, or from its result files where that can't be used."""
    try:
        yield from index.read(run)
        return
    except Unusable as error:
        if (run.folder / INDEX).exists():
            path = "%s/%s" % (run.name, INDEX)
            problems[path] = Problem(path, "%s; the result files were read instead" % error)
    yield from (index.own_states(document) for document in customer_documents(run, about, problems))
    yield from (index.host_states(document) for document in host_documents(run, about, problems))


def _take(history: History, run: Run, about: Mapping[str, Any]) -> None:
    at = Moment(run.name, date.fromisoformat(about["date"]))
    history.runs.append(at)
    targeted = {(target["customer"], target["host"]): target for target in about["targeted"]}
    left = {(place["customer"], place["host"]) for place in about.get("not_targeted", ())}
    history.known = set(targeted) | left
    counts = Counts(at)
    for host in history.dated(states_of(run, about, history.problems), at):
        if host.host and (host.customer, host.host) not in targeted:
            continue
        counts.add(host)
        _remember(history, host, at)
    for place, target in targeted.items():
        if place in history.hosts:
            history.hosts[place].policy = about["policies"].get(target["policy"], {})
    for customer, point in counts.points().items():
        history.trend.setdefault(customer, []).append(point)
    for customer in {customer for customer, _host in targeted}:
        whole = not any(customer == other for other, _host in left)
        if run.customer_file(customer).exists() and (whole or not history.registers.get(customer, _NONE).whole):
            history.registers[customer] = PastRegisters(run, whole)


_NONE = PastRegisters(Run(Path()), False)


def _remember(history: History, host: HostStates, at: Moment) -> None:
    known = history.hosts.setdefault((host.customer, host.host), PastHost())
    known.last = at
    if host.read:
        known.last_read, known.unread_since = at, None
    else:
        known.unread_since = known.unread_since or at
    shared: dict[State, Past] = {}
    for control, each in host.states.items():
        known.findings[control] = shared.setdefault(each, Past(each, at))


class Counts:
    """Counts one run's technical findings, for the fleet and for each customer."""

    def __init__(self, at: Moment) -> None:
        self._at = at
        self._status: dict[str | None, Counter[str]] = {None: Counter()}
        self._failing: dict[str | None, Counter[str]] = {None: Counter()}
        self._hosts: dict[str | None, list[int]] = {None: [0, 0]}

    def add(self, host: HostStates) -> None:
        """Add a host; what a customer's own findings say is not technical and isn't added."""
        if not host.host:
            return
        for view in (None, host.customer):
            numbers = self._hosts.setdefault(view, [0, 0])
            numbers[0] += 1
            numbers[1] += host.read
            status, failing = self._status.setdefault(view, Counter()), self._failing.setdefault(view, Counter())
            status.update(each.status for each in host.states.values())
            failing.update(
                each.severity for each in host.states.values() if each.status == "fail" and not each.caused_by
            )  # fmt: skip

    def points(self) -> dict[str | None, TrendPoint]:
        """Return the run's point of each trend."""
        return {
            view: TrendPoint(
                self._at.run, self._at.date, hosts, read,
                dict(sorted(self._status[view].items())), dict(sorted(self._failing[view].items())),
            )
            for view, (hosts, read) in self._hosts.items()
        }  # fmt: skip
