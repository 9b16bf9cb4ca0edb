# SPDX-License-Identifier: GPL-3.0-or-later
"""A customer all of whose records are in order, for tests to break in one place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.signatures import Signed
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Verdict
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.records.all import judge
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.records.case import RecordCase, Seen
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.records.promises import PROMISED
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.records.transparency import in_force_digest
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.example import example
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.kinds.all import KINDS
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.records import Records

KNOWN = catalogue.load()
TODAY = date(2026, 11, 23)
CUSTOMER = "acme"
APPROVAL = "ev-register-approval"
REGISTERS: dict[str, list[Any]] = {
    "bulwark_accounts": [
        {"name": "alice", "kind": "person", "party": "customer", "person": "Alice Example", "admin": True},
        {"name": "deploy", "kind": "automation", "party": "msp:northwind", "admin": True},
    ],
    "bulwark_contracts": [
        {"id": "C-2026-17", "party": "msp:northwind", "start": "2026-01-01", "end": "2027-12-31"},
    ],
    "bulwark_zones": [
        {"name": "office", "cidrs": ["198.51.100.0/24"]},
        {"name": "transit", "cidrs": ["203.0.113.0/28"]},
    ],
    "bulwark_listeners": [{"proto": "tcp", "port": 443}, {"proto": "tcp", "port": 22}],
    "bulwark_leavers": [{"person": "Sam Example", "left": "2026-08-31"}],
    "bulwark_host_functions": ["web", "database"],
}


class World:
    """Everything that a judge of records is given. Each change is made in place."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {kind: example(kind) for kind in KINDS}
        self.registers = copy.deepcopy(REGISTERS)
        self.hosts: tuple[str, ...] = ("acme-web", "acme-db")
        self.policy = {
            name: {"value": value, "origin": KNOWN.thresholds[name].origin}
            for name, value in KNOWN.defaults("baseline").items()
            if name in KNOWN.thresholds
        }
        self.policy["bulwark_customer_clock_hours"]["value"] = 72
        self.problems: dict[str, str] = {}
        self.promised = dict.fromkeys(PROMISED, Seen(decided=self.hosts))
        self.unnamed: dict[str, tuple[str, ...]] = {}
        self.signatures: dict[str, Signed] = {}
        self.today = TODAY
        case = self.case(APPROVAL)
        for each in self.records[APPROVAL]["approvals"]:
            each["digest"] = in_force_digest(case, each["what"])

    def case(self, kind: str) -> RecordCase:
        """Return what the judge of a kind is given."""
        looser = {name: threshold.looser for name, threshold in KNOWN.thresholds.items()}
        records = Records("", self.records, self.problems, signatures=self.signatures)
        return RecordCase(
            kind,
            CUSTOMER,
            records,
            self.registers,
            self.hosts,
            (self.policy,),
            looser,
            self.today,
            self.promised,
            unnamed=self.unnamed,
        )

    def judged(self, kind: str) -> Verdict:
        """Return what a record comes to."""
        return judge(self.case(kind))


#: Changes a world for a test of one kind.
Change = Callable[[World, str], None]


def put(path: str, value: Any, kind: str = "") -> Change:
    """Return a change of a field, such as clauses.0.present, of the record that is tested or of another kind."""

    def change(world: World, tested: str) -> None:
        *way, last = path.split(".")
        place: Any = world.records[kind or tested]
        for step in way:
            place = place[int(step) if step.isdigit() else step]
        if value is None:
            del place[int(last) if last.isdigit() else last]
        else:
            place[int(last) if last.isdigit() else last] = value

    return change


def again(path: str, **changed: Any) -> Change:
    """Return a change by which what stands at such a path of a list, scopes.1, stands before itself, otherwise."""

    def change(world: World, tested: str) -> None:
        *way, last = path.split(".")
        place: Any = world.records[tested]
        for step in way:
            place = place[int(step) if step.isdigit() else step]
        place.insert(int(last), {**place[int(last)], **changed})

    return change


def register(name: str, *entries: Any) -> Change:
    """Return a change of a register."""

    def change(world: World, tested: str) -> None:
        world.registers[name] = list(entries)

    return change
