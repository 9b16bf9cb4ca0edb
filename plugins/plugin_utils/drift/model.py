# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole report as data: `build` computes everything, so that pages and formats only tell.

`build(run, store, catalogue) -> ReportModel`:

- `about` is run.json; `problems` the result files that were left out (say them at the top); `evidence` the seal.
- `fleet` is a `View` of all customers, `customers` one `View` for each, sorted by name (`shapes.View`): coverage, sections
  and tactical actions, delta, trend, policy drift, actions, the customer's own findings, what was unreadable, host rows.
- `documents(customer=None)` streams the hosts one by one, in the order of `hosts`: `HostPage(row, document, history)`.
  `document` is the host's result as docs/schemas/host-result.json describes it, `history` maps a control to its
  `shapes.Change` where there is one (kind, since, days). Nothing else of a host's findings is kept in memory.

A customer's page is made of its own `View` and `documents(customer)` alone. Text of hosts in here is bounded and clean
of control characters (`text.clean`) but not escaped: each format escapes as it prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .shapes import Change, Evidence, HostRow, Problem, View


@dataclass(frozen=True)
class HostPage:
    """One host in full: its row, its result document, and what became of each of its findings, by control."""

    row: HostRow
    document: Mapping[str, Any]
    history: Mapping[str, Change]


@dataclass(frozen=True)
class ReportModel:
    """Everything a page or a format needs; renderers compute nothing."""

    about: Mapping[str, Any]
    problems: tuple[Problem, ...]
    evidence: Evidence
    fleet: View
    customers: tuple[View, ...]
    _pages: Callable[[str | None], Iterator[HostPage]]

    def documents(self, customer: str | None = None) -> Iterator[HostPage]:
        """Yield the hosts of a customer, or all, one by one."""
        return self._pages(customer)
