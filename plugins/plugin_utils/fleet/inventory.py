# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the inventory holds every host that somebody else knows."""

from __future__ import annotations

from datetime import date

from ..declared import host_lists
from ..declared.moments import as_date
from ..declared.registers import Undeclared
from ..text import clean
from .case import Crossing, FleetCase, FleetVerdict, fleet_verdict


def inventory(case: FleetCase) -> FleetVerdict:
    """Judge lin-oa-inventory: every host that another source knows is in the inventory, and the sources are recent."""
    lists = case.registers.get("bulwark_host_lists")
    if not lists:
        raise Undeclared("bulwark_host_lists is not declared for this customer; name what else knows its hosts")
    days = case.strictest("bulwark_discovery_days")
    wrong, aged = [], []
    for entry in lists:
        made = as_date(entry["date"]) or date.min
        age = (case.today - made).days
        source = clean(entry["source"], 100)
        if age > days:
            aged.append("the list of %s is %d days old, more than %d" % (source, age, days))
        for name in host_lists.missing(entry.get("hosts") or (), case.inventory):
            text = "%s is in the list of %s and not in the inventory" % (clean(name, 255), source)
            wrong.append(Crossing(name, text, text, (name,), (case.customer,)))
    return fleet_verdict(
        "Every host that another source lists is in the inventory, and no list is older than %d days." % days,
        wrong,
        (),
        ["%s, %s" % (clean(entry["source"], 100), str(entry["date"])[:10]) for entry in lists],
        "attested",
        aged,
    )
