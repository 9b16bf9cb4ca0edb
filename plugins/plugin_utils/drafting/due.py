# SPDX-License-Identifier: GPL-3.0-or-later
"""What falls due in the next days: rules of records that hold today and won't on a day to come, and waivers' ends."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from ..declared.moments import as_date
from ..declared.registers import Undeclared
from ..drift.policy import NOTICE_DAYS
from ..evaluators.facts import Unread
from ..judges.records.all import RULES
from ..judges.records.case import RecordCase

LAST = max(NOTICE_DAYS)


class Due(NamedTuple):
    """days: how many are left until the last day on which it holds, negative where that has passed. id: whose it is."""

    days: int
    id: str
    text: str

    def told(self, today: date) -> str:
        """Return it as a line."""
        when = "overdue" if self.days < 0 else "until %s" % (today + timedelta(self.days))
        return "%s (%s): %s" % (self.id, when, self.text)


def records_due(cases: Iterable[RecordCase]) -> Iterator[Due]:
    """Yield what falls due of the records that these cases are about, each of which can be used."""
    for case in cases:
        for rule in RULES[case.kind]:
            seen: set[str] = set()
            for ahead in range(LAST + 2):
                later = dataclasses.replace(case, today=case.today + timedelta(ahead))
                try:
                    found = {each.identity for each in rule.check(later)}
                except (Unread, Undeclared):
                    break  # an audit says what it can't be compared with
                # What is broken today is overdue if time broke it, and for an audit to tell if not.
                if found - seen and (ahead or rule.aged):
                    yield Due(ahead - 1, case.kind, rule.text)
                seen |= found


def waivers_due(entries: Iterable[Mapping[str, Any]], today: date) -> Iterator[Due]:
    """Yield the waivers that ended, or end within the longest notice. entries: of bulwark_waivers."""
    for entry in entries:
        ends = as_date(entry["expires"])
        if ends and (ends - today).days <= LAST:
            where = " on %s" % entry["hosts"] if entry.get("hosts") else ""
            yield Due((ends - today).days, entry["control"], "the waiver of %s%s" % (entry["owner"], where))


def by_notice(due: Iterable[Due]) -> dict[str, list[Due]]:
    """Return what is due under the shortest notice that it falls into: overdue, 7 days, 14 days, 30 days."""
    notices = sorted(NOTICE_DAYS)
    made: dict[str, list[Due]] = {"overdue": [], **{"%d days" % days: [] for days in notices}}
    for each in sorted(set(due)):
        fitting = next((days for days in notices if each.days <= days), None)
        if each.days < 0:
            made["overdue"].append(each)
        elif fitting is not None:
            made["%d days" % fitting].append(each)
    return made
