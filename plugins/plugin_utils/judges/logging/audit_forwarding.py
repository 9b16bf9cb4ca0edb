# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel audits leaves the host, where whoever takes it over could delete it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...evaluators import forwarding
from ...evaluators.auditing import possible
from ...evaluators.facts import Unread
from ...evaluators.verdict import Case, Judges, Verdict, item, verdict

JUDGES = Judges()
LOG = "/var/log/audit/audit.log"
#: The daemon's program that hands records to syslog; before audit 3 the daemon did it itself.
TO_SYSLOG = ("audisp-syslog", "builtin_syslog")
TO_REMOTE = "audisp-remote"
FACILITY = "user"
JOURNAL = "systemd-journald-audit.socket"
KERBEROS = ("yes", "true")


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
    return verdict(expected, wrong, [] if found else unread, found, assurance="configured")


def ways_out(case: Case, party: str | None = None) -> tuple[list[str], list[str]]:
    """Return (the ways by which audit records reach a collector, of a party where one is given; what can't be told)."""
    forwarding.receivers(case)
    found: list[str] = []
    unread: list[str] = []
    for way in (_by_syslog, _by_file, _by_journal, _by_remote):
        try:
            found += way(case, case.facts["audit"], party)
        except Unread as reason:
            unread.append(str(reason))
    return found, unread


def _by_syslog(case: Case, audit: Any, party: str | None) -> Iterator[str]:
    for plugin in audit["plugins"]:
        if plugin["active"] and plugin["path"].rpartition("/")[2] in TO_SYSLOG:
            for way in forwarding.forwards(case, _facility(plugin["args"]), party):
                yield "%s, and %s" % (plugin["file"], way.place)


def _facility(arguments: str) -> str:
    """Return the facility among the arguments of the plugin, such as "LOG_INFO LOG_LOCAL6"."""
    words = [word.removeprefix("LOG_").lower() for word in arguments.split()]
    known = (word for word in words if word in ("auth", "authpriv", "daemon", "syslog", "user") or word[:5] == "local")
    return next(known, FACILITY)


def _by_file(case: Case, audit: Any, party: str | None) -> Iterator[str]:
    path = audit["conf"].get("log_file", LOG)
    for way in forwarding.forwards(case, path, party):
        yield "%s, by %s" % (path, way.place)


def _by_journal(case: Case, _audit: Any, party: str | None) -> Iterator[str]:
    if JOURNAL in case.facts["units"]["active"]:
        for way in forwarding.paths(case):
            if way.destination["program"] == "journal-upload" and party in (None, way.collector.party):
                yield "%s, and %s" % (JOURNAL, way.place)


def _by_remote(case: Case, audit: Any, party: str | None) -> Iterator[str]:
    """Yield where another audit daemon takes the records: under Kerberos, since it knows no TLS."""
    options = {name.lower(): value for name, value in audit["remote"].items()}
    server = options.get("remote_server", "")
    if not server or not any(one["active"] and one["path"].endswith(TO_REMOTE) for one in audit["plugins"]):
        return
    if forwarding.is_here(server):
        raise Unread("audisp-remote sends records into a tunnel at %s, and where it ends can't be told" % server)
    safe = options.get("enable_krb5", "no").lower() in KERBEROS or options.get("transport", "").lower() == "krb5"
    known = (one for one in forwarding.receivers(case) if party in (None, one.party))
    if safe and any(one.address.lower() == server.lower() for one in known):
        yield "/etc/audit/audisp-remote.conf: %s, under Kerberos" % server
