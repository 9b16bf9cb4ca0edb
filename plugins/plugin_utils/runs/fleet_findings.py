# SPDX-License-Identifier: GPL-3.0-or-later
"""From a fleet judge's verdict to findings: one as the customer reads it, one as the provider does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from ..catalogue.catalogue import Catalogue, Control
from ..declared import waivers
from ..fleet.all import FLEET_JUDGES
from ..fleet.case import FleetCase, FleetJudge
from ..fleet.compared import NOT_HERE, NOT_READ, AllLinks, HostLinks
from .finding import Answering, Judged, answered, answering, assign, bare, judged, listed, waive

Checked = Callable[[waivers.Waiver, Mapping[str, Any], str], waivers.Waiver]


class Made(NamedTuple):
    """A customer's finding, for its own document, and the same for fleet.json, with hosts and customers."""

    customer: str
    own: dict[str, Any]
    fleet: dict[str, Any]


def findings(
    about: Mapping[str, Any],
    registers: Mapping[str, Mapping[str, Any]],
    read: Iterable[HostLinks],
    catalogue: Catalogue,
    signed: Checked = lambda waiver, _entry, _customer: waiver,
) -> Iterator[Made]:
    """Yield the findings of each customer of a run (its run.json) by each fleet judge that was chosen for it.

    registers: by customer. signed: puts into a waiver of a customer's who signed
    its entry. read: the hosts with a result.
    """
    links = AllLinks(_every_host(about, read))
    targeted = about["targeted"]
    for customer in sorted({target["customer"] for target in targeted}):
        case = FleetCase(
            customer,
            tuple(sorted(place["host"] for place in (*targeted, *about.get("not_targeted", ()))
                         if place["customer"] == customer)),
            registers.get(customer, {}),
            tuple(about["policies"].get(target["policy"], {}) for target in targeted
                  if target["customer"] == customer),
            date.fromisoformat(about["date"]),
            links,
        )  # fmt: skip
        for id_, judge in FLEET_JUDGES.items():
            if id_ in about["controls"]["judged"]:
                yield _made(catalogue.control(id_), catalogue, judge, case, about["began"], signed)


def _every_host(about: Mapping[str, Any], read: Iterable[HostLinks]) -> Iterator[HostLinks]:
    """Yield every host that has or could have links, by name: what nobody looked at may share anything."""
    others = {(target["customer"], target["host"]) for target in about["targeted"] if target["other_platform"]}
    known = {(host.customer, host.host): host for host in read}
    for place in about["targeted"]:
        key = (place["customer"], place["host"])
        known.setdefault(key, HostLinks(*key, None, problem=NOT_READ))
    for place in about.get("not_targeted", ()):
        key = (place["customer"], place["host"])
        known.setdefault(key, HostLinks(*key, None, problem=NOT_HERE))
    yield from (host for key, host in sorted(known.items()) if key not in others)


def _made(
    control: Control, catalogue: Catalogue, judge: FleetJudge, case: FleetCase, at: str, signed: Checked
) -> Made:  # fmt: skip
    status, verdict, reason = judged(judge, case)
    own = bare(control, status, reason, at, case.customer)
    assign(own, named(control, case.registers))
    crossings = verdict.crossings if verdict else ()
    if verdict:
        own.update(answered(verdict))
    entries = case.registers.get("bulwark_waivers") or ()
    # A waiver that names hosts is for what is found on these, and this was found beside them.
    known = (signed(waivers.waiver(entry, catalogue, case.today), entry, case.customer) for entry in entries)
    waive(own, known, case.today, lambda _: False)
    fleet = {
        **own,
        "actual": listed(crossing.told for crossing in crossings),
        "hosts": sorted({host for crossing in crossings for host in crossing.hosts}),
        "customers": [
            case.customer,
            *sorted({name for crossing in crossings for name in crossing.customers} - {case.customer}),
        ],
    }
    return Made(case.customer, own, fleet)


def named(control: Judged, registers: Mapping[str, Any]) -> Answering | None:
    """Return who is named for the control; groups of one customer may name different parties, then nobody is."""
    entries = registers.get("bulwark_responsibilities") or ()
    found = {answering(entry, control, control.section) for entry in entries} - {None}
    parties = {each.party for each in found if each}
    references = {each.reference for each in found if each}
    if len(parties) != 1:
        return None
    return Answering(parties.pop(), references.pop() if len(references) == 1 else None)
