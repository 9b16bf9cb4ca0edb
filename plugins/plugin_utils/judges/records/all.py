# SPDX-License-Identifier: GPL-3.0-or-later
"""Every rule by the kind of its record, and the judgement of one record."""

from __future__ import annotations

from ...evaluators.verdict import Assurance, Item, Verdict
from ...records.kinds.all import KINDS
from . import (
    authentication,
    backups,
    incident_response,
    initial_access,
    least_privilege,
    logging,
    mfa,
    obsolete_accounts,
    patching,
    segregation,
    supply_chain,
    transparency,
)
from .case import RecordCase
from .rules import APPROVED, REVIEWED, SIGNATURE, Rule, judged_by, told

SECTIONS = (
    initial_access,
    logging,
    mfa,
    segregation,
    least_privilege,
    obsolete_accounts,
    patching,
    backups,
    incident_response,
    supply_chain,
    transparency,
    authentication,
)
#: A run writes it, so that nobody approves each version.
MADE_BY_RUNS = "ev-restore-test"
_OWN: dict[str, list[Rule]] = {kind: rules for section in SECTIONS for kind, rules in section.RULES.items()}
#: Every rule of each kind, those that all share first.
RULES: dict[str, tuple[Rule, ...]] = {
    kind: (*(() if kind == MADE_BY_RUNS else (APPROVED,)), SIGNATURE, REVIEWED, *_OWN[kind]) for kind in KINDS
}


def judge(case: RecordCase) -> Verdict:
    """Return what a record comes to; proven only where runs made all that it says."""
    return judged_by(case.kind, RULES[case.kind], case, _assurance(case))


def without_record(case: RecordCase) -> list[Item]:
    """Return what is wrong whether there is a record or not."""
    return [told(rule, each) for rule in RULES[case.kind] if rule.alone for each in rule.check(case)]


def _assurance(case: RecordCase) -> Assurance:
    if case.kind != MADE_BY_RUNS:
        return "attested"
    tests = case.record["tests"]
    return (
        "proven"
        if tests and all(each.get("run") and each.get("assurance") == "proven" for each in tests)
        else "attested"
    )
