# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings on a customer's records, once its hosts are judged: a record can contradict them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from ..catalogue.catalogue import Catalogue
from ..declared.signatures import signers
from ..evaluators.verdict import Verdict
from ..fleet.all import FLEET_JUDGES, OPTIONAL
from ..judges.all import JUDGES
from ..judges.records.all import MADE_BY_RUNS, judge, without_record
from ..judges.records.case import RecordCase, Seen
from ..judges.records.promises import PROMISED
from ..records.kinds.all import KINDS
from ..records.records import Records, gather
from ..text import clean
from .finding import NOBODY, answered, assign, bare, listed
from .fleet_findings import Made, named

UNSET = "bulwark_evidence_dir is not set for any host of this customer; name the directory with its records"
#: Two folders would hold two records of one kind, of which either could be meant.
SEVERAL = "bulwark_evidence_dir names several folders for hosts of this customer, %s; it has one"
#: What a finding shows of its control, and the kind of waiver that changes nothing about it.
FAILING, DECIDED, ACCEPTED = "failing", "decided", "risk_accepted"
NO_RECORD = "there is no record %s.yml in %s; `make explain CONTROL=%s` shows one"


class Subject(NamedTuple):
    """A kind of record as a finding tells of it."""

    id: str
    section: str
    title: str
    severity: str
    recommendations: tuple[str, ...]


class Shown:
    """What hosts show that records are held against; only that is kept, so that a fleet fits.

    On which hosts of which customer what records promise fails or holds, and for which controls nobody is named.
    """

    def __init__(self) -> None:
        self._promised: dict[str, dict[str, dict[str, set[str]]]] = {}
        self._unnamed: dict[str, dict[str, set[str]]] = {}

    def add_host(self, document: Mapping[str, Any]) -> None:
        """Note what fails and what holds on a host, and what nobody is named for, by its result."""
        for finding in document["findings"]:
            self._note_unnamed(document["customer"], finding)
            self._note_promised(document["customer"], finding, (document["host"],))

    def add_fleet(self, made: Made, own: Iterable[str]) -> None:
        """Note what a fleet judge found, for the customer's own hosts alone. own: their names."""
        self._note_unnamed(made.customer, made.own)
        hosts = {*own}
        if _answer(made.own) == FAILING:
            hosts = {*made.fleet["hosts"]} & hosts or {"hosts of this customer"}
        self._note_promised(made.customer, made.own, hosts)

    def _note_promised(self, customer: str, finding: Mapping[str, Any], hosts: Iterable[str]) -> None:
        answer, control = _answer(finding), finding["control"]
        if answer and control in PROMISED:
            answers = self._promised.setdefault(customer, {}).setdefault(control, {FAILING: set(), DECIDED: set()})
            answers[answer].update(hosts)

    def _note_unnamed(self, customer: str, finding: Mapping[str, Any]) -> None:
        if finding["responsible"] == NOBODY:
            self._unnamed.setdefault(customer, {}).setdefault(finding["section"], set()).add(finding["control"])

    def unnamed(self, customer: str) -> dict[str, set[str]]:
        """Return the controls that nobody is named for, by section."""
        return {section: set(controls) for section, controls in self._unnamed.get(customer, {}).items()}

    def promised(self, customer: str, judged: Iterable[str]) -> dict[str, Seen]:
        """Return what a customer's hosts show of each control that records promise and that can be judged.

        judged: the controls that the run chose. What it left out could have been judged, but for what nobody compares
        who doesn't ask for it.
        """
        wanted = PROMISED & {*JUDGES, *FLEET_JUDGES} - ({*OPTIONAL} - {*judged})
        known = self._promised.get(customer, {})
        nothing: dict[str, set[str]] = {FAILING: set(), DECIDED: set()}
        shown = {control: known.get(control, nothing) for control in sorted({*wanted, *known})}
        return {control: Seen(tuple(sorted(answers[FAILING])), tuple(sorted(answers[DECIDED])))
                for control, answers in shown.items()}  # fmt: skip


def _answer(finding: Mapping[str, Any]) -> str | None:
    """Return whether a finding shows that its control fails, or that it does not; None where it shows neither.

    Who accepts a risk says that it is there: what was promised does not hold, whatever else becomes of the finding.
    """
    if finding["status"] == "waived":
        return FAILING if finding["waiver"]["kind"] == ACCEPTED else DECIDED
    return {"fail": FAILING, "pass": DECIDED, "not_applicable": DECIDED}.get(finding["status"])


def findings(
    about: Mapping[str, Any],
    registers: Mapping[str, Mapping[str, Any]],
    shown: Shown,
    catalogue: Catalogue,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (customer, finding) for each kind of record that a run (its run.json) judges and each of its customers.

    registers: by customer.
    """
    kinds = [kind for kind in KINDS if kind in about["controls"]["judged"]]
    day = date.fromisoformat(about["date"])
    looser = {name: threshold.looser for name, threshold in catalogue.thresholds.items()}
    for customer in sorted({target["customer"] for target in about["targeted"]}):
        folders = tuple(about.get("evidence", {}).get(customer, ()))
        signing = about.get("signing", {}).get(customer, {})
        records = Records()
        if len(folders) == 1 and kinds:
            records = gather(Path(folders[0]), customer, "", KINDS, day, signers(signing.get("signers", ())))
        own = registers.get(customer, {})
        unnamed = _unnamed(kinds, own, shown.unnamed(customer), catalogue)
        policies = {target["policy"]: None for target in about["targeted"] if target["customer"] == customer}
        promised = shown.promised(customer, about["controls"]["judged"])
        for kind in kinds:
            case = RecordCase(
                kind, customer, records, own, own_hosts(about, customer),
                tuple(about["policies"][key] for key in policies), looser, day, promised,
                any(place["customer"] == customer for place in about.get("not_targeted", ())), unnamed,
                bool(signing.get("required")) and kind != MADE_BY_RUNS,
            )  # fmt: skip
            yield customer, _finding(case, folders, catalogue, about["began"])


def own_hosts(about: Mapping[str, Any], customer: str) -> tuple[str, ...]:
    """Return every host of a customer's inventory, targeted or not."""
    places = (*about["targeted"], *about.get("not_targeted", ()))
    return tuple(sorted({place["host"] for place in places if place["customer"] == customer}))


def _subject(kind: str, catalogue: Catalogue) -> Subject:
    record = catalogue.records[kind]
    return Subject(record.id, record.section, KINDS[kind].title, catalogue.severity_of(kind), record.recommendations)


def _unnamed(
    kinds: Iterable[str], registers: Mapping[str, Any], unnamed: dict[str, set[str]], catalogue: Catalogue
) -> dict[str, tuple[str, ...]]:
    """Return what nobody is named for, the records too, by section in the order of the advisory."""
    for kind in kinds:
        subject = _subject(kind, catalogue)
        who = named(subject, registers)
        if who is None or who.party == NOBODY:
            unnamed.setdefault(subject.section, set()).add(kind)
    order = [section.name for section in catalogue.sections]
    return {section: tuple(sorted(unnamed[section])) for section in sorted(unnamed, key=order.index)}


def _finding(case: RecordCase, folders: tuple[str, ...], catalogue: Catalogue, at: str) -> dict[str, Any]:
    subject = _subject(case.kind, catalogue)
    status, verdict, reason = _judged(case, folders)
    made = bare(subject, status, reason, at, case.customer)
    assign(made, named(subject, case.registers))
    if verdict:
        made.update(answered(verdict))
        # Each broken rule is told, whatever the status: what is overdue stands beside what is wrong.
        made["actual"] = listed([*(each.text for each in verdict.wrong), *verdict.aged])
    else:
        made["actual"] = listed(each.text for each in without_record(case))
    if case.signature and status != "not_attested":
        made["signature"] = case.signature.told()
        made["evidence"].append(clean(case.signature.line()))
    return made


def _judged(case: RecordCase, folders: tuple[str, ...]) -> tuple[str, Verdict | None, str]:
    """Return (status, verdict, reason): no record is `not_attested`, and one that can't be used `unknown`."""
    if not folders:
        return "not_attested", None, UNSET
    if len(folders) > 1:
        return "unknown", None, SEVERAL % " and ".join(folders)
    if case.kind in case.records.drafts:
        return "not_attested", None, case.records.problems[case.kind]
    if case.kind in case.records.problems:
        return "unknown", None, case.records.problems[case.kind]
    if case.kind not in case.records.found:
        return "not_attested", None, NO_RECORD % (case.kind, folders[0], case.kind)
    verdict = judge(case)
    return verdict.status, verdict, verdict.reason or "; ".join(verdict.unread)
