# SPDX-License-Identifier: GPL-3.0-or-later
"""Where each section of the advisory and each tactical action stands; technical and attested results apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..catalogue.catalogue import Catalogue, Control
from ..runs.finding import SEVERITIES
from .shapes import Standing

TACTICAL = "TA-"


class Tally:
    """Counts findings of one view, by section and tactical action, as they stream by."""

    def __init__(self) -> None:
        self.status: Counter[str] = Counter()
        self.failing: Counter[str] = Counter()
        self.by_party: Counter[str] = Counter()
        self.failing_hosts: set[tuple[str, str]] = set()
        self._parts: dict[str, dict[str, Counter[str]]] = {}

    def add(self, finding: Mapping[str, Any], customer: str, host: str) -> None:
        """Add a finding; `host` is "" for the customer's own, which count as attested."""
        counts = finding["status"] == "fail" and not finding.get("caused_by")
        if host:
            self.status[finding["status"]] += 1
            if counts:
                self.failing[finding["effective_severity"]] += 1
                self.failing_hosts.add((customer, host))
        if counts:
            self.by_party[finding["responsible"]] += 1
        for part in (finding["section"], *(name for name in finding["advisory"] if name.startswith(TACTICAL))):
            tallies = self._parts.setdefault(part, {key: Counter() for key in _COUNTED})
            if not host:
                tallies["attested"][finding["status"]] += 1
                continue
            tallies["status"][finding["status"]] += 1
            if finding["status"] == "pass":
                tallies["assurance"][finding["assurance"] or "configured"] += 1
            if counts:
                tallies["failing"][finding["effective_severity"]] += 1

    def standing(self, id_: str, number: int, heading: str, controls: int, planned: int) -> Standing:
        """Return where one part stands."""
        tallies = self._parts.get(id_, {key: Counter() for key in _COUNTED})
        return Standing(
            id_, number, heading, controls=controls, planned=planned,
            **{key: dict(sorted(tallies[key].items())) for key in _COUNTED},
        )  # fmt: skip


_COUNTED = ("status", "assurance", "failing", "attested")


def sections(tally: Tally, catalogue: Catalogue) -> tuple[Standing, ...]:
    """Return the twelve sections in the advisory's order."""
    made = []
    for section in catalogue.sections:
        judged = sum(control.judged for control in section.controls)
        planned = len(section.controls) - judged
        made.append(tally.standing(section.name, section.number, section.heading, judged, planned))
    return tuple(made)


def tactical(tally: Tally, catalogue: Catalogue) -> tuple[Standing, ...]:
    """Return the three tactical actions: views over controls that are at home elsewhere."""
    made = []
    for id_, recommendation in sorted(catalogue.recommendations.items()):
        if id_.startswith(TACTICAL):
            serving = [item for item in catalogue.serving(id_) if isinstance(item, Control)]
            judged = sum(item.judged for item in serving)
            made.append(tally.standing(id_, 0, recommendation.requirement, judged, len(serving) - judged))
    return tuple(made)


def sentence(tally: Tally, hosts: int, unread: int) -> str:
    """Return where a view stands, in one sentence of its technical results."""
    parts = [
        "%d %s" % (tally.failing[level], level) for level in reversed(SEVERITIES) if tally.failing[level]
    ]  # fmt: skip
    if parts:
        number = len(tally.failing_hosts)
        line = "%s failing on %d of %s" % (_and(parts), number, _hosts(hosts))
    else:
        line = "Nothing fails on %s" % _hosts(hosts)
    if tally.status["unknown"]:
        line += "; %d unknown" % tally.status["unknown"]
    if tally.status["waived"]:
        line += "; %d accepted for now" % tally.status["waived"]
    if unread:
        line += "; %s not read" % _hosts(unread)
    return line + "."


def _hosts(number: int) -> str:
    return "%d %s" % (number, "host" if number == 1 else "hosts")


def _and(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
