# SPDX-License-Identifier: GPL-3.0-or-later
"""From where PAM lets an account in over SSH: one address of each part of the world that rules tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..declared.registers import Account
from .pam_access import admits, edges, rules_of
from .pam_account import gets_through, lines_of
from .pam_stack import Node
from .reach import STRANGERS, within
from .verdict import Case

SERVICE = "sshd"
MODULE = "pam_access"


class Beyond(NamedTuple):
    """Addresses outside those allowed from which an account gets in, and those of which that can't be told."""

    surely: Sequence[str]
    perhaps: Sequence[str]


def allowed(case: Case, account: Account) -> Sequence[str]:
    """Return the networks an account may come from: its own, else those of all administration; none if undeclared."""
    return account.sources or case.registers.admin_cidrs or ()


def beyond(case: Case, user: Mapping[str, Any], networks: Iterable[str]) -> Beyond:
    """Return from where else than `networks` sshd's account stack lets an account in; raises Unread.

    Without any networks only strangers on the internet are asked about.
    """
    networks = tuple(networks)
    rules = [
        rule
        for line in lines_of(case.facts, SERVICE, MODULE)
        for rule in rules_of(case.facts, line.entry["args"]) or ()
    ]
    places = [one for family in STRANGERS.values() for one in family]
    if networks:
        places += edges(rules, networks)
    answers: dict[str, bool | None] = {}
    for place in dict.fromkeys(places):
        if within(place, networks):
            continue

        def agrees(node: Node, place: str = place) -> bool | None:
            return admits(case.facts, node.entry["args"], user, place)

        answers[place] = gets_through(case.facts, user, SERVICE, MODULE, agrees)
    return Beyond(
        [place for place, answer in answers.items() if answer],
        [place for place, answer in answers.items() if answer is None],
    )
