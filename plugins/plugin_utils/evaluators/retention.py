# SPDX-License-Identifier: GPL-3.0-or-later
"""How far back a host's security events surely go: by what it holds itself, and by what a collector holds of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

from .auditing import written_lately
from .facts import Unread
from .kept_journal import oldest
from .verdict import Case

HEADLINE = "lin-lm-oldest-event"
#: A log that began so long after the system was set up has seen all of it.
SETTING_UP = timedelta(days=1)
#: Where logons are logged beside the journal, on Debian's and on RHEL's.
LOGONS = ("/var/log/auth.log", "/var/log/secure")


class Log(NamedTuple):
    """One kind of security events, and the day of the oldest one that is kept (None: none is)."""

    kind: str
    name: str
    oldest: date | None


def kept_elsewhere(case: Case) -> str | None:
    """Return the sentence of evidence where a collector proves the retention for this host, None where none does.

    Reads `canary` and area `system`. The last canary's line must have come, and be no older than
    bulwark_forward_canary_days; what the collector holds of the host goes back to wanted_since().
    """
    seen = case.context.canary
    if not isinstance(seen, tuple) or not seen:
        return None
    declared = {collector.name for collector in case.registers.collectors or ()}
    recent = case.today - timedelta(days=case.policy["bulwark_forward_canary_days"])
    since = wanted_since(case)
    for one in seen:
        if one.collector in declared and one.found and one.sent.date() >= recent and one.oldest and one.oldest <= since:
            return "%s holds this host's log since %s (canary of %s)" % (one.collector, one.oldest, one.sent.date())
    return None


def headline(case: Case) -> str | None:
    """Return "lin-lm-oldest-event" where the measured oldest event is too young, for `cause=`, None otherwise.

    Reads areas `system`, `journal`, `mounts`, `log_files` and `audit`, and never raises for what could not be read.
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
    """Say whether a log doesn't go back far enough."""
    return log.oldest is None or log.oldest > wanted_since(case)


def logs(case: Case) -> tuple[list[Log], list[str]]:
    """Return the logs of security events and why one isn't known: of logons what goes back furthest; audit where on."""
    found, unread = [], []
    for look in (logons, audit):
        try:
            log = look(case)
        except Unread as reason:
            unread.append(str(reason))
        else:
            found += [log] if log else []
    return found, unread


def logons(case: Case) -> Log:
    """Return the log of logons that goes back furthest. Raises Unread where it can't be told which that is."""
    kept: list[tuple[int, str]] = []
    unread = []
    try:
        in_journal = oldest(case) if case.facts["system"]["systemd"] else None
        kept += [(in_journal, "the journal")] if in_journal else []
    except Unread as reason:
        unread.append(str(reason))
    try:
        files = case.facts["log_files"]["oldest"]
        kept += [(files[path], "%s and what was rotated of it" % path) for path in LOGONS if files.get(path)]
    except Unread as reason:
        unread.append(str(reason))
    begin, name = min(kept, default=(0, "logons"))
    log = Log("logons", name, day(begin) if begin else None)
    if unread and young(case, log):
        raise Unread("; ".join(unread))
    return log


def audit(case: Case) -> Log | None:
    """Return the audit log, None where auditd doesn't run or writes none. Raises Unread where it is an old one's."""
    known = case.facts["audit"]
    if not known["installed"] or not known["daemon"]["active"] or not known["log"]:
        return None
    begin = known["log"]["oldest"]
    log = Log("audit", known["log"]["path"], day(begin) if begin else None)
    if not young(case, log):
        written_lately(case)
    return log


def day(seconds: int) -> date:
    """Return the day, in UTC, of a moment in seconds since 1970."""
    return datetime.fromtimestamp(seconds, timezone.utc).date()
