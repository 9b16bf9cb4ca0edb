# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether somebody hunted for use of the canary accounts."""

from __future__ import annotations

from collections.abc import Iterator

from ...evaluators.verdict import Item, item
from .case import Entry, RecordCase
from .rules import Rules

RULES = Rules()
HUNT = "ev-canary-hunt"
QUARTERLY = "bulwark_record_quarterly_days"


def _last(case: RecordCase) -> Entry | None:
    return max(case.record["hunts"], key=lambda each: str(each["date"]), default=None)


@RULES.of(HUNT, "recent", "The last hunt is not older than %s." % QUARTERLY, QUARTERLY, aged=True)
def recent(case: RecordCase) -> Iterator[Item]:
    """There was a hunt not long ago."""
    last = _last(case)
    return case.old("the last hunt", last["date"], QUARTERLY) if last else iter([item("none", "no hunt is noted")])


@RULES.of(HUNT, "after-suspicion", "There was a hunt since a compromise was last suspected.")
def after_suspicion(case: RecordCase) -> Iterator[Item]:
    """A suspicion is followed by a hunt."""
    suspected = case.record.get("suspected")
    last = _last(case)
    if suspected and (last is None or last["date"] < suspected):
        yield item("suspicion", "a compromise was suspected on %s, and nobody hunted since" % suspected)


@RULES.of(HUNT, "off-network", "The result of the last hunt was told outside the network.")
def off_network(case: RecordCase) -> Iterator[Item]:
    """Nobody in the network could listen."""
    last = _last(case)
    if last and not last["off_network"]:
        yield item("channel", "the result was told by %s, which the network carries" % last["channel"])


@RULES.of(HUNT, "accounts", "The last hunt names the accounts it looked for.")
def accounts(case: RecordCase) -> Iterator[Item]:
    """It is known what was looked for."""
    last = _last(case)
    if last and not last["accounts"]:
        yield item("accounts", "the last hunt names no account")
