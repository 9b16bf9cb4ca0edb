# SPDX-License-Identifier: GPL-3.0-or-later
"""TA-02: what tells of second factors, given and refused, is seen where somebody watches."""

from __future__ import annotations

from datetime import timedelta

from ...evaluators.canary import at, gaps, given_up, looks
from ...evaluators.pam_stack import mfa_modules
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict
from ...records.canary import Sighting

JUDGES = Judges()
CANARY = "lin-lm-forward-canary"
#: Services whose dialogue asks people for a second factor.
SERVICES = ("sshd", "sudo")


@JUDGES.of("lin-mf-events")
def events(case: Case) -> Verdict:
    """Each collector holds what the host itself last logged of a second factor."""
    if not _asked(case):
        raise NotApplicable("neither sshd nor sudo asks for a second factor, and nobody has a security key")
    days, minutes = case.policy["bulwark_mfa_events_days"], case.policy["bulwark_forward_canary_minutes"]
    seen = looks(case)
    sightings = [look.sighting for look in seen if look.sighting]
    told_of = [(one, _gap(one, days, minutes)) for one in sightings if not _holds(one, days, minutes)]
    wrong = [_lacking(one) for one, gap in told_of if not gap]
    if not seen:
        wrong = [item("no collector", "bulwark_collectors is empty: nobody watches the second factors of this host")]
    cut_off = not seen or any(given_up(one, minutes) for one in sightings)
    return verdict(
        "each entry of bulwark_collectors holds what this host logged of second factors in the last %d days" % days,
        wrong,
        [*gaps(seen), *(gap for _one, gap in told_of if gap)],
        [
            "%s: newest line of a second factor %s" % (one.collector, at(one.factors))
            for one in sightings
            if one.factors
        ],
        "proven" if seen else "configured",
        cause=CANARY if wrong and cut_off else None,
        aged=[look.aged for look in seen if look.aged],
    )


def _asked(case: Case) -> bool:
    asking = any(mfa_modules(case.facts, case.policy, service) for service in SERVICES)
    return asking or any(key["type"].startswith("sk-") for key in case.facts["keys"]["authorized"])


def _holds(one: Sighting, days: int, minutes: int) -> bool:
    """Say whether the newest line there is recent, and no older than what the host logged last."""
    if one.factors is None or one.sent - one.factors > timedelta(days=days):
        return False
    return one.used is None or one.factors >= one.used - timedelta(minutes=minutes)


def _gap(one: Sighting, days: int, minutes: int) -> str:
    """Return why a collector that doesn't hold such a line may do so rightly, "" where it surely lacks one."""
    if one.used is None or one.sent - one.used > timedelta(days=days):
        text = "%s: by its own log nobody used a second factor on this host in the %d days before %s, so that none came"
        return text % (one.collector, days, at(one.sent))
    if one.cut:
        return "%s: the store is too large to be looked through for second factors in time" % one.collector
    if one.found is None and not given_up(one, minutes):
        return "%s: the canary's own line was not there yet" % one.collector
    return ""


def _lacking(one: Sighting) -> Item:
    text = "%s: what this host logged of a second factor at %s did not come"
    return item("%s: second factors" % one.collector, text % (one.collector, at(one.used)))
