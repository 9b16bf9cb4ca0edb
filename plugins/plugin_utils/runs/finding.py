# SPDX-License-Identifier: GPL-3.0-or-later
"""From a judge's verdict to a finding: severity on this host, waiver, who is responsible, stable fingerprints."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, Protocol, TypeVar

from ..catalogue.catalogue import Catalogue, Control
from ..declared import waivers
from ..declared.declared import Declaration
from ..declared.registers import Registers, Undeclared
from ..evaluators.facts import Unread
from ..evaluators.verdict import Case, Judge, NotApplicable, Verdict
from ..text import clean
from .memory import Memory, bounded

SEVERITIES = ("low", "medium", "high", "critical")
STATUSES = ("pass", "fail", "unknown", "not_applicable", "waived", "not_attested", "stale")
EXPOSED = frozenset({"internet_facing", "backup", "collector"})
NOBODY = "nobody"
MAX_ITEMS = 200
#: What a judge is given and answers: a host's Case and Verdict, or those of a fleet judge.
AnyCase = TypeVar("AnyCase")
AnyVerdict = TypeVar("AnyVerdict", bound=Verdict)


class Judged(Protocol):
    """What a finding is about: a control, or a record under its kind's title and the severity of what it serves."""

    @property
    def id(self) -> str: ...
    @property
    def section(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def recommendations(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Subject:
    """The host that is judged: its name, what is declared for it, and which host patterns cover it."""

    host: str
    declaration: Declaration
    covers: Callable[[str], bool]

    @property
    def customer(self) -> str:
        """Return the id of the customer the host belongs to."""
        return self.declaration.registers.customer


def digest(*parts: str) -> str:
    """Return the sha256 of the parts, each ended so that no two lists of parts share a digest."""
    return hashlib.sha256("".join("%d:%s," % (len(part), part) for part in parts).encode()).hexdigest()


def effective_severity(base: str, control: Control, registers: Registers) -> str:
    """Return the severity on this host: one up where it faces the internet and the control gates remote access,
    one down only where functions and tier are declared and name nothing exposed."""
    level = SEVERITIES.index(base)
    if registers.has_function("internet_facing") and control.gates_remote_access:
        level += 1
    elif registers.functions is not None and registers.tier in (1, 2) and not registers.functions & EXPOSED:
        level -= 1
    return SEVERITIES[max(0, min(level, len(SEVERITIES) - 1))]


class Answering(NamedTuple):
    """Who has to put a finding right, and the clause of the contract that says so."""

    party: str
    reference: str | None = None


def answering(named: Mapping[str, Any], control: Judged, section: str) -> Answering | None:
    """Return whom an entry of bulwark_responsibilities names for the control, its section or by default."""
    choice = (
        (named.get("controls") or {}).get(control.id)
        or (named.get("sections") or {}).get(section)
        or named.get("default")
    )
    if not choice:
        return None
    if not isinstance(choice, Mapping):
        return Answering(str(choice))
    reference = choice.get("contract_reference")
    return Answering(str(choice.get("party")), str(reference) if reference else None)


def assign(made: dict[str, Any], who: Answering | None) -> None:
    """Have a finding say who has to put it right: `nobody` where none is named."""
    made["responsible"] = who.party if who else NOBODY
    if who and who.reference:
        made["contract_reference"] = clean(who.reference)


def judged(judge: Callable[[AnyCase], AnyVerdict], case: AnyCase) -> tuple[str, AnyVerdict | None, str]:
    """Return (status, verdict, reason) of one judge on one case; a judge that breaks is `unknown` and says so."""
    try:
        verdict = judge(case)
    except NotApplicable as reason:
        return "not_applicable", None, str(reason)
    except (Unread, Undeclared) as reason:
        return "unknown", None, str(reason)
    except Exception as error:
        return "unknown", None, "the judge failed: %s: %s" % (type(error).__name__, error)
    return verdict.status, verdict, verdict.reason


def finding(
    control: Control, catalogue: Catalogue, judge: Judge, case: Case, subject: Subject, observed_at: str
) -> dict[str, Any]:
    """Return the finding of one control on one host, as docs/schemas/host-result.json describes it."""
    declaration = subject.declaration
    status, verdict, reason = judged(judge, case)
    made = blank(control, catalogue, subject, status, reason, observed_at, case.context.earlier)
    if verdict:
        remember(made, verdict.remember)
        made.update(answered(verdict))
        made["severity"] = verdict.severity or control.severity
        made["effective_severity"] = effective_severity(made["severity"], control, declaration.registers)
        if verdict.wrong and verdict.cause:
            made["caused_by"] = verdict.cause
    waive(made, declaration.waivers, case.today, subject.covers)
    return made


def blank(
    control: Control, catalogue: Catalogue, subject: Subject, status: str, reason: str, observed_at: str,
    earlier: Memory | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return a finding that carries no verdict: what stands for every control of a host that could not be read.

    What was remembered is kept, so that a night without an answer makes no update look new.
    """
    registers = subject.declaration.registers
    made = bare(control, status, reason, observed_at, subject.customer, subject.host)
    made["effective_severity"] = effective_severity(control.severity, control, registers)
    assign(made, answering(registers.responsibilities or {}, control, catalogue.section_of(control.id)))
    remember(made, (earlier or {}).get(control.id, {}))
    return made


def remember(made: dict[str, Any], what: Mapping[str, str]) -> None:
    """Have a finding carry what the next run is to know."""
    made.pop("remembered", None)
    if what:
        made["remembered"] = bounded(what)


def bare(control: Judged, status: str, reason: str, observed_at: str, customer: str, host: str = "") -> dict[str, Any]:
    """Return a finding without a verdict, its severity that of the catalogue, for which nobody is named yet.

    host: "" where it is the customer's own.
    """
    return {
        "control": control.id,
        "section": control.section,
        "title": control.title,
        "severity": control.severity,
        "effective_severity": control.severity,
        "status": status,
        "advisory": list(control.recommendations),
        "responsible": NOBODY,
        "assurance": None,
        "observed_at": observed_at,
        "fingerprint": digest(customer, host, control.id),
        "found": digest(),
        "expected": control.title,
        "actual": [],
        "reason": clean(reason),
        "evidence": [],
    }


def answered(verdict: Verdict) -> dict[str, Any]:
    """Return what a finding says of its judge's answer."""
    return {
        "assurance": verdict.assurance,
        "found": digest(*sorted(item.identity for item in verdict.wrong)),
        "expected": clean(verdict.expected),
        "actual": listed(item.text for item in verdict.wrong),
        "evidence": [clean(line) for line in verdict.evidence[:MAX_ITEMS]],
    }


def listed(texts: Iterable[str]) -> list[str]:
    """Return the texts made harmless, as many as somebody reads, and how many more there are."""
    given = list(texts)
    more = ["and %d more" % (len(given) - MAX_ITEMS)] if len(given) > MAX_ITEMS else []
    return [*map(clean, given[:MAX_ITEMS]), *more]


def waive(made: dict[str, Any], known: Iterable[waivers.Waiver], today: date, covers: Callable[[str], bool]) -> None:
    """Apply the waivers to a finding that fails; covers: whether a host pattern covers what it is about."""
    if made["status"] != "fail":
        return
    outcome = waivers.apply(tuple(known), made["control"], made["found"], today, covers)
    if outcome.waiver:
        made["status"] = "waived"
        made["waiver"] = outcome.waiver.shown(today)
    made["reason"] = clean(outcome.remark)
