# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what hosts log can be put in order: their clocks agree, and their times say in which zone they count."""

from __future__ import annotations

from collections.abc import Iterator

from ...evaluators.checks import gather
from ...evaluators.clock import approved, clock, keepers
from ...evaluators.facts import Unread
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
UTC = ("UTC", "Etc/UTC", "Etc/UCT", "UCT", "Universal", "Etc/Universal", "Zulu", "Etc/Zulu", "Etc/GMT", "GMT")
#: Programs that say nothing here of how well they do.
MUTE = ("ntpd", "openntpd")


@JUDGES.of("lin-lm-time-sync")
def time_sync(case: Case) -> Verdict:
    """One program keeps the clock by several approved sources and within the limit; log times tell their zone."""
    policy = case.policy
    expected = (
        "one program keeps the clock within %d ms by at least %d approved sources or a declared one of the machine, "
        "now and after the next boot; times in logs say their zone"
        % (policy["bulwark_time_offset_ms"], policy["bulwark_time_sources_min"])
    )
    if not keepers(case) and not case.facts["system"]["own_kernel"]:
        raise NotApplicable("this host has no kernel of its own: its clock is that of the machine it runs on")
    wrong, unread = gather(case, _kept, _synchronised, _sources, _zone)
    evidence = ["chronyc tracking, sources" if one["name"] == "chrony" else one["unit"] for one in keepers(case)]
    return verdict(expected, wrong, unread, evidence or ["systemd's units"])


def _kept(case: Case) -> Iterator[Item]:
    found = keepers(case)
    if not found:
        yield item("nothing keeps the clock")
    if len(found) > 1:
        yield item("several", "several programs set the clock: %s" % ", ".join(one["unit"] for one in found))
    for one in found:
        if not one["enabled"]:
            yield item("%s: enabled" % one["name"], "%s is not started at boot" % one["unit"])


def _synchronised(case: Case) -> Iterator[Item]:
    limit = case.policy["bulwark_time_offset_ms"]
    for one in keepers(case):
        if one["name"] in MUTE:
            raise Unread("%s runs, and how well it keeps the clock is not read; chrony and timesyncd are" % one["unit"])
        known = clock(case, one["name"])
        if not known["synchronised"]:
            yield item("%s: synchronised" % one["name"], "%s is not synchronised with any source" % one["unit"])
        elif known["offset"] is None:
            raise Unread("%s does not say how far the clock is off: no answer of late" % one["unit"])
        elif abs(known["offset"]) * 1000 >= limit:
            text = "the clock is off by %.3f s by %s" % (abs(known["offset"]), one["unit"])
            yield item("%s: offset" % one["name"], text)


def _sources(case: Case) -> Iterator[Item]:
    least = case.policy["bulwark_time_sources_min"]
    for one in keepers(case):
        if one["name"] in MUTE:
            continue
        good, others, machine = approved(case, clock(case, one["name"])["sources"])
        for name in others:
            yield item("source %s" % name, "the clock is set by %s, which is not in bulwark_time_sources" % name)
        if len(good) < least and not machine:
            named = ", ".join(sorted(good)) or "none"
            text = "of at least %d approved sources %d can be used: %s" % (least, len(good), named)
            yield item("%s: sources" % one["name"], text)


def _zone(case: Case) -> Iterator[Item]:
    zone = case.facts["system"]["timezone"]
    if zone in UTC:
        return
    for one in case.facts["time"]["stamps"]:
        if not one["zoned"]:
            yield item("zone: %s" % one["path"], "%s: its times are of %s and don't say so" % (one["path"], zone))
