# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fleet judge is given and what it answers.

A fleet judge is a pure function `judge(case: FleetCase) -> FleetVerdict`, asked once for each customer. What it finds
is told twice: the customer reads of its own hosts and accounts only, the provider of every side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from ..evaluators.verdict import Assurance, Item, Verdict
from .compared import AllLinks


@dataclass(frozen=True)
class FleetCase:
    """One customer in a run. inventory: all hosts of the customer, targeted or not. policies: those in force for it.

    links: of every host of the run and the inventory, of all customers.
    """

    customer: str
    inventory: tuple[str, ...]
    registers: Mapping[str, Any]
    policies: tuple[Mapping[str, Any], ...]
    today: date
    links: AllLinks

    def strictest(self, variable: str) -> Any:
        """Return the smallest value of a threshold among the customer's hosts."""
        return min(policy[variable]["value"] for policy in self.policies)


class Crossing(NamedTuple):
    """One thing that is wrong. text: for the customer, told: for the provider; hosts and customers: of every side."""

    identity: str
    text: str
    told: str
    hosts: tuple[str, ...]
    customers: tuple[str, ...]


@dataclass(frozen=True)
class FleetVerdict(Verdict):
    """A Verdict as the customer may read it, and what the provider reads of the same items."""

    crossings: tuple[Crossing, ...] = ()


FleetJudge = Callable[[FleetCase], FleetVerdict]


def fleet_verdict(
    expected: str,
    wrong: Iterable[Crossing],
    unread: Iterable[str],
    evidence: Iterable[str],
    assurance: Assurance,
    aged: Iterable[str] = (),
) -> FleetVerdict:
    """Return a FleetVerdict, doubles removed, order kept."""
    crossings = tuple(dict.fromkeys(wrong))
    return FleetVerdict(
        expected=expected,
        wrong=tuple(Item(each.identity, each.text) for each in crossings),
        unread=tuple(dict.fromkeys(unread)),
        evidence=tuple(dict.fromkeys(evidence)),
        assurance=assurance,
        aged=tuple(dict.fromkeys(aged)),
        crossings=crossings,
    )
