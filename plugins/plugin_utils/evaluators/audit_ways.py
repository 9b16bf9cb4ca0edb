# SPDX-License-Identifier: GPL-3.0-or-later
"""By which ways what the kernel audits leaves a host for a declared collector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from . import forwarding
from .facts import Unread
from .verdict import Case

LOG = "/var/log/audit/audit.log"
#: The daemon's program that hands records to syslog; before audit 3 the daemon did it itself.
TO_SYSLOG = ("audisp-syslog", "builtin_syslog")
TO_REMOTE = "audisp-remote"
FACILITY = "user"
JOURNAL = "systemd-journald-audit.socket"
KERBEROS = ("yes", "true")


class Way(NamedTuple):
    """A way of audit records: the name of the collector that it leads to, and what configures it."""

    collector: str
    place: str


def ways_out(case: Case, party: str | None = None) -> tuple[list[Way], list[str]]:
    """Return (the ways by which audit records reach a collector, of a party where one is given; what can't be told).

    Reads areas `audit`, `forwarding`, `units` and `system`; raises Undeclared.
    """
    forwarding.receivers(case)
    found: list[Way] = []
    unread: list[str] = []
    for way in (_by_syslog, _by_file, _by_journal, _by_remote):
        try:
            found += way(case, case.facts["audit"], party)
        except Unread as reason:
            unread.append(str(reason))
    return found, unread


def _by_syslog(case: Case, audit: Any, party: str | None) -> Iterator[Way]:
    for plugin in audit["plugins"]:
        if plugin["active"] and plugin["path"].rpartition("/")[2] in TO_SYSLOG:
            for way in forwarding.forwards(case, _facility(plugin["args"]), party):
                yield Way(way.collector.name, "%s, and %s" % (plugin["file"], way.place))


def _facility(arguments: str) -> str:
    """Return the facility among the arguments of the plugin, such as "LOG_INFO LOG_LOCAL6"."""
    words = [word.removeprefix("LOG_").lower() for word in arguments.split()]
    known = (word for word in words if word in ("auth", "authpriv", "daemon", "syslog", "user") or word[:5] == "local")
    return next(known, FACILITY)


def _by_file(case: Case, audit: Any, party: str | None) -> Iterator[Way]:
    path = audit["conf"].get("log_file", LOG)
    for way in forwarding.forwards(case, path, party):
        yield Way(way.collector.name, "%s, by %s" % (path, way.place))


def _by_journal(case: Case, _audit: Any, party: str | None) -> Iterator[Way]:
    if JOURNAL in case.facts["units"]["active"]:
        for way in forwarding.paths(case):
            if way.destination["program"] == "journal-upload" and party in (None, way.collector.party):
                yield Way(way.collector.name, "%s, and %s" % (JOURNAL, way.place))


def _by_remote(case: Case, audit: Any, party: str | None) -> Iterator[Way]:
    """Yield where another audit daemon takes the records: under Kerberos, since it knows no TLS."""
    options = {name.lower(): value for name, value in audit["remote"].items()}
    server = options.get("remote_server", "")
    if not server or not any(one["active"] and one["path"].endswith(TO_REMOTE) for one in audit["plugins"]):
        return
    if forwarding.is_here(server):
        raise Unread("audisp-remote sends records into a tunnel at %s, and where it ends can't be told" % server)
    safe = options.get("enable_krb5", "no").lower() in KERBEROS or options.get("transport", "").lower() == "krb5"
    for one in forwarding.receivers(case):
        if safe and party in (None, one.party) and one.address.lower() == server.lower():
            yield Way(one.name, "/etc/audit/audisp-remote.conf: %s, under Kerberos" % server)
