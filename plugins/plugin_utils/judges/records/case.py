# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rules of a record go by: the record, the customer's other records, its registers, hosts and policy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from ...declared.registers import Undeclared
from ...declared.signatures import BROKEN, Signed
from ...evaluators.facts import Unread
from ...evaluators.verdict import Item, item
from ...records.records import Records

Entry = Mapping[str, Any]
#: A comparison with half a register would find differences that there are not.
PARTIAL = "this run left out hosts of the customer, for which %s may hold more; run it for all of them"


class Seen(NamedTuple):
    """The customer's hosts on which a control fails, and those on which it was decided that it does not."""

    failing: tuple[str, ...] = ()
    decided: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordCase:
    """One record of a customer in a run.

    records: all of the customer's. registers: as they were merged from its hosts, by variable; one that no host has is
    missing. hosts: every host of the customer's inventory. policies: those in force for its hosts, as run.json has
    them. looser: which way each threshold weakens (catalogue.Threshold). promised: what hosts show of the controls by
    which promises are kept, each that can be judged at all; empty where nobody judged hosts. partial: the run left out
    hosts of the customer, so that what is declared for these alone is not among the registers. unnamed: by section the
    controls and records of the run for which bulwark_responsibilities names nobody. to_be_signed: nobody but the
    customer may vouch for the record.
    """

    kind: str
    customer: str
    records: Records
    registers: Mapping[str, Any]
    hosts: tuple[str, ...]
    policies: tuple[Mapping[str, Any], ...]
    looser: Mapping[str, str]
    today: date
    promised: Mapping[str, Seen] = field(default_factory=dict)
    partial: bool = False
    unnamed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    to_be_signed: bool = False

    @property
    def record(self) -> Entry:
        """Return the record that is judged."""
        return self.records.found[self.kind]

    @property
    def signature(self) -> Signed | None:
        """Return who signed the record, None where nobody looked."""
        return self.records.signatures.get(self.kind)

    def bound(self, variable: str) -> Any:
        """Return the strictest value of a threshold among the customer's hosts."""
        values = [policy[variable]["value"] for policy in self.policies]
        return max(values) if self.looser[variable] == "lower" else min(values)

    def other(self, kind: str) -> Entry:
        """Return another record of the customer's; raises Unread where there is none that could be gone by."""
        if kind in self.records.drafts:
            raise Unread("it is compared with %s, of which there is only a draft" % kind)
        if kind in self.records.problems:
            raise Unread("it is compared with %s, which can't be used" % kind)
        if kind not in self.records.found:
            raise Unread("it is compared with %s, and there is none" % kind)
        signature = self.records.signatures.get(kind)
        if signature is not None and signature.state in BROKEN:
            raise Unread("it is compared with %s (%s)" % (kind, signature.line()))
        return self.records.found[kind]

    def register(self, variable: str) -> list[Any]:
        """Return the entries of a register that are more than proposed.

        Raises Undeclared where nobody declared it, Unread where the run can't have all of it.
        """
        if self.partial:
            raise Unread(PARTIAL % variable)
        return self.entries(variable)

    def entries(self, variable: str) -> list[Any]:
        """Return those entries of a register that the run has, as register() does."""
        if variable not in self.registers:
            raise Undeclared("%s is not declared for any host of this run" % variable)
        return [each for each in self.registers[variable]
                if not (isinstance(each, Mapping) and each.get("status") == "proposed")]  # fmt: skip

    def inventory(self) -> tuple[str, ...]:
        """Return the customer's hosts; raises Unread where there are none to compare with."""
        if not self.hosts:
            raise Unread("the inventory has no host of this customer")
        return self.hosts

    def age(self, day: str) -> int:
        """Return how many days ago a day was, 0 for one to come."""
        return max(0, (self.today - date.fromisoformat(day)).days)

    def old(self, what: str, day: str, variable: str) -> Iterator[Item]:
        """Yield that something is older than a threshold in days."""
        days = self.bound(variable)
        if self.age(day) > days:
            yield item(what, "%s is of %s, %d days old, more than %d" % (what, day, self.age(day), days))


def register_digest(entries: Any) -> str:
    """Return the SHA-256 of a register as JSON with sorted keys, entries and no white space.

    Entries are sorted, so that the order of hosts in an inventory changes nothing.
    """
    lines = sorted(json.dumps(each, sort_keys=True, separators=(",", ":")) for each in entries)
    return hashlib.sha256(("[" + ",".join(lines) + "]").encode()).hexdigest()
