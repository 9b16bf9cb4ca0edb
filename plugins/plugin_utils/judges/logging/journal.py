# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether systemd's journal outlives a boot, and whether it may hold what the retention asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...evaluators.facts import Unread
from ...evaluators.kept_journal import FOLDER, PERSIST, cap, daily, lost, shown
from ...evaluators.logon_log import moment
from ...evaluators.retention import JOURNAL, headline, kept_elsewhere
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
CAP = "lin-lm-journal-cap"
UNIT = "systemd-journald.service"
#: MaxLevelStore= at which messages of logons, which are "info", are still kept.
LEVELS = ("info", "debug", "6", "7")
DAY = 86400


@JUDGES.of(PERSIST)
def journal_persist(case: Case) -> Verdict:
    """The journal is on disk by its configuration, and journald really writes there."""
    known = case.facts["journal"]
    managed(case)
    return verdict(
        "systemd-journald keeps its journal in %s, on disk, at level info or more" % FOLDER,
        [*configured(case), *measured(case)],
        evidence=["journald.conf and its drop-ins", known["persistent"]["path"], known["runtime"]["path"]],
    )


def managed(case: Case) -> None:
    """Raise NotApplicable where the host has no journal."""
    if not case.facts["system"]["systemd"]:
        raise NotApplicable("systemd does not run this host, so that it has no journal")


def configured(case: Case) -> Iterator[Item]:
    """Yield what is set so that the next boot, if not this one, keeps no journal of logons on disk."""
    known = case.facts["journal"]
    storage, level = known["storage"], known["level"]
    if storage and storage["value"] in ("volatile", "none"):
        yield item("Storage=" + storage["value"], "Storage=%(value)s (%(place)s)" % storage)
    elif not (storage and storage["value"] == "persistent") and not known["persistent"]["there"]:
        yield item("Storage=auto", "Storage=auto without %s keeps the journal in memory" % FOLDER)
    if level and level["value"] not in LEVELS:
        text = "MaxLevelStore=%(value)s leaves out logons, which are logged as info (%(place)s)" % level
        yield item("MaxLevelStore", text)


def measured(case: Case) -> Iterator[Item]:
    """Yield where the journal really is, when that isn't on disk."""
    if UNIT not in case.facts["units"]["active"]:
        yield item("systemd-journald is not running")
    why = lost(case)
    if why:
        yield item("in memory", "%s: the journal doesn't outlive the next boot" % why)


@JUDGES.of(CAP)
def journal_cap(case: Case) -> Verdict:
    """What is written in a day, measured, times the retention fits into what journald allows, and nothing vacuums."""
    managed(case)
    days = case.policy["bulwark_log_retention_days"]
    expected = "the journal may grow to %d days of what is written in a day, and nothing deletes it sooner" % days
    elsewhere = kept_elsewhere(case, JOURNAL)
    if elsewhere:
        return verdict(expected, evidence=[elsewhere.text], assurance=elsewhere.assurance)
    why = lost(case)
    if why:
        return verdict(expected, [item("in memory", why)], evidence=[FOLDER], cause=PERSIST)
    wrong, unread, evidence = [*ceiling(case), *vacuumed(case)], [*undated(case)], ["journald.conf and its drop-ins"]
    try:
        rate, most = daily(case), cap(case)
    except Unread as reason:
        unread.append(str(reason))
    else:
        said = "%s a day, measured; at most %s" % (shown(rate), shown(most.bytes))
        evidence.append("%s: %s" % (FOLDER, said))
        if most.bytes < rate * days:
            text = "%s, which is %d days (%s): %s" % (said, most.bytes / rate, most.why, "%d are wanted" % days)
            wrong.append(item("cap", text))
        wrong += [found for one in case.facts["journal"]["vacuum"] for found in outgrown(one, rate * days)]
    dropped = [*left_out(case)]
    return verdict(
        expected, [*wrong, *dropped], unread, evidence, severity="medium" if dropped and not wrong else None,
        cause=headline(case) if wrong else None, remember={"looked": str(case.facts["system"]["now"])},
    )  # fmt: skip


def ceiling(case: Case) -> Iterator[Item]:
    """Yield MaxRetentionSec= where it deletes too soon; that it is high keeps nothing."""
    said = case.facts["journal"]["limits"].get("retention")
    if said and 0 < said["value"] < case.policy["bulwark_log_retention_days"] * DAY:
        text = "MaxRetentionSec deletes what is older than %d days (%s)" % (said["value"] / DAY, said["place"])
        yield item("MaxRetentionSec", text)


def vacuumed(case: Case) -> Iterator[Item]:
    """Yield what deletes entries by their age, or files by their number, before the retention is over."""
    for one in case.facts["journal"]["vacuum"]:
        if one["kind"] == "delete":
            yield item("deletes: " + one["place"], "%s deletes journal files by itself" % one["place"])
        elif one["kind"] == "files" and one["value"] != 0:
            yield item("vacuum: " + one["place"], "%s keeps %s journal files only" % (one["place"], one["value"]))
        elif one["kind"] == "time" and one["value"] and one["value"] < _seconds(case):
            text = "%s deletes what is older than %d days" % (one["place"], one["value"] / DAY)
            yield item("vacuum: " + one["place"], text)


def outgrown(one: Mapping[str, Any], wanted: float) -> Iterator[Item]:
    """Yield a vacuum job that leaves less than the wanted number of bytes."""
    if one["kind"] == "size" and one["value"] and one["value"] < wanted:
        text = "%s leaves %s, and the retention takes %s" % (one["place"], shown(one["value"]), shown(wanted))
        yield item("vacuum: " + one["place"], text)


def undated(case: Case) -> Iterator[str]:
    """Yield the vacuum jobs of which it can't be told how much they leave."""
    for one in case.facts["journal"]["vacuum"]:
        if one["kind"] in ("time", "size") and one["value"] is None:
            yield "%s vacuums the journal; to which %s isn't known" % (one["place"], one["kind"])


def left_out(case: Case) -> Iterator[Item]:
    """Yield the services of which journald left messages out since the last run, because they said too much."""
    earlier = (case.context.earlier or {}).get(CAP, {}).get("looked", "")
    if not earlier.isdigit():
        return
    counts: dict[str, int] = {}
    for one in case.facts["journal"]["suppressed"]:
        if one["at"] > int(earlier):
            counts[one["unit"]] = counts.get(one["unit"], 0) + one["count"]
    for unit, count in sorted(counts.items()):
        text = "%s: journald left out %d messages since %s (RateLimitBurst)" % (unit, count, moment(int(earlier)))
        yield item("left out: " + unit, text)


def _seconds(case: Case) -> int:
    days: int = case.policy["bulwark_log_retention_days"]
    return days * DAY
