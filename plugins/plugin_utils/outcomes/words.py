# SPDX-License-Identifier: GPL-3.0-or-later
"""Outcomes in the words of ASD's assessors, and what many of them come to together.

The words are those of ASD's Essential Eight assessment process guide. Which of them a finding is, is ours:

- what passes is effective, what fails is not implemented: together they are ineffective.
- a waiver of kind alternate_control is an alternate control. A risk that was accepted is what it is without the waiver:
  a failure. A finding that somebody calls wrong decides nothing until an assessor has looked: no visibility.
- what is unknown, out of date or without a record is no visibility.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

EFFECTIVE = "effective"
ALTERNATE = "alternate control"
INEFFECTIVE = "ineffective"
NO_VISIBILITY = "no visibility"
NOT_IMPLEMENTED = "not implemented"
NOT_APPLICABLE = "not applicable"
NOT_ASSESSED = "not assessed"
OUTCOMES = (EFFECTIVE, ALTERNATE, INEFFECTIVE, NO_VISIBILITY, NOT_IMPLEMENTED, NOT_APPLICABLE, NOT_ASSESSED)
#: What counts towards a maturity level, and what says something of a host at all.
MET = frozenset({EFFECTIVE, ALTERNATE})
ANSWERED = frozenset({EFFECTIVE, ALTERNATE, INEFFECTIVE, NOT_IMPLEMENTED, NOT_APPLICABLE})
#: Without a failure, the first of these that is among them is what they come to.
ORDER = (NO_VISIBILITY, NOT_ASSESSED, ALTERNATE, EFFECTIVE, NOT_APPLICABLE)
#: How well something was seen, the best first.
EVIDENCE = ("proven", "effective", "configured", "attested")

STATUSES = {
    "pass": EFFECTIVE,
    "fail": NOT_IMPLEMENTED,
    "not_applicable": NOT_APPLICABLE,
    "unknown": NO_VISIBILITY,
    "stale": NO_VISIBILITY,
    "not_attested": NO_VISIBILITY,
}
WAIVERS = {"alternate_control": ALTERNATE, "risk_accepted": NOT_IMPLEMENTED, "false_positive": NO_VISIBILITY}


def of_finding(finding: Mapping[str, Any]) -> str:
    """Return the outcome of one finding; a waiver of a kind that there is not counts as none."""
    if finding["status"] == "waived":
        return WAIVERS.get(str((finding.get("waiver") or {}).get("kind")), NOT_IMPLEMENTED)
    return STATUSES[finding["status"]]


def together(outcomes: Iterable[str]) -> str:
    """Return what outcomes come to: never better than the weakest of them, and not assessed where there is none."""
    return _together(frozenset(outcomes))


@lru_cache(maxsize=256)
def _together(outcomes: frozenset[str]) -> str:
    if outcomes & {INEFFECTIVE, NOT_IMPLEMENTED}:
        return INEFFECTIVE if outcomes & {INEFFECTIVE, *MET} else NOT_IMPLEMENTED
    return next((each for each in ORDER if each in outcomes), NOT_ASSESSED)


def weakest_evidence(found: Iterable[str]) -> str | None:
    """Return the weakest evidence among what was found, None where there is none."""
    return max((each for each in found if each in EVIDENCE), key=EVIDENCE.index, default=None)
