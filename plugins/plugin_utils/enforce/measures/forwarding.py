# SPDX-License-Identifier: GPL-3.0-or-later
"""rsyslog sends what the host logs to its collectors, under TLS, from the journal and with a queue on disk for each.

The journal is read by rsyslog itself: what journald hands to syslog's socket is lost where more comes than is taken at
once. What is read so goes to the collectors alone, and what the host's own rules do with the rest stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...declared.collectors import Collector
from ...declared.parties import CUSTOMER
from ...evaluators.forwarding import exposed, receivers
from ...evaluators.verdict import Case
from ..steps import HEADER, Left, Measures, Step, edit, file, package, unit

MEASURES = Measures()

FOLDER = "/etc/rsyslog.d"
#: Before the host's own rules, any of which might end a message's way.
RULE = FOLDER + "/00-bulwark-forward.conf"
#: After all that may load a module, which can be done once and has to be done before it is used.
ACTIONS = FOLDER + "/zz-bulwark-forward.conf"
AUDIT = FOLDER + "/zz-bulwark-forward-audit.conf"
OWNERS = {RULE: "lin-lm-forward-tls", ACTIONS: "lin-lm-forward-tls", AUDIT: "lin-lm-audit-forward"}
SERVICE = "rsyslog.service"
#: What Debian's rsyslog has started with itself, and what would start it again after a restore.
SOCKET = "syslog.socket"
PROVIDES = ["/etc/rsyslog.conf", "/usr/sbin/rsyslogd", "/usr/lib/systemd/system/" + SERVICE]
LOG = "/var/log/audit/audit.log"
SPACE = re.compile(r"[1-9]\d{0,5}[kmgt]?")
OUTPUTS = {"relp": "omrelp", "tls": "omfwd"}
PACKAGES = {"relp": "rsyslog-relp", "tls": "rsyslog-gnutls"}
RULESET = "bulwark-forward"
#: A queue of the ruleset, on disk as a whole, since omrelp is switched off for good by a certificate that isn't the
#: collector's: its own queue gets nothing from then on, and the part of one in memory is thrown away. Its bound is the
#: space; size counts messages on disk as well. What rsyslog tries to send while it is stopped is lost: a batch of one.
WAY = """\
ruleset(name="%(ruleset)s-%(name)s" queue.type="Disk" queue.filename="bulwark-%(name)s" queue.maxDiskSpace="%(space)s"
  queue.size="2000000000" queue.dequeueBatchSize="1" queue.saveOnShutdown="on" queue.timeoutEnqueue="0") {
%(action)s}
"""
RETRY = """\
    action.resumeRetryCount="-1" action.resumeInterval="10")
"""
RELP = """\
  action(name="bulwark-%(name)s" type="omrelp" target="%(address)s" port="%(port)d"
    template="RSYSLOG_SyslogProtocol23Format" tls="on" tls.caCert="%(ca)s"%(own)s
    tls.authMode="name" tls.permittedPeer=[%(peers)s]
"""
TLS = """\
  action(name="bulwark-%(name)s" type="omfwd" target="%(address)s" port="%(port)d" protocol="tcp"
    template="RSYSLOG_SyslogProtocol23Format" tcp_framing="octet-counted" streamDriver="gtls" streamDriverMode="1"
    streamDriver.caFile="%(ca)s"%(own)s
    streamDriverAuthMode="x509/name" streamDriverPermittedPeers="%(names)s"
"""
JOURNAL = """\
module(load="imjournal" stateFile="bulwark-journal" ignorePreviousMessages="on" ratelimit.interval="0"
  persistStateInterval="1")
"""
WATCHED = """\
input(type="imfile" file="%(path)s" tag="audit:" facility="local6" severity="info" ruleset="%(ruleset)s")
"""


@MEASURES.of("logs_forwarded")
def logs_forwarded(case: Case, arguments: Mapping[str, Any], _control: str) -> list[Step]:
    """Have rsyslog send the system's log to every declared collector. arguments: space, of each queue on disk."""
    wanted = _collectors(case)
    if not SPACE.fullmatch(arguments["space"]):
        raise Left("bulwark_forward_queue_space is no size such as 1g: %s" % arguments["space"])
    if case.facts["forwarding"]["programs"]["syslog-ng"]["running"]:
        raise Left("syslog-ng logs here, and rsyslog would be a second one: have it send to %s under TLS"
                   % wanted[0].name)  # fmt: skip
    modules = case.facts["forwarding"]["modules"]
    reads_journal = _loaded(modules, "imjournal")
    text = "".join('module(load="%s")\n' % OUTPUTS[protocol]
                   for protocol in sorted({one.protocol for one in wanted})
                   if protocol == "relp" and not _loaded(modules, OUTPUTS[protocol]))  # fmt: skip
    text += "" if reads_journal else JOURNAL
    text += "".join(_way(one, arguments["space"]) for one in wanted)
    text += 'ruleset(name="%s") {\n%s}\n' % (RULESET, "".join("  call %s-%s\n" % (RULESET, one.name) for one in wanted))
    # Where the host's own rules go by the journal already, they get what is read as before.
    rule = 'if $inputname == "imjournal" then {\n  call %s\n%s}\n' % (RULESET, "" if reads_journal else "  stop\n")
    return [
        package("rsyslog", PROVIDES),
        *(package(PACKAGES[protocol]) for protocol in sorted({one.protocol for one in wanted})),
        file(RULE, HEADER % OWNERS[RULE] + rule, restart=["rsyslog"]),
        file(ACTIONS, HEADER % OWNERS[ACTIONS] + text, restart=["rsyslog"]),
        unit(SERVICE, active=True, enabled=True, masked=False),
        *([unit(SOCKET, active=True)] if case.facts["system"]["family"] == "debian" else []),
    ]


@MEASURES.of("exposure_ended")
def exposure_ended(case: Case, _arguments: Any, _control: str) -> list[Step]:
    """Take out what sends logs unprotected to a declared collector's machine: the protected way goes there as well.

    Only what the journal holds goes along that one, so that a way which carries anything else is left.
    """
    machines = {one.address for one in _collectors(case)}
    ways: dict[str, list[tuple[int, str]]] = {}
    for one in exposed(case):
        path, _colon, line = one["place"].rpartition(":")
        if one["program"] != "rsyslog" or one["address"] not in machines or not line.isdecimal():
            raise Left("logs go unprotected to %s, and whether they are to is somebody's decision (%s)"
                       % (one["address"] or "somebody", one["place"]))  # fmt: skip
        if one["beside"]:
            text = "%s sends to %s unprotected what is not in the journal (%s), which nothing else would carry: have " \
                   "that sent under TLS first"  # fmt: skip
            raise Left(text % (one["place"], one["address"], ", ".join(one["beside"])))
        ways.setdefault(path, []).append((int(line), one["address"]))
    return [edit(path, "rsyslog_off", {"ways": sorted(there)}, restart=["rsyslog"]) for path, there in ways.items()]


@MEASURES.of("audit_forwarded")
def audit_forwarded(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have rsyslog send what auditd writes as well; its file is read, so that nothing is lost while rsyslog is away.

    arguments: space, as above; needed, whether it is amiss that auditd does not run.
    """
    audit = case.facts["audit"]
    if not audit["installed"] or not audit["daemon"]["active"]:
        if arguments["needed"]:
            raise Left("auditd does not run, which is lin-lm-auditd-on's")
        return []
    steps = logs_forwarded(case, arguments, control)
    text = "" if _loaded(case.facts["forwarding"]["modules"], "imfile") else 'module(load="imfile")\n'
    text += WATCHED % {"path": audit["conf"].get("log_file", LOG), "ruleset": RULESET}
    return [*steps, file(AUDIT, HEADER % OWNERS[AUDIT] + text, restart=["rsyslog"])]


def _loaded(modules: Mapping[str, str], name: str) -> bool:
    """Say whether a file that isn't ours loads a module; it may be loaded once."""
    return name in modules and modules[name] not in OWNERS


def _collectors(case: Case) -> list[Collector]:
    """Return the collectors that rsyslog can send to: the customer's, and those of providers under contract."""
    declared = receivers(case)
    if not declared:
        raise Left("bulwark_collectors is empty: say who collects what this host logs")
    wanted = [one for one in declared if one.party == CUSTOMER or _under_contract(case, one.party)]
    if not wanted:
        raise Left("no contract of %s is in force" % ", ".join(sorted({one.party for one in declared})))
    for one in wanted:
        if one.protocol not in OUTPUTS:
            raise Left("%s takes logs by %s: have systemd-journal-upload send them there" % (one.name, one.protocol))
        if one.ca is None:
            raise Left("ca of %s must name the file with its authority's certificate" % one.name)
    return wanted


def _under_contract(case: Case, party: str) -> bool:
    """Say whether a provider's contract is in force; where nobody declares contracts, its entry is word enough."""
    contracts = case.registers.contracts
    return contracts is None or any(one.party == party and one.in_force(case.today) for one in contracts)


def _way(one: Collector, space: str) -> str:
    return WAY % {"ruleset": RULESET, "name": one.name, "space": space, "action": _action(one)}


def _action(one: Collector) -> str:
    relp = one.protocol == "relp"
    own = ""
    if one.certificate and one.key:
        names = ("tls.myCert", "tls.myPrivKey") if relp else ("streamDriver.certFile", "streamDriver.keyFile")
        own = '\n    %s="%s" %s="%s"' % (names[0], one.certificate, names[1], one.key)
    given = {
        "name": one.name, "address": one.address, "port": one.port, "ca": one.ca, "own": own,
        "peers": ", ".join('"%s"' % peer for peer in one.peers), "names": ",".join(one.peers),
    }  # fmt: skip
    return (RELP if relp else TLS) % given + RETRY
