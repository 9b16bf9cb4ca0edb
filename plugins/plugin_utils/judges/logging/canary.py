# SPDX-License-Identifier: GPL-3.0-or-later
"""LM-02: what a host logs was seen to arrive, by a line that nobody could have guessed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ...evaluators.canary import at, gaps, given_up, looks
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict
from ...records.canary import Sighting

JUDGES = Judges()
PATH = "lin-lm-forward-tls"


@JUDGES.of("lin-lm-forward-canary")
def forward_canary(case: Case) -> Verdict:
    """A marked line of this host came to each declared collector in time, and others do too."""
    minutes, hours = case.policy["bulwark_forward_canary_minutes"], case.policy["bulwark_silent_source_hours"]
    seen = looks(case)
    wrong = [one for look in seen if look.sighting for one in _wrong(look.sighting, minutes, hours)]
    short = [text for look in seen if look.sighting for text in _short(look.sighting, minutes)]
    if not seen:
        wrong = [item("no collector", "bulwark_collectors is empty: nobody collects what this host logs")]
    return verdict(
        "a marked line of the last %d days came to each entry of bulwark_collectors within %d minutes, and the newest "
        "other line there was no older than %d hours" % (case.policy["bulwark_forward_canary_days"], minutes, hours),
        wrong,
        [*gaps(seen), *short],
        [_evidence(look.sighting) for look in seen if look.sighting],
        "proven" if seen else "configured",
        cause=None if seen else PATH,
        aged=[look.aged for look in seen if look.aged],
    )


def _wrong(one: Sighting, minutes: int, hours: int) -> Iterator[Item]:
    if given_up(one, minutes):
        text = "%s: the line of %s did not come within %d minutes" % (one.collector, at(one.sent), minutes)
        yield item("%s: not found" % one.collector, text)
    if one.found and one.found - one.sent > timedelta(minutes=minutes):
        late = (one.found - one.sent).total_seconds() / 60
        text = "%s: the line of %s came after %d minutes" % (one.collector, at(one.sent), late)
        yield item("%s: late" % one.collector, text)
    if one.newest and one.sent - one.newest > timedelta(hours=hours):
        text = "%s: when the canary was sent, the newest other line of this host was of %s"
        yield item("%s: silent" % one.collector, text % (one.collector, at(one.newest)))


def _short(one: Sighting, minutes: int) -> Iterator[str]:
    """Yield why a line that was not found may be on its way, and what isn't known of the others."""
    if one.found is None and not given_up(one, minutes):
        text = "%s: the line of %s was waited for less than %d minutes (bulwark_canary_log_seconds)"
        yield text % (one.collector, at(one.sent), minutes)
    if one.found and one.newest is None:
        yield "%s: the store doesn't tell when the newest other line came" % one.collector


def _evidence(one: Sighting) -> str:
    if one.found is None:
        return "%s: the line of %s was not found" % (one.collector, at(one.sent))
    return "%s: the line of %s came after %d s" % (one.collector, at(one.sent), (one.found - one.sent).total_seconds())
