# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do first: open findings by control and responsible party, with what ends because of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..catalogue.catalogue import Catalogue
from ..runs.finding import SEVERITIES
from .delta import NEWLY_FAILING
from .shapes import Action, Change

PAGES = "docs/controls/%s.md"


@dataclass
class _Group:
    title: str
    section: str
    severity: int = 0
    hosts: list[tuple[str, str]] = field(default_factory=list)
    exposed: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    oldest: int | None = None
    new: int = 0


class Causes:
    """Groups the failing findings of one view as hosts stream by."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], _Group] = {}

    def add(
        self, customer: str, host: str, findings: list[Mapping[str, Any]], changes: Mapping[str, Change]
    ) -> None:  # fmt: skip
        """Add a host (or "" for the customer's own findings) with what became of its findings."""
        failing = {finding["control"]: finding for finding in findings if finding["status"] == "fail"}
        for control, finding in failing.items():
            if finding.get("caused_by"):
                cause = failing.get(finding["caused_by"])
                if cause and not cause.get("caused_by"):
                    self._group(cause).ends[control] += 1
                continue
            group = self._group(finding)
            group.hosts.append((customer, host))
            group.severity = max(group.severity, SEVERITIES.index(finding["effective_severity"]))
            group.exposed += SEVERITIES.index(finding["effective_severity"]) > SEVERITIES.index(finding["severity"])
            change = changes.get(control)
            if change:
                group.new += change.kind in NEWLY_FAILING
                if change.days is not None:
                    group.oldest = max(group.oldest or 0, change.days)

    def _group(self, finding: Mapping[str, Any]) -> _Group:
        key = (finding["control"], finding["responsible"])
        return self._groups.setdefault(key, _Group(finding["title"], finding["section"]))

    def actions(self, catalogue: Catalogue) -> tuple[Action, ...]:
        """Return what to do, first what matters most: severity, exposure, what else it ends, how many hosts."""
        made = []
        for (id_, responsible), group in self._groups.items():
            control = catalogue.controls.get(id_)
            made.append(
                Action(
                    control=id_,
                    title=group.title,
                    section=group.section,
                    severity=SEVERITIES[group.severity],
                    responsible=responsible,
                    hosts=tuple(sorted(group.hosts)),
                    exposed=group.exposed,
                    gates_remote_access=control.gates_remote_access if control else False,
                    why=control.why if control else "",
                    mends=control.enforcement if control else "",
                    enforce=control.enforce if control else "never",
                    risk=control.risk if control else "none",
                    page=PAGES % id_,
                    ends=dict(sorted(group.ends.items())),
                    oldest_days=group.oldest,
                    new=group.new,
                )
            )
        return tuple(sorted(made, key=_order))


def _order(action: Action) -> tuple[Any, ...]:
    return (
        -SEVERITIES.index(action.severity),
        -action.exposed,
        not action.gates_remote_access,
        -sum(action.ends.values()),
        -len(action.hosts),
        action.control,
        action.responsible,
    )
