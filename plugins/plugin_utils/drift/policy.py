# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy drift: every loosening between two runs, from the policies of run.json and the customers' registers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from ..catalogue.catalogue import Catalogue
from ..declared.moments import as_date
from ..fleet.all import FLEET_JUDGES
from ..text import clean
from .bound import Bound
from .history import History
from .looseness import weaker
from .shapes import FINDING_CHANGED, REMOVED, AccountChange, LeftOut, Loosening, PolicyDrift, WaiverChange
from .signed import of_waiver

#: Days before its end from which a waiver is said to expire.
NOTICE_DAYS = (30, 14, 7)


def policy_drift(
    about: Mapping[str, Any],
    registers: Mapping[str, Mapping[str, Any]],
    earlier: Mapping[str, Mapping[str, Any] | None],
    judged: Mapping[tuple[str, str], frozenset[str]],
    bound: Bound,
    history: History,
    catalogue: Catalogue,
    customer: str | None,
    signed_files: Mapping[str, Sequence[Mapping[str, Any]]] = MappingProxyType({}),
) -> PolicyDrift:
    """Return the policy drift of a view.

    registers: of this run by customer. earlier: of an earlier run by customer, None where there is none. judged: by
    customer and host the controls judged now. bound: what is found of controls with a waiver that is bound to it.
    signed_files: of this run by customer.
    """
    day = date.fromisoformat(about["date"])
    mine = [name for name in sorted(registers) if customer in (None, name)]
    whole = {name for name in mine if not any(place["customer"] == name for place in about.get("not_targeted", ()))}
    waivers = [
        each
        for name in mine
        for each in _waivers(
            name, registers[name], earlier.get(name), day, name in whole, bound, signed_files.get(name, ())
        )
    ]  # fmt: skip
    return PolicyDrift(
        compared=history.previous is not None,
        thresholds=_thresholds(about, history, catalogue, customer),
        waivers=tuple(sorted(waivers, key=_waiver_order)),
        accounts=tuple(each for name in mine for each in _accounts(name, registers[name], earlier.get(name))),
        left_out=_left_out(about, judged, history, catalogue, customer),
    )


def _waiver_order(each: WaiverChange) -> tuple[int, str, str, str, str]:
    return each.days_left, each.customer, each.control, each.hosts or "", each.kind


def _thresholds(
    about: Mapping[str, Any], history: History, catalogue: Catalogue, customer: str | None
) -> tuple[Loosening, ...]:
    """Return thresholds in force that are weaker than the default; hosts of one customer and value share a line."""
    hosts: Counter[tuple[str, str, str]] = Counter()
    newly: Counter[tuple[str, str, str]] = Counter()
    before: dict[tuple[str, str, str], Any] = {}
    entries: dict[tuple[str, str, str], Mapping[str, Any]] = {}
    loosened = {
        key: [
            name
            for name, entry in policy.items()
            if _weaker(name, entry["value"], entry["default"], catalogue)
        ]
        for key, policy in about["policies"].items()
    }  # fmt: skip
    for target in about["targeted"]:
        if customer not in (None, target["customer"]):
            continue
        policy = about["policies"].get(target["policy"], {})
        known = history.hosts.get((target["customer"], target["host"]))
        for name in loosened.get(target["policy"], ()):
            value = policy[name]["value"]
            line = (target["customer"], name, json.dumps(value, sort_keys=True))
            entries[line] = policy[name]
            hosts[line] += 1
            earlier = known.policy.get(name) if known else None
            if earlier and _weaker(name, value, earlier["value"], catalogue):
                newly[line] += 1
                before[line] = earlier["value"]
    return tuple(
        Loosening(line[0], line[1], entry["value"], entry["default"], clean(entry.get("origin", "")), hosts[line],
                  newly[line], before.get(line))
        for line, entry in sorted(entries.items())
    )  # fmt: skip


def _weaker(name: str, value: Any, than: Any, catalogue: Catalogue) -> bool:
    threshold = catalogue.thresholds.get(name)
    if threshold is None:
        return False
    return weaker(value, than, threshold.looser, catalogue.options.get(name, {}).get("choices") or ())


def _waivers(
    customer: str,
    now: Mapping[str, Any],
    earlier: Mapping[str, Any] | None,
    day: date,
    whole: bool,
    bound: Bound,
    signed_files: Sequence[Mapping[str, Any]],
) -> Iterable[WaiverChange]:
    current = _by_identity(now.get("bulwark_waivers"))
    before = _by_identity((earlier or {}).get("bulwark_waivers"))
    for identity, entry in current.items():
        old = before.get(identity)
        changes = []
        if earlier is not None and old is None:
            changes.append("added")
        if old is not None and _end(entry) > _end(old):
            changes.append("extended")
        left = (_end(entry) - day).days
        if left < 0:
            changes.append("expired")
        elif whole and bound.ended(customer, entry):
            changes.append(FINDING_CHANGED)
        elif left <= NOTICE_DAYS[0]:
            changes.append("expiring")
        yield replace(_waiver(customer, entry, day, changes), signature=of_waiver(entry, signed_files))
    if whole:
        for identity, entry in before.items():
            if identity not in current:
                yield _waiver(customer, entry, day, [REMOVED])


def _by_identity(entries: Any) -> dict[str, Mapping[str, Any]]:
    """Return waivers by what they cover; of two for the same the one that ends last."""
    made: dict[str, Mapping[str, Any]] = {}
    for entry in entries or ():
        if not _is_waiver(entry):
            continue
        identity = json.dumps([entry["control"], entry.get("hosts"), entry.get("finding"), entry.get("kind")])
        if identity not in made or _end(entry) > _end(made[identity]):
            made[identity] = entry
    return made


def _is_waiver(entry: Any) -> bool:
    try:
        return isinstance(entry["control"], str) and as_date(entry["expires"]) is not None
    except (KeyError, TypeError, ValueError):
        return False


def _end(entry: Mapping[str, Any]) -> date:
    return as_date(entry["expires"]) or date.min


def _waiver(customer: str, entry: Mapping[str, Any], day: date, changes: list[str]) -> WaiverChange:
    approver = entry.get("approved_by")
    return WaiverChange(
        customer=customer,
        control=entry["control"],
        hosts=_text(entry.get("hosts")),
        kind=clean(entry.get("kind", "")),
        owner=clean(entry.get("owner", "")),
        approved_by={str(key): clean(value) for key, value in sorted(approver.items())}
        if isinstance(approver, Mapping)
        else {},
        reason=clean(entry.get("reason", "")),
        ticket=_text(entry.get("ticket")),
        compensating=_text(entry.get("compensating")),
        expires=_end(entry),
        days_left=(_end(entry) - day).days,
        changes=tuple(changes),
    )


def _text(value: Any) -> str | None:
    return None if value is None else clean(value)


def _accounts(
    customer: str, now: Mapping[str, Any], earlier: Mapping[str, Any] | None
) -> Iterable[AccountChange]:  # fmt: skip
    """Yield what the register of accounts lets in that it didn't; nothing without an earlier register."""
    if earlier is None:
        return
    before = _by_name(earlier.get("bulwark_accounts"))
    for name, entry in sorted(_by_name(now.get("bulwark_accounts")).items()):
        change = "added" if name not in before else "admin" if entry["admin"] and not before[name]["admin"] else None
        if change:
            yield AccountChange(
                customer=customer,
                name=clean(name),
                kind=clean(entry["kind"]),
                party=clean(entry["party"]),
                person=_text(entry["person"]),
                admin=entry["admin"],
                change=change,
            )


def _by_name(entries: Any) -> dict[str, dict[str, Any]]:
    """Return the approved entries by name; one name on several hosts is an administrator where it is on one."""
    made: dict[str, dict[str, Any]] = {}
    for entry in entries or ():
        if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
            continue
        if entry.get("status") == "proposed":
            continue
        known = made.setdefault(
            entry["name"],
            {"kind": entry.get("kind", ""), "party": entry.get("party", ""), "person": entry.get("person"),
             "admin": False},
        )  # fmt: skip
        known["admin"] = known["admin"] or bool(entry.get("admin"))
    return made


def _left_out(
    about: Mapping[str, Any],
    judged: Mapping[tuple[str, str], frozenset[str]],
    history: History,
    catalogue: Catalogue,
    customer: str | None,
) -> tuple[LeftOut, ...]:
    """Return the controls that have a judge and were not judged on some targeted host."""
    hosts: Counter[str] = Counter()
    newly: Counter[str] = Counter()
    every = {*about["controls"]["judged"], *about["controls"]["left_out"]} - {*FLEET_JUDGES, *catalogue.records}
    for place, controls in judged.items():
        if customer in (None, place[0]):
            for control in every - controls:
                hosts[control] += 1
                newly[control] += history.past(*place, control) is not None
    made = []
    for name in sorted(hosts):
        known = catalogue.controls.get(name)
        made.append(LeftOut(name, known.title if known else "", known.severity if known else "low", hosts[name],
                            newly[name]))  # fmt: skip
    return tuple(made)
