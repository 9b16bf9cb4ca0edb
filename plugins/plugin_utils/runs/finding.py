# SPDX-License-Identifier: GPL-3.0-or-later
"""From a judge's verdict to a finding: severity on this host, waiver, who is responsible, stable fingerprints."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from ..catalogue.catalogue import Catalogue, Control
from ..declared import waivers
from ..declared.declared import Declaration
from ..declared.registers import Registers, Undeclared
from ..evaluators.facts import Facts, Unread
from ..evaluators.verdict import Case, Judge, NotApplicable, Verdict
from ..text import clean

SEVERITIES = ("low", "medium", "high", "critical")
STATUSES = ("pass", "fail", "unknown", "not_applicable", "waived", "not_attested", "stale")
EXPOSED = frozenset({"internet_facing", "backup", "collector"})
NOBODY = "nobody"
MAX_ITEMS = 200
#: What a judge is given: a host's Case, or what a fleet judge compares.
AnyCase = TypeVar("AnyCase")


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


def responsible(control: Control, section: str, registers: Registers) -> str:
    """Return the party named for the control, its section or by default, `nobody` where none is."""
    named = registers.responsibilities or {}
    choice = (
        (named.get("controls") or {}).get(control.id)
        or (named.get("sections") or {}).get(section)
        or named.get("default")
    )
    return str(choice.get("party") if isinstance(choice, Mapping) else choice) if choice else NOBODY


def judged(judge: Callable[[AnyCase], Verdict], case: AnyCase) -> tuple[str, Verdict | None, str]:
    """Return (status, verdict, reason) of one judge on one case; a judge that breaks is `unknown` and says so."""
    try:
        verdict = judge(case)
    except NotApplicable as reason:
        return "not_applicable", None, str(reason)
    except (Unread, Undeclared) as reason:
        return "unknown", None, str(reason)
    except Exception as error:
        return "unknown", None, "the judge failed: %s: %s" % (type(error).__name__, error)
    return verdict.status, verdict, "; ".join(verdict.unread) if verdict.status == "unknown" else ""


def finding(
    control: Control, catalogue: Catalogue, judge: Judge, facts: Facts, subject: Subject, today: date, observed_at: str
) -> dict[str, Any]:
    """Return the finding of one control on one host, as docs/schemas/host-result.json describes it."""
    declaration = subject.declaration
    case = Case(facts, declaration.policy, declaration.registers, today)
    status, verdict, reason = judged(judge, case)
    items = verdict.wrong if verdict else ()
    found = digest(*sorted(item.identity for item in items))
    made = blank(control, catalogue, subject, status, reason, observed_at)
    made.update(
        severity=(verdict and verdict.severity) or control.severity,
        assurance=verdict.assurance if verdict else None,
        found=found,
        expected=clean(verdict.expected if verdict else control.title),
        actual=[clean(item.text) for item in items[:MAX_ITEMS]],
        evidence=[clean(line) for line in (verdict.evidence if verdict else ())[:MAX_ITEMS]],
    )
    if len(items) > MAX_ITEMS:
        made["actual"].append("and %d more" % (len(items) - MAX_ITEMS))
    made["effective_severity"] = effective_severity(made["severity"], control, declaration.registers)
    if status == "fail":
        if verdict and verdict.cause:
            made["caused_by"] = verdict.cause
        _waive(made, declaration, control, found, today, subject)
    return made


def blank(
    control: Control, catalogue: Catalogue, subject: Subject, status: str, reason: str, observed_at: str
) -> dict[str, Any]:
    """Return a finding that carries no verdict: what stands for every control of a host that could not be read."""
    registers = subject.declaration.registers
    section = catalogue.section_of(control.id)
    return {
        "control": control.id,
        "section": section,
        "title": control.title,
        "severity": control.severity,
        "effective_severity": effective_severity(control.severity, control, registers),
        "status": status,
        "advisory": list(control.recommendations),
        "responsible": responsible(control, section, registers),
        "assurance": None,
        "observed_at": observed_at,
        "fingerprint": digest(subject.customer, subject.host, control.id),
        "found": digest(),
        "expected": control.title,
        "actual": [],
        "reason": clean(reason),
        "evidence": [],
    }


def _waive(
    made: dict[str, Any], declaration: Declaration, control: Control, found: str, today: date, subject: Subject
) -> None:
    outcome = waivers.apply(declaration.waivers, control.id, found, today, subject.covers)
    if outcome.waiver:
        made["status"] = "waived"
        made["waiver"] = outcome.waiver.shown(today)
    made["reason"] = clean(outcome.remark)
