# SPDX-License-Identifier: GPL-3.0-or-later
"""What the last canary showed at each declared collector, and how far it can be gone by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from ..records.canary import Sighting
from .facts import Unread
from .forwarding import obliged
from .verdict import Case

AGAIN = "run bulwark.msp.canary"


class Look(NamedTuple):
    """A declared collector and what was seen there. gap: why that can't be gone by. aged: it was seen too long ago."""

    collector: str
    sighting: Sighting | None
    gap: str = ""
    aged: str = ""


def looks(case: Case) -> list[Look]:
    """Return a Look for each entry of bulwark_collectors, [] where it is empty.

    Raises Undeclared without it, Unread without a usable record, and NotApplicable on a collector that sends nowhere.
    """
    collectors = obliged(case)
    if not collectors:
        return []
    if case.context.canary is None:
        raise Unread("no canary was sent from this host; %s" % AGAIN)
    if isinstance(case.context.canary, str):
        raise Unread(case.context.canary)
    last = {sighting.collector: sighting for sighting in case.context.canary}
    return [_look(case, collector.name, last.get(collector.name)) for collector in collectors]


def _look(case: Case, name: str, sighting: Sighting | None) -> Look:
    days = case.policy["bulwark_forward_canary_days"]
    if sighting is None:
        return Look(name, None, "%s: no canary was sent to it; %s" % (name, AGAIN))
    if sighting.problem:
        return Look(
            name, None, "%s: the line of %s was not looked for: %s" % (name, at(sighting.sent), sighting.problem)
        )
    age = (case.today - sighting.sent.date()).days
    if age < 0:
        return Look(name, None, "%s: the canary is of %s, which is still to come" % (name, at(sighting.sent)))
    aged = "%s: the last canary is of %s, more than %d days old; %s" % (name, at(sighting.sent), days, AGAIN)
    return Look(name, sighting, aged=aged if age > days else "")


def gaps(seen: list[Look]) -> Iterator[str]:
    """Yield why a collector can't be told of."""
    return (look.gap for look in seen if look.gap)


def given_up(sighting: Sighting, minutes: int) -> bool:
    """Say whether a line did not come although it was waited for so long."""
    waited = sighting.until - sighting.sent if sighting.until else timedelta()
    return sighting.found is None and waited >= timedelta(minutes=minutes)


def at(moment: datetime | None) -> str:
    """Return a moment for a report."""
    return moment.strftime("%Y-%m-%d %H:%M UTC") if moment else "an unknown time"
