# SPDX-License-Identifier: GPL-3.0-or-later
"""Collects one view of the report while a run's results stream by; nothing of a host stays but its row and changes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..outcomes.tally import Tally as OutcomeTally
from ..runs.closing import totals
from .causes import Causes
from .delta import NEWLY_FAILING
from .enforced import Enforcing
from .shapes import Change, HostRow, Unreadable
from .standing import Tally

Place = tuple[str, str]


@dataclass
class Gathering:
    """One view in the making. judged: by customer and host the controls that were judged."""

    tally: Tally = field(default_factory=Tally)
    outcomes: OutcomeTally = field(default_factory=OutcomeTally)
    causes: Causes = field(default_factory=Causes)
    changes: list[Change] = field(default_factory=list)
    rows: list[HostRow] = field(default_factory=list)
    read: set[Place] = field(default_factory=set)
    reasons: dict[Place, str] = field(default_factory=dict)
    without_root: list[str] = field(default_factory=list)
    judged: dict[Place, frozenset[str]] = field(default_factory=dict)
    findings: list[Mapping[str, Any]] = field(default_factory=list)
    enforcing: Enforcing = field(default_factory=Enforcing)
    _errors: defaultdict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def add_host(
        self, document: Mapping[str, Any], row: HostRow, controls: frozenset[str], changes: Mapping[str, Change]
    ) -> None:
        """Add a host's checked result and what became of its findings."""
        place = (row.customer, row.host)
        self.rows.append(row)
        self.judged[place] = controls
        if row.read:
            self.read.add(place)
            for error in document["errors"]:
                if error["area"] is not None:
                    self._errors[(error["area"], error["reason"])].append(row.host)
        if row.problem and row.read:
            self.without_root.append(row.host)
        elif row.problem:
            self.reasons[place] = row.problem
        self._add(*place, document["findings"], changes)

    def add_own(self, customer: str, findings: list[Mapping[str, Any]], changes: Mapping[str, Change]) -> None:
        """Add a customer's own findings, as this view tells them."""
        self.findings += findings
        self._add(customer, "", findings, changes)

    def _add(
        self, customer: str, host: str, findings: list[Mapping[str, Any]], changes: Mapping[str, Change]
    ) -> None:  # fmt: skip
        for finding in findings:
            self.tally.add(finding, customer, host)
        self.causes.add(customer, host, findings, changes)
        self.changes.extend(changes.values())

    def unreadable(self) -> tuple[Unreadable, ...]:
        """Return what could not be read on hosts that were, what most hosts share first."""
        made = [Unreadable(*key, tuple(sorted(set(hosts)))) for key, hosts in self._errors.items()]
        return tuple(sorted(made, key=lambda each: (-len(each.hosts), each.area, each.reason)))


def row(document: Mapping[str, Any], changes: Mapping[str, Change]) -> HostRow:
    """Return the line of a host."""
    host = totals(document)
    kinds = Counter(change.kind for change in changes.values() if not change.caused_by)
    return HostRow(
        customer=host.customer,
        host=host.host,
        system=host.platform,
        read=host.read,
        problem=host.problem,
        identity=document["identity"]["account"],
        collected_at=document["collected_at"],
        status=dict(sorted(host.status.items())),
        failing=dict(sorted(host.failing.items())),
        new=sum(kinds[kind] for kind in NEWLY_FAILING),
    )
