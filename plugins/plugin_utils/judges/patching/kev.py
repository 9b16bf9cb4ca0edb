# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known to be exploited is closed in time, and the list of it is whole and new."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ...evaluators.exploited import Hit, days_to_close, may_be_exposed, seen
from ...evaluators.facts import Unread
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict
from ...sources.exploited import Data, Feed

JUDGES = Judges()
#: Of an overdue flaw that no ransomware crew is known to use, on a host that is not internet-facing.
LESSER = "high"
RHEL = "redhat"


@JUDGES.of("lin-up-kev")
def exploited_flaws(case: Case) -> Verdict:
    """No known-exploited flaw is open past its day."""
    found = seen(case)
    overdue = [hit for hit in found.hits if hit.overdue]
    in_time = ["open, and not due: %s" % _told(hit) for hit in found.hits if not hit.overdue]
    expected = "known-exploited flaws are closed within %d days, or by CISA's due date if that is earlier" % (
        days_to_close(case)
    )
    worst = may_be_exposed(case) or any(hit.ransomware for hit in overdue)
    severity = LESSER if overdue and not worst else None
    evidence = [*_looked_at(case), *in_time]
    return verdict(expected, map(_wrong, overdue), found.unclear, evidence, severity=severity)


def _wrong(hit: Hit) -> Item:
    identity = "%s in %s" % (hit.cve, hit.package)
    return item(identity if hit.fixed else identity + ", no fix", _told(hit))


def _told(hit: Hit) -> str:
    """Return what is open, since and until when, and what to do."""
    marks = ["ransomware crews use it"] if hit.ransomware else []
    marks += ["collect forensic data before patching"] if hit.triage else []
    what = "%s in %s %s" % (hit.cve, hit.package, hit.installed)
    end = "fixed in %s" % hit.fixed if hit.fixed else "there is no fix yet: mitigate it or remove the package"
    return "; ".join(["%s: %s" % (what, end), "exploited since %s, due %s" % (hit.added, hit.due), *marks])


def _looked_at(case: Case) -> Iterator[str]:
    known = case.context.exploited
    if known:
        yield "%s: %d flaws, released %s" % (known.feed.source, len(known.feed.flaws), known.feed.released)
    data = _data(case)
    if data:
        written = "written %s" % data.written if data.written else "fetched for this run"
        yield "%s: %d CVEs, %s" % (data.source, data.cves, written)
    yield "packages: dpkg-query" if data else "updates: dnf updateinfo"


def _data(case: Case) -> Data | None:
    """Return the CVE data of the host's system, None where it needs none or has none."""
    system = case.facts["system"]
    known = case.context.exploited
    return known.data.get(system["release"].get("id", "")) if known and system["family"] != RHEL else None


@JUDGES.of("lin-up-kev-feed")
def the_list(case: Case) -> Verdict:
    """The list of known-exploited flaws is whole and new."""
    known = case.context.exploited
    if known is None:
        raise Unread("bulwark_kev is not set: it names CISA's catalogue of known-exploited vulnerabilities (JSON)")
    days = int(case.policy["bulwark_kev_days"])
    data = _data(case)
    wrong = [*_of_feed(known.feed, case.today, days), *(_of_data(data, case.today, days) if data else ())]
    expected = "CISA's catalogue and the CVE data are whole and at most %d days old" % days
    return verdict(expected, wrong, evidence=_looked_at(case))


def _of_feed(feed: Feed, today: date, days: int) -> Iterator[Item]:
    if feed.problem:
        yield item("no catalogue", feed.problem)
        return
    if feed.stated != feed.entries:
        stated = "no count" if feed.stated is None else "a count of %d" % feed.stated
        yield item("count", "%s: states %s and holds %d entries" % (feed.source, stated, feed.entries))
    if feed.released is None or not 0 <= (today - feed.released).days <= days:
        yield item("age", "%s: was released on %s, and today is %s" % (feed.source, feed.released, today))
    for name, told in (("entries of another form", feed.skipped), ("entries twice", feed.doubled)):
        if told:
            yield item(name, "%s: left out: %s" % (feed.source, "; ".join(told)))


def _of_data(data: Data, today: date, days: int) -> Iterator[Item]:
    if data.problem:
        yield item("no CVE data", data.problem)
        return
    if data.written and (today - data.written).days > days:
        yield item(
            "age of CVE data", "%s: was last written on %s, and today is %s" % (data.source, data.written, today)
        )
    if data.skipped:
        yield item("CVE entries left out", "%s: left out: %s" % (data.source, "; ".join(data.skipped)))
