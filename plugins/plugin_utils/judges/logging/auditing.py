# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the kernel's audit runs, loses nothing, and is kept as long as is asked."""

from __future__ import annotations

from collections.abc import Iterator

from ...evaluators import auditing
from ...evaluators.auditing import LOCKED, OFF, ON, absent, installed, possible, room, rules, setting, too_short
from ...evaluators.checks import gather
from ...evaluators.facts import Unread
from ...evaluators.retention import AUDIT, headline, kept_elsewhere
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
#: What auditd may do when a file is full: any of these keeps what was written.
KEEPS = ("keep_logs", "rotate", "syslog")
#: What the kernel takes for yes behind audit=, in capitals as well (audit_enable in kernel/audit.c).
STARTED = ("1", "on")


@JUDGES.of(ON)
def auditd_on(case: Case) -> Verdict:
    """auditd runs now and after a boot, the kernel audits from its start, holds the written rules and loses nothing."""
    possible(case)
    least, locked = case.policy["bulwark_audit_backlog"], case.policy["bulwark_audit_immutable"]
    expected = "auditd runs and starts at boot, the kernel audits (audit=1, backlog of at least %d, in force and at " \
               "its start), holds the rules that are written, lost no record since the last run%s" % (
                   least, ", and its rules are locked (-e 2)" if locked else "")  # fmt: skip
    if not installed(case):
        return verdict(expected, [absent()])
    wrong, unread = gather(case, _daemon, _kernel, _started, _loaded, _lost)
    lost = case.facts["audit"]["status"].get("lost") if "status" in case.facts["audit"] else None
    return verdict(
        expected, wrong, unread, ["auditctl -s", "auditctl -l", "/proc/cmdline", "/etc/audit/rules.d"],
        remember={} if lost is None else {"lost": str(lost)},
    )  # fmt: skip


def _daemon(case: Case) -> Iterator[Item]:
    daemon = case.facts["audit"]["daemon"]
    if not daemon["active"]:
        yield item("active", "auditd does not run")
    if not daemon["enabled"]:
        yield item("enabled", "auditd is not started at boot")


def _kernel(case: Case) -> Iterator[Item]:
    status, least = case.facts["audit"]["status"], case.policy["bulwark_audit_backlog"]
    if status.get("enabled", OFF) == OFF:
        yield item("kernel: off", "the kernel does not audit (auditctl -s: enabled 0)")
    elif case.policy["bulwark_audit_immutable"] and status["enabled"] != LOCKED:
        yield item("kernel: not locked", "bulwark_audit_immutable asks for locked rules, and root may change them "
                   "(auditctl -s: enabled %d)" % status["enabled"])  # fmt: skip
    if status.get("backlog_limit", 0) < least:
        yield item("kernel: backlog", "the kernel keeps at most %d records for auditd (auditctl -s: backlog_limit)" % (
            status.get("backlog_limit", 0)))  # fmt: skip


def _started(case: Case) -> Iterator[Item]:
    """Yield what the kernel was not told at its start: processes begun before auditd are else never audited."""
    options, least = case.facts["audit"]["cmdline"], case.policy["bulwark_audit_backlog"]
    if (options["audit"] or "").lower() not in STARTED:
        yield item("start: audit", "the kernel is not started with audit=1: what began before auditd is not audited")
    backlog = options["audit_backlog_limit"]
    if not (backlog and backlog.isdecimal() and int(backlog) >= least):
        yield item("start: backlog", "the kernel is started with audit_backlog_limit=%s: records are lost before "
                   "auditd takes them" % (backlog or "64, its default"))  # fmt: skip


def _loaded(case: Case) -> Iterator[Item]:
    known = case.facts["audit"]
    wanted, held = rules(known["written"]), known["loaded"]
    if len(wanted) > len(held):
        yield item("not loaded", "of %d rules in /etc/audit/rules.d the kernel holds %d (auditctl -l)" % (
            len(wanted), len(held)))  # fmt: skip


def _lost(case: Case) -> Iterator[Item]:
    lost = case.facts["audit"]["status"].get("lost")
    if lost is None:
        raise Unread("auditctl -s tells no number of lost records")
    earlier = (case.context.earlier or {}).get(ON, {}).get("lost")
    if earlier is None:
        if lost:
            raise Unread("%d records were lost since the boot, and no earlier run tells how many of them lately" % lost)
        return
    # The kernel counts from its start: fewer than before are all new.
    came = lost - int(earlier) if lost >= int(earlier) else lost
    if came:
        yield item("lost", "the kernel lost %d audit records since the last run (auditctl -s: lost %d)" % (came, lost))


@JUDGES.of("lin-lm-audit-span")
def audit_span(case: Case) -> Verdict:
    """auditd deletes nothing before the retention has passed, at the volume that is measured."""
    possible(case)
    if not installed(case):
        raise NotApplicable("auditd is not installed, so that there is no audit log to keep; %s says so" % ON)
    days = case.policy["bulwark_log_retention_days"]
    expected = "auditd keeps its log for %d days: keep_logs, or files enough for what comes in a day" % days
    elsewhere = kept_elsewhere(case, AUDIT)
    if elsewhere:
        return verdict(expected, evidence=[elsewhere.text], assurance=elsewhere.assurance)
    wrong, unread = gather(case, _written, _full, lambda one: too_short(one, days), _lately)
    most = room(case) if not unread else None
    evidence = ["/etc/audit/auditd.conf", "/var/log/audit: sizes and first records"]
    return verdict(
        expected, wrong, unread, evidence, "configured" if most is None else "effective",
        cause=headline(case) if wrong else None,
    )  # fmt: skip


def _written(case: Case) -> Iterator[Item]:
    for name, value in auditing.unwritten(case).items():
        yield item(name, "/etc/audit/auditd.conf: %s = %s keeps nothing on this host" % (name, value))


def _lately(case: Case) -> list[Item]:
    auditing.written_lately(case)
    return []


def _full(case: Case) -> Iterator[Item]:
    action = setting(case, "max_log_file_action")
    if action not in KEEPS:
        yield item("max_log_file_action", "/etc/audit/auditd.conf: max_log_file_action = %s, none of %s" % (
            action, ", ".join(KEEPS)))  # fmt: skip
