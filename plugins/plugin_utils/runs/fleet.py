# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleet judges: what shows only across hosts, or beside them. Pure functions of what a run declares and targets.

A fleet judge takes a `FleetCase`, one for each customer, and answers with a Verdict like a host's judge. Its finding
stands in the customer's document and, with `hosts` and `customers`, in fleet.json.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..catalogue.catalogue import Catalogue, Control
from ..declared import host_lists, waivers
from ..declared.registers import Undeclared, as_date
from ..evaluators.verdict import Verdict, item, verdict
from ..text import clean
from .finding import MAX_ITEMS, NOBODY, digest, judged


@dataclass(frozen=True)
class FleetCase:
    """One customer in a run. inventory: all hosts of the customer, targeted or not. policies: those in force for it."""

    customer: str
    inventory: tuple[str, ...]
    registers: Mapping[str, Any]
    policies: tuple[Mapping[str, Any], ...]
    today: date

    def strictest(self, variable: str) -> Any:
        """Return the smallest value of a threshold among the customer's hosts."""
        return min(policy[variable]["value"] for policy in self.policies)


FleetJudge = Callable[[FleetCase], Verdict]


def inventory(case: FleetCase) -> Verdict:
    """Judge lin-oa-inventory: every host that another source knows is in the inventory, and the sources are recent."""
    lists = case.registers.get("bulwark_host_lists")
    if not lists:
        raise Undeclared("bulwark_host_lists is not declared for this customer; name what else knows its hosts")
    days = case.strictest("bulwark_discovery_days")
    wrong, unread = [], []
    for entry in lists:
        made = as_date(entry["date"]) or date.min
        age = (case.today - made).days
        source = clean(entry["source"], 100)
        if age > days:
            unread.append("the list of %s is %d days old, more than %d" % (source, age, days))
        wrong += [
            item(name, "%s is in the list of %s and not in the inventory" % (clean(name, 255), source))
            for name in host_lists.missing(entry.get("hosts") or (), case.inventory)
        ]
    return verdict(
        "Every host that another source lists is in the inventory, and no list is older than %d days." % days,
        wrong,
        unread,
        ["%s, %s" % (clean(entry["source"], 100), str(entry["date"])[:10]) for entry in lists],
        "attested",
    )


FLEET_JUDGES: dict[str, FleetJudge] = {"lin-oa-inventory": inventory}


def findings(
    about: Mapping[str, Any], registers: Mapping[str, Mapping[str, Any]], catalogue: Catalogue, controls: set[str]
) -> Iterator[tuple[str, list[str], dict[str, Any]]]:
    """Yield (customer, names of hosts, finding) for each customer of a run and each fleet judge among `controls`."""
    day = date.fromisoformat(about["date"])
    for customer in sorted({target["customer"] for target in about["targeted"]}):
        case = FleetCase(
            customer,
            tuple(sorted(place["host"] for key in ("targeted", "not_targeted") for place in about.get(key, ())
                         if place["customer"] == customer)),
            registers.get(customer, {}),
            tuple(about["policies"].get(target["policy"], {}) for target in about["targeted"]
                  if target["customer"] == customer),
            day,
        )  # fmt: skip
        for id_, judge in FLEET_JUDGES.items():
            if id_ in controls:
                yield customer, *_finding(catalogue.control(id_), catalogue, judge, case, about["began"])


def _finding(
    control: Control, catalogue: Catalogue, judge: FleetJudge, case: FleetCase, at: str
) -> tuple[list[str], dict[str, Any]]:
    """Return the names of the hosts that the finding is about, and the finding."""
    status, verdict_, reason = judged(judge, case)
    items = verdict_.wrong if verdict_ else ()
    if status == "unknown" and verdict_:
        # What was attested is there, and too old to go by.
        status = "stale"
    more = ["and %d more" % (len(items) - MAX_ITEMS)] if len(items) > MAX_ITEMS else []
    made = {
        "control": control.id,
        "section": control.section,
        "title": control.title,
        "severity": control.severity,
        "effective_severity": control.severity,
        "status": status,
        "advisory": list(control.recommendations),
        "responsible": _responsible(control, case.registers),
        "assurance": verdict_.assurance if verdict_ else None,
        "observed_at": at,
        "fingerprint": digest(case.customer, "", control.id),
        "found": digest(*sorted({each.identity for each in items})),
        "expected": clean(verdict_.expected if verdict_ else control.title),
        "actual": [clean(each.text) for each in items[:MAX_ITEMS]] + more,
        "reason": clean(reason or ("; ".join(verdict_.unread) if verdict_ and status == "stale" else "")),
        "evidence": [clean(line) for line in (verdict_.evidence if verdict_ else ())[:MAX_ITEMS]],
    }
    if status == "fail":
        _waive(made, catalogue, case)
    return sorted({each.identity for each in items}), made


def _waive(made: dict[str, Any], catalogue: Catalogue, case: FleetCase) -> None:
    """Apply the customer's waivers; one that names hosts is about what is found on these."""
    entries = case.registers.get("bulwark_waivers") or ()
    valid = tuple(waivers.waiver(entry, catalogue, case.today) for entry in entries)
    outcome = waivers.apply(valid, made["control"], made["found"], case.today, lambda _: False)
    if outcome.waiver:
        made["status"], made["waiver"] = "waived", outcome.waiver.shown(case.today)
    made["reason"] = clean(outcome.remark)


def _responsible(control: Control, registers: Mapping[str, Any]) -> str:
    """Return who is named for the control; groups of one customer may name different parties, then nobody is."""
    named = set()
    for entry in registers.get("bulwark_responsibilities") or ():
        choice = (entry.get("controls") or {}).get(control.id) or (entry.get("sections") or {}).get(control.section)
        choice = choice or entry.get("default")
        party = choice.get("party") if isinstance(choice, Mapping) else choice
        if party:
            named.add(str(party))
    return named.pop() if len(named) == 1 else NOBODY
