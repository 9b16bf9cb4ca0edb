# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole report as data: `build` computes everything, so that pages and formats only tell.

`build(run, history.read(folder, run.json as read), catalogue) -> ReportModel`:

- `run` is the run as every page may tell it, `about` all of run.json, which names every customer's hosts; `problems`
  are the result files that were left out (say them at the top); `evidence` is the seal.
- `fleet` is a `View` of all customers, `customers` one `View` for each, sorted by name (`shapes.View`): coverage,
  sections and tactical actions, delta, trend, policy drift, actions, the customer's own findings, what was unreadable,
  host rows.
- `totals` counts each host's findings (`closing.HostTotals`), in the order of `documents()`.
- `documents(customer=None)` streams the hosts one by one, in the order of `hosts`, as `HostPage(row, document, history,
  enforcement)`. `document` is the host's result as docs/schemas/host-result.json describes it, `history` maps a control
  to its `shapes.Change` where there is one (kind, since, days), `enforcement` is what enforcement did there
  (docs/schemas/enforcement.json). Nothing else of a host's findings is kept in memory.

A customer's page is made of its own `View` and `documents(customer)` alone. Text of hosts in here is bounded and clean
of control characters (`text.clean`) but not escaped: each format escapes as it prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..catalogue.catalogue import Catalogue
from ..fleet.all import FLEET_JUDGES
from ..outcomes.tables import outcomes
from ..outcomes.tally import Index
from ..results import INDEX, MANIFEST, Run, encoded, sha256
from ..runs.closing import HostTotals, totals
from ..text import clean
from . import coverage, signed, standing
from .bound import Bound
from .delta import change, delta
from .documents import (
    Unusable,
    about_run,
    customer_documents,
    enforcement_documents,
    fleet_findings,
    host_documents,
    load,
    load_enforcement,
)
from .gathering import Gathering, Place, row
from .history import Counts, History, Moment
from .index import Since, host_states
from .index import read as read_index
from .policy import policy_drift
from .population import population
from .schedule import schedule
from .shapes import Change, Evidence, HostRow, Problem, RunInfo, SignedRegister, SignedThing, View
from .signing import signature_of


@dataclass(frozen=True)
class HostPage:
    """One host in full: its row, its result document, and what became of each of its findings, by control.

    enforcement: what enforcement did there, None where the run enforced nothing.
    """

    row: HostRow
    document: Mapping[str, Any]
    history: Mapping[str, Change]
    enforcement: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class ReportModel:
    """Everything a page or a format needs; renderers compute nothing."""

    run: RunInfo
    about: Mapping[str, Any]
    problems: tuple[Problem, ...]
    evidence: Evidence
    fleet: View
    customers: tuple[View, ...]
    totals: tuple[HostTotals, ...]
    _pages: Callable[[str | None], Iterator[HostPage]]

    def documents(self, customer: str | None = None) -> Iterator[HostPage]:
        """Yield the hosts of a customer, or all, one by one."""
        return self._pages(customer)


def build(run: Run, history: History, catalogue: Catalogue) -> ReportModel:
    """Return the model of a run; raises ResultsError where run.json can't be used."""
    return _Building(run, about_run(run), history, catalogue).model()


class _Building:
    """Streams a run's results once and keeps what the views need."""

    def __init__(self, run: Run, about: Mapping[str, Any], history: History, catalogue: Catalogue) -> None:
        self._run, self._about, self._history, self._catalogue = run, about, history, catalogue
        self._at = Moment(about["run"], date.fromisoformat(about["date"]))
        self._problems = dict(history.problems)
        self._sinces = _recorded(run, self._problems)
        self._registers: dict[str, Mapping[str, Any]] = {}
        self._signed_files: dict[str, list[Mapping[str, Any]]] = {}
        self._signed: dict[str, tuple[tuple[SignedThing, ...], tuple[SignedRegister, ...]]] = {}
        self._fleet: Mapping[str, Mapping[str, Any]] = {}
        self._changes: dict[Place, dict[str, Change]] = {}
        self._rows: dict[Place, HostRow] = {}
        self._totals: list[HostTotals] = []
        self._enforced: set[Place] = set()
        self._counts = Counts(self._at)
        self._bound = Bound()
        self._index = Index(catalogue, FLEET_JUDGES)
        # Whatever their results hold, no judge of ours is for these.
        self._elsewhere = {(each["customer"], each["host"]) for each in about["targeted"] if each["other_platform"]}
        names = sorted({target["customer"] for target in about["targeted"]})
        self._views: dict[str | None, Gathering] = {name: Gathering() for name in (None, *names)}

    def model(self) -> ReportModel:
        """Return the whole model."""
        if self._about.get("state") == "complete":
            self._fleet = fleet_findings(self._run, self._problems)
        for own in customer_documents(self._run, self._about, self._problems):
            self._take_own(own)
        shared: dict[frozenset[str], frozenset[str]] = {}
        for document in host_documents(self._run, self._about, self._problems):
            self._take_host(document, shared)
        for document in enforcement_documents(self._run, self._about, self._problems):
            self._enforced.add((document["customer"], document["host"]))
            for name in (None, document["customer"]):
                self._views[name].enforcing.add(document)
        earlier = {name: self._history.registers_of(name) for name in sorted(self._registers)}
        points = self._counts.points()
        views = {name: self._view(name, gathered, earlier, points) for name, gathered in self._views.items()}
        problems = {**self._history.problems, **self._problems}
        return ReportModel(
            run=_info(self._about),
            about=self._about,
            problems=tuple(problems[path] for path in sorted(problems)),
            evidence=_evidence(self._run),
            fleet=views[None],
            customers=tuple(views[name] for name in sorted(name for name in views if name is not None)),
            totals=tuple(self._totals),
            _pages=self._pages,
        )

    def _take_own(self, document: Mapping[str, Any]) -> None:
        customer, findings = document["customer"], document["findings"]
        if customer not in self._views:
            return
        self._registers[customer] = document["registers"]
        self._signed_files[customer] = document.get("signed_files") or []
        self._signed[customer] = (tuple(signed.things(document)), tuple(signed.registers(document)))
        self._bound.expect(customer, document["registers"].get("bulwark_waivers") or ())
        self._bound.add(customer, findings)
        changes = self._compared(findings, customer, "", True)
        self._views[customer].add_own(customer, findings, changes)
        answers = self._index.answers(findings, own=True)
        for name in (None, customer):
            self._views[name].outcomes.add_own(customer, answers)
        told = [self._fleet.get(each["fingerprint"], {**each, "customers": [customer]}) for each in findings]
        self._views[None].add_own(customer, told, changes)

    def _take_host(self, document: Mapping[str, Any], shared: dict[frozenset[str], frozenset[str]]) -> None:
        customer, host = document["customer"], document["host"]
        changes = self._compared(document["findings"], customer, host, document["seconds"] is not None)
        line = row(document, changes)
        self._totals.append(totals(document))
        self._changes[(customer, host)], self._rows[(customer, host)] = changes, line
        controls = frozenset(finding["control"] for finding in document["findings"])
        controls = shared.setdefault(controls, controls)
        self._counts.add(host_states(document))
        here = (customer, host) not in self._elsewhere
        answers = self._index.answers(document["findings"], own=False) if here else {}
        if here:
            self._bound.add(customer, document["findings"])
        for name in (None, customer):
            self._views[name].add_host(document, line, controls, changes)
            if here:
                self._views[name].outcomes.add_host(customer, answers)

    def _compared(
        self, findings: Iterable[Mapping[str, Any]], customer: str, host: str, read: bool
    ) -> dict[str, Change]:  # fmt: skip
        sinces = self._sinces.get((customer, host), {})
        made = {}
        for finding in findings:
            since = sinces.get(finding["control"])
            changed = change(finding, customer, host, read, self._history, self._at, since)
            if changed:
                made[finding["control"]] = changed
        return made

    def _view(
        self, name: str | None, gathered: Gathering, earlier: Mapping[str, Mapping[str, Any] | None],
        points: Mapping[str | None, Any],
    ) -> View:  # fmt: skip
        about, history, catalogue = self._about, self._history, self._catalogue
        mine = [self._signed[each] for each in sorted(self._signed) if name in (None, each)]
        seen = coverage.coverage(
            about, gathered.read, gathered.reasons, gathered.without_root, self._registers, history, catalogue, name
        )
        return View(
            customer=name,
            line=standing.sentence(gathered.tally, len(gathered.read), len(seen.unread)),
            coverage=seen,
            sections=standing.sections(gathered.tally, catalogue),
            tactical=standing.tactical(gathered.tally, catalogue),
            by_party=dict(sorted(gathered.tally.by_party.items())),
            delta=delta(gathered.changes, about, gathered.judged, gathered.read, history, name),
            trend=(*history.trend.get(name, ()), *((points[name],) if name in points else ())),
            policy=policy_drift(
                about,
                self._registers,
                earlier,
                gathered.judged,
                self._bound,
                history,
                catalogue,
                name,
                self._signed_files,
            ),
            actions=gathered.causes.actions(catalogue),
            findings=tuple(gathered.findings),
            unreadable=gathered.unreadable(),
            hosts=tuple(gathered.rows),
            problems=tuple(each for _path, each in sorted(self._problems.items()) if _concerns(each, name)),
            enforcement=gathered.enforcing.made(catalogue),
            schedule=()
            if name is None
            else schedule(
                about, self._registers.get(name, {}), gathered.judged.values(), gathered.findings, catalogue, name
            ),
            outcomes=outcomes(self._index, gathered.outcomes, population(seen), catalogue),
            signed=tuple(thing for things, _registers in mine for thing in things),
            registers=tuple(register for _things, registers in mine for register in registers),
        )

    def _pages(self, customer: str | None) -> Iterator[HostPage]:
        for document in host_documents(self._run, self._about, {}, customer):
            place = (document["customer"], document["host"])
            enforcement = load_enforcement(self._run.enforcement_file(*place)) if place in self._enforced else None
            yield HostPage(self._rows[place], document, self._changes[place], enforcement)


def _recorded(run: Run, problems: dict[str, Problem]) -> dict[Place, dict[str, Since]]:
    """Return since when findings have been open, as the run's own index has it: it outlives the runs before it."""
    made: dict[Place, dict[str, Since]] = {}
    if not (run.folder / INDEX).exists():
        return made
    try:
        for host in read_index(run):
            sinces = {control: each.since for control, each in host.states.items() if each.since}
            if sinces:
                made[(host.customer, host.host)] = sinces
    except Unusable as error:
        path = "%s/%s" % (run.name, INDEX)
        problems[path] = Problem(path, "%s; ages count from the earlier runs there are" % error)
    return made


def _concerns(problem: Problem, customer: str | None) -> bool:
    """Say whether a page may tell of a problem: a customer's tells of no other customer's file."""
    folder, _slash, rest = problem.path.partition("/")[2].partition("/")
    if customer is None or folder not in ("hosts", "enforcement", "customers"):
        return True
    return rest.partition("/")[0] in (encoded(customer), encoded(customer) + ".json")


def _info(about: Mapping[str, Any]) -> RunInfo:
    return RunInfo(
        run=about["run"],
        sequence=about["sequence"],
        date=date.fromisoformat(about["date"]),
        began=str(about.get("began")),
        ended=about.get("ended"),
        complete=about.get("state") == "complete",
        playbook=str(about.get("playbook", "")),
        versions={str(name): str(version) for name, version in sorted((about.get("versions") or {}).items())},
        warnings=tuple(about["warnings"]),
        merged=tuple(part["run"] for part in about.get("merged", ())),
        change=clean(str(about["change"])) if about.get("change") else None,
    )


def _evidence(run: Run) -> Evidence:
    try:
        manifest = load(run.folder / MANIFEST, "bulwark/manifest/1")
        files, previous = len(manifest["files"]), manifest["previous"]
        return Evidence(sha256(run.folder / MANIFEST), previous, files, signature_of(run))
    except (Unusable, KeyError, TypeError):
        return Evidence(None, None, 0, None)
