# SPDX-License-Identifier: GPL-3.0-or-later
"""What a contract's schedule says of one customer: the measures that were judged, and the thresholds in force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..catalogue.catalogue import Catalogue, Control, Threshold
from ..runs.finding import NOBODY, Answering
from ..runs.fleet_findings import named
from .shapes import Bound, Measure, ScheduledSection


def schedule(
    about: Mapping[str, Any],
    registers: Mapping[str, Any],
    judged: Iterable[frozenset[str]],
    own: Sequence[Mapping[str, Any]],
    catalogue: Catalogue,
    customer: str,
) -> tuple[ScheduledSection, ...]:
    """Return the sections of which anything was judged.

    registers: the customer's. judged: the controls judged on each of its hosts. own: its own findings.
    """
    hosts = Counter(control for controls in judged for control in controls)
    policies = [about["policies"].get(target["policy"], {}) for target in about["targeted"]
                if target["customer"] == customer]  # fmt: skip
    made = []
    for section in catalogue.sections:
        measures = [
            _measure(control, hosts[control.id], registers) for control in section.controls if hosts[control.id]
        ]
        measures += [_own_measure(finding) for finding in own if finding["section"] == section.name]
        bounds = tuple(
            _bound(threshold, Counter(values), policies, str(catalogue.options[threshold.variable]["description"]))
            for threshold in section.thresholds
            if threshold.looser != "none" and (values := _numbers(threshold.variable, policies))
        )
        if measures:
            made.append(ScheduledSection(section.heading, tuple(measures), bounds))
    return tuple(made)


def _measure(control: Control, hosts: int, registers: Mapping[str, Any]) -> Measure:
    who = named(control, registers) or Answering(NOBODY)
    return Measure(control.id, control.title, hosts, who.party, who.reference)


def _own_measure(finding: Mapping[str, Any]) -> Measure:
    reference = finding.get("contract_reference")
    return Measure(finding["control"], finding["title"], 0, finding["responsible"], reference)


def _numbers(variable: str, policies: Iterable[Mapping[str, Any]]) -> list[int]:
    """Return the values of a threshold, one a host; what is no whole number is left out."""
    values = [policy[variable]["value"] for policy in policies if variable in policy]
    return [value for value in values if isinstance(value, int) and not isinstance(value, bool)]


def _bound(
    threshold: Threshold, values: Counter[int], policies: Iterable[Mapping[str, Any]], text: str
) -> Bound:  # fmt: skip
    weakest = max(values) if threshold.looser == "higher" else min(values)
    return Bound(
        threshold.variable, text, tuple(sorted(values.items())), weakest, threshold.default, threshold.origin
    )  # fmt: skip
