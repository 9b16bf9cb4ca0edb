# SPDX-License-Identifier: GPL-3.0-or-later
"""How far back a host's security events surely go: by what it holds itself, and by what a collector holds of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

from ...module_utils.forwarding.rules import FACILITIES
from ..records.canary import Sighting
from .audit_ways import LOG, ways_out
from .auditing import written_lately
from .facts import Unread
from .forwarding import forwards
from .kept_journal import oldest
from .verdict import Assurance, Case

HEADLINE = "lin-lm-oldest-event"
#: A log that began so long after the system was set up has seen all of it.
SETTING_UP = timedelta(days=1)
#: Where logons are logged beside the journal, on Debian's and on RHEL's.
LOGONS = ("/var/log/auth.log", "/var/log/secure")
EVENTS, JOURNAL, AUDIT = "logons", "journal", "audit"
#: What a canary's line is written with, and the logs that it is in itself.
CANARY = "auth"
IN_PERSON = (EVENTS, JOURNAL, "/var/log/auth.log")
#: Files that the daemon of syslog writes, and the facilities that may be in them: that these go is as good.
WRITTEN = {
    "/var/log/secure": ("authpriv",), "/var/log/cron": ("cron",), "/var/log/cron.log": ("cron",),
    "/var/log/syslog": FACILITIES, "/var/log/messages": FACILITIES,
}  # fmt: skip
#: From the least to the best that a judge may claim of what it looked at on a host.
RANKS: tuple[Assurance, ...] = ("attested", "configured", "effective", "proven")


class Elsewhere(NamedTuple):
    """Why a log counts as kept at a collector: a sentence of evidence, and how good that is."""

    text: str
    assurance: Assurance


class Log(NamedTuple):
    """One kind of security events, and the day of the oldest one that is kept here (None: none is).

    gap: the last day of what is older still, but broken off from the rest. elsewhere: why it counts nonetheless.
    """

    kind: str
    name: str
    oldest: date | None
    gap: date | None = None
    elsewhere: Elsewhere | None = None


def kept_elsewhere(case: Case, what: str = EVENTS) -> Elsewhere | None:
    """Return why a log counts as kept for the retention by a collector, None where nothing shows that.

    what: "logons", the "journal", the "audit" log, or a file's path. Reads `canary` and the areas `system` and
    `forwarding`, of the audit log `audit` and `units` as well. The last canary's line must have come, and be no older
    than bulwark_forward_canary_days; what the collector holds of the host goes back to wanted_since(). A line of logons
    says nothing of other logs: of these a protected way must lead to that very collector.
    """
    for one in _holding(case):
        try:
            assurance = _taken(case, what, one.collector)
        except Unread:
            continue
        if assurance:
            text = "%s holds this host's log since %s (canary of %s)" % (one.collector, one.oldest, one.sent.date())
            return Elsewhere(text if assurance == "proven" else "%s, and %s goes there" % (text, what), assurance)
    return None


def _holding(case: Case) -> Iterator[Sighting]:
    """Yield what was seen at the declared collectors that hold something of this host for the retention."""
    seen = case.context.canary
    if not isinstance(seen, tuple) or not seen:
        return
    declared = {collector.name for collector in case.registers.collectors or ()}
    recent = case.today - timedelta(days=case.policy["bulwark_forward_canary_days"])
    since = wanted_since(case)
    for one in seen:
        if one.collector in declared and one.found and one.sent.date() >= recent and one.oldest and one.oldest <= since:
            yield one


def _taken(case: Case, what: str, collector: str) -> Assurance | None:
    """Return how surely a log goes to a collector that had the canary's line. Raises Unread."""
    if what in IN_PERSON:
        return "proven" if _with_canary(case, collector) else None
    if what in (AUDIT, LOG):
        return "configured" if any(way.collector == collector for way in ways_out(case)[0]) else None
    facilities = WRITTEN.get(what, ())
    goes = (facilities and _go(case, facilities, collector)) or _go(case, [what], collector)
    return "configured" if goes else None


def _with_canary(case: Case, collector: str) -> bool:
    """Say whether logons go where the canary's line went: not by ways that are seen to take it and leave them out."""
    try:
        seen = _go(case, [CANARY], collector)
    except Unread:
        seen = False
    return not seen or _go(case, case.policy["bulwark_forward_facilities"], collector)


def _go(case: Case, what: Iterable[str], collector: str) -> bool:
    return all(any(way.collector.name == collector for way in forwards(case, one)) for one in what)


def least(*found: Assurance) -> Assurance:
    """Return the least of what parts of a judgement may claim, "effective" where there are none."""
    return min(found, key=RANKS.index, default="effective")


def headline(case: Case) -> str | None:
    """Return "lin-lm-oldest-event" where the measured oldest event is too young, for `cause=`, None otherwise.

    Reads areas `system`, `journal`, `mounts`, `log_files` and `audit`, with a canary `forwarding` and `units` too, and
    never raises for what could not be read.
    """
    known, _unread = logs(case)
    return HEADLINE if not ageless(case) and any(young(case, log) for log in known) else None


def wanted_since(case: Case) -> date:
    """Return the day to which events must go back: the days of retention, or when a younger host was set up.

    Where that isn't known (area `system`, fact `born`), the retention counts.
    """
    since = case.today - timedelta(days=case.policy["bulwark_log_retention_days"])
    try:
        return max(since, day(case.facts["system"]["born"]) + SETTING_UP)
    except Unread:
        return since


def ageless(case: Case) -> str | None:
    """Return why it isn't known when the host was set up, so that a young log of its may be whole; None where it is."""
    try:
        case.facts["system"]["born"]
    except Unread as reason:
        return "when this host was set up isn't known: %s" % reason
    return None


def young(case: Case, log: Log) -> bool:
    """Say whether a log doesn't go back far enough, neither here nor at a collector."""
    return not log.elsewhere and (log.oldest is None or log.oldest > wanted_since(case))


def logs(case: Case) -> tuple[list[Log], list[str]]:
    """Return the logs of security events and why one isn't known: of logons what goes back furthest; audit where on.

    What a collector keeps need not be known here.
    """
    found, unread = [], []
    for kind, look in ((EVENTS, logons), (AUDIT, audit)):
        elsewhere = kept_elsewhere(case, kind)
        try:
            log = look(case)
        except Unread as reason:
            found += [Log(kind, kind, None, elsewhere=elsewhere)] if elsewhere else []
            unread += [] if elsewhere else [str(reason)]
        else:
            found += [log._replace(elsewhere=elsewhere)] if log else []
    return found, unread


def logons(case: Case) -> Log:
    """Return the log of logons that goes back furthest. Raises Unread where it can't be told which that is."""
    kept: list[tuple[int, str, int | None]] = []
    unread = []
    try:
        in_journal = oldest(case) if case.facts["system"]["systemd"] else None
        kept += [(in_journal, "the journal", case.facts["journal"]["gap"])] if in_journal else []
    except Unread as reason:
        unread.append(str(reason))
    try:
        files, gaps = case.facts["log_files"]["oldest"], case.facts["log_files"]["gaps"]
        rotated = "%s and what was rotated of it"
        kept += [(files[path], rotated % path, gaps.get(path)) for path in LOGONS if files.get(path)]
    except Unread as reason:
        unread.append(str(reason))
    begin, name, gap = min(kept, key=lambda one: one[0], default=(0, EVENTS, None))
    log = Log(EVENTS, name, day(begin) if begin else None, day(gap) if gap else None)
    if unread and young(case, log):
        raise Unread("; ".join(unread))
    return log


def audit(case: Case) -> Log | None:
    """Return the audit log, None where auditd doesn't run or writes none. Raises Unread where it is an old one's."""
    known = case.facts["audit"]
    if not known["installed"] or not known["daemon"]["active"] or not known["log"]:
        return None
    begin, gap = known["log"]["oldest"], known["log"]["gap"]
    log = Log(AUDIT, known["log"]["path"], day(begin) if begin else None, day(gap) if gap else None)
    if not young(case, log):
        written_lately(case)
    return log


def day(seconds: int) -> date:
    """Return the day, in UTC, of a moment in seconds since 1970."""
    return datetime.fromtimestamp(seconds, timezone.utc).date()
