# SPDX-License-Identifier: GPL-3.0-or-later
"""morning.md: every customer in twenty lines, those with news first; numbers and names of hosts, no detail."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from ..drift.delta import NEWLY_FAILING
from ..drift.model import ReportModel
from ..drift.shapes import View
from .markdown import escaped

MOST_LINES = 20
NOTICE_DAYS = 14
#: Days without a reading from which a host is told of.
UNREACHABLE_DAYS = 1
SHOWN = 3
HEAD = "| customer | new critical | new high | newly unknown | unreachable for a day | waivers expiring |"
RULE = "|---|---|---|---|---|---|"


class Row(NamedTuple):
    """A customer's news. unknown: of hosts that were read; a host that was not stands in `unreachable` after a day."""

    customer: str
    critical: int
    high: int
    unknown: int
    unreachable: tuple[str, ...]
    expiring: int

    @property
    def quiet(self) -> bool:
        """Say whether there is nothing to tell."""
        return not any(self[1:])


def row(view: View) -> Row:
    """Return a customer's news."""
    fresh = [change.severity for change in view.delta.of(*NEWLY_FAILING)] if view.delta.previous_run else []
    return Row(
        view.customer or "",
        fresh.count("critical"),
        fresh.count("high"),
        sum(change.host_read for change in view.delta.of("newly_unknown")),
        tuple(each.host for each in view.coverage.unread if each.days >= UNREACHABLE_DAYS),
        len(view.policy.expiring(NOTICE_DAYS)),
    )


def lines(model: ReportModel) -> list[str]:
    """Return the page, at most MOST_LINES lines."""
    rows = sorted((row(view) for view in model.customers), key=_order)
    loud = [each for each in rows if not each.quiet]
    page = ["# Morning of %s" % model.run.date.isoformat(), "", escaped(model.fleet.coverage.line), ""]
    if model.problems:
        page += ["%d result files could not be used; the report names them." % len(model.problems), ""]
    end = ["", _rest(len(rows) - len(loud), model)]
    if loud:
        page += [HEAD, RULE]
        room = MOST_LINES - len(page) - len(end)
        cut = len(loud) > room
        page += [_line(each) for each in loud[: room - 1 if cut else room]]
        if cut:
            page.append("| and %d more customers with news | | | | | |" % (len(loud) - room + 1))
    return page + (end if loud else end[1:])


def _order(each: Row) -> tuple[int, int, int, int, int, str]:
    return (-each.critical, -each.high, -len(each.unreachable), -each.unknown, -each.expiring, each.customer)


def _line(each: Row) -> str:
    names = _names(each.unreachable) if each.unreachable else "-"
    cells = (escaped(each.customer), each.critical or "-", each.high or "-", each.unknown or "-", names,
             each.expiring or "-")  # fmt: skip
    return "| %s |" % " | ".join(str(cell) for cell in cells)


def _names(hosts: Collection[str]) -> str:
    shown = ", ".join(escaped(host) for host in list(hosts)[:SHOWN])
    return shown + (" and %d more" % (len(hosts) - SHOWN) if len(hosts) > SHOWN else "")


def _rest(quiet: int, model: ReportModel) -> str:
    previous = model.fleet.delta.previous_run
    since = "since %s" % previous if previous else "and no earlier run to compare with"
    return "%d %s without news, %s." % (quiet, "customer" if quiet == 1 else "customers", since)
