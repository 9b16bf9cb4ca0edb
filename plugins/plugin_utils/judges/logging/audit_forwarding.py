# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel audits leaves the host, where whoever takes it over could delete it."""

from __future__ import annotations

from ...evaluators.audit_ways import ways_out
from ...evaluators.auditing import possible
from ...evaluators.verdict import Case, Judges, Verdict, item, verdict

JUDGES = Judges()


@JUDGES.of("lin-lm-audit-forward")
def audit_forward(case: Case) -> Verdict:
    """Records go by the daemon's plugin for syslog, by their file, by the journal or to another audit daemon."""
    audit = case.facts["audit"]
    expected = "audit records go to a declared collector, protected on their way"
    possible(case)
    if not audit["installed"]:
        return verdict(expected, [item("auditd", "auditd is not installed")], cause="lin-lm-auditd-on")
    if not audit["daemon"]["active"]:
        return verdict(expected, [item("auditd", "auditd does not run")], cause="lin-lm-auditd-on")
    found, unread = ways_out(case)
    wrong = [] if found or unread else [item("audit", "audit records reach no declared collector safely")]
    places = [way.place for way in found]
    return verdict(expected, wrong, [] if found else unread, places, assurance="configured")
