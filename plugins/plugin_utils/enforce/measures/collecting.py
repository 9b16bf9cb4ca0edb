# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that collects logs: what takes them, what keeps them as they came, and what looks at them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ...declared.collectors import PATH, as_address, sender_problems, store_problems
from ...evaluators import collecting
from ...evaluators.forwarding import COLLECTOR
from ...evaluators.verdict import Case
from ..programs import FOLDER, program
from ..steps import HEADER, Left, Measures, Step, file, package, unit

MEASURES = Measures()

ROLE = "logging"
UNITS = "/etc/systemd/system"
SETTINGS = "/etc/bulwark/collector"
RECEIVER = "/etc/rsyslog.d/00-bulwark-collector.conf"
PACKAGES = ("rsyslog", "rsyslog-relp", "rsyslog-gnutls")
#: Files that stay open at once, beside one for each sender.
OPEN_FILES = 20
#: Where a day's file can't be opened rsyslog waits, and takes and acknowledges nothing more, instead of throwing away
#: what it has acknowledged. It can be said once only, for all files whose names tell of the message.
WAITING = """\
module(load="builtin:omfile" dynafile.donotsuspend="off")
"""
TEMPLATES = """\
template(name="bulwark-day" type="list") {
  constant(value="%(store)s/")
  property(name="$.sender" securepath="replace")
  constant(value="/")
  property(name="timegenerated" dateFormat="rfc3339" date.inUTC="on" position.from="1" position.to="10")
  constant(value=".log")
}
template(name="bulwark-line" type="list") {
  property(name="timegenerated" dateFormat="rfc3339" date.inUTC="on")
  constant(value=" ")
  property(name="timereported" dateFormat="rfc3339")
  constant(value=" ")
  property(name="hostname")
  constant(value=" ")
  property(name="syslogfacility-text")
  constant(value=".")
  property(name="syslogseverity-text")
  constant(value=" ")
  property(name="syslogtag")
  property(name="msg" spifno1stsp="on")
  property(name="msg" droplastlf="on")
  constant(value="\\n")
}
# Without a queue of its own: what is acknowledged has been written. Whose line it is, its connection says.
ruleset(name="bulwark-store" queue.type="Direct") {
  set $.sender = $fromhost-ip;
%(senders)s  action(type="omfile" dynaFile="bulwark-day" template="bulwark-line" fileCreateMode="0600"
    dirCreateMode="0700" createDirs="on" dynaFileCacheSize="%(open)d" action.resumeRetryCount="-1")
}
"""
NAMED = """\
  if ($fromhost-ip == "%(address)s") then { set $.sender = "%(name)s"; }
"""
RELP = """\
module(load="imrelp")
input(type="imrelp" port="%(port)d" ruleset="bulwark-store" keepAlive="on" tls="on" tls.caCert="%(ca)s"
  tls.myCert="%(certificate)s" tls.myPrivKey="%(key)s" tls.authMode="name" tls.permittedPeer=[%(peers)s])
"""
TLS = """\
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/name"
  permittedPeer=[%(peers)s])
input(type="imtcp" port="%(port)d" ruleset="bulwark-store" keepAlive="on" streamDriver.caFile="%(ca)s"
  streamDriver.certFile="%(certificate)s" streamDriver.keyFile="%(key)s")
"""


@MEASURES.of("logs_received")
def logs_received(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have rsyslog take logs from the declared senders alone, by RELP and syslog over TLS.

    Only on a host whose bulwark_host_functions name collector.

    arguments: senders, as bulwark_log_senders; store, ca, certificate, key; relp_port, tls_port (0: not offered).
    """
    if not case.registers.has_function(COLLECTOR):
        return []
    senders = arguments["senders"]
    if not senders:
        raise Left("bulwark_log_senders must say whose logs this host takes")
    for name in ("ca", "certificate", "key"):
        if not PATH.fullmatch(arguments[name]):
            raise Left("the collector's %s is no absolute path of letters, digits and ._@+-" % name)
    for problem in sender_problems("bulwark_log_senders", senders):
        raise Left(str(problem))
    store = _store(arguments)
    # As rsyslog writes the address of a connection: FD00::9 is fd00::9 there.
    known = sorted({(as_address(one["address"]), one["name"]) for one in senders})
    named = "".join(NAMED % {"address": address, "name": name} for address, name in known)
    given = {
        **{name: arguments[name] for name in ("ca", "certificate", "key")},
        "peers": ", ".join('"%s"' % peer for peer in sorted({one["peer"] for one in senders})),
    }
    text = _waiting(case) + TEMPLATES % {"senders": named, "store": store, "open": len(senders) + OPEN_FILES}
    for form, port in ((RELP, arguments["relp_port"]), (TLS, arguments["tls_port"])):
        text += form % {**given, "port": port} if port else ""
    folders = [store, *("%s/%s" % (store, name) for name in sorted({one["name"] for one in senders}))]
    return [
        *(package(name) for name in PACKAGES),
        file(RECEIVER, HEADER % control + text, "0600", restart=["rsyslog"]),
        # What takes the logs can't take their protection away. Folders that can't be made would cost what comes for
        # them, so that it takes nothing without them.
        file("%s/rsyslog.service.d/bulwark-collector.conf" % UNITS, _unit(control, {
            "Service": [
                "CapabilityBoundingSet=~CAP_LINUX_IMMUTABLE",
                "ExecStartPre=/usr/bin/mkdir -p -m 0700 %s" % " ".join(folders),
            ],
        }), restart=["rsyslog"]),
        unit("rsyslog.service", active=True, enabled=True),
    ]  # fmt: skip


def _waiting(case: Case) -> str:
    """Return what has rsyslog wait where a file can't be opened, nothing where that is said elsewhere already.

    Raises Left where it could not write the store, and where the word has to be added to what somebody else wrote.
    """
    writing = case.facts["collecting"]["writing"]
    if writing["drops"]:
        text = "%s: rsyslog gives up root's rights; a collector's keeps them, to write the store and read its key"
        raise Left(text % writing["drops"][0])
    others = [one for one in writing["omfile"] if not one["place"].startswith(RECEIVER + ":")]
    if others and not others[0]["waits"]:
        text = '%s gives builtin:omfile its parameters, which can be done once: add dynafile.donotsuspend="off" there'
        raise Left(text % others[0]["place"])
    return "" if others else WAITING


def _store(arguments: Mapping[str, Any]) -> str:
    for problem in store_problems("bulwark_log_store", arguments["store"]):
        raise Left(str(problem))
    return str(arguments["store"])


@MEASURES.of("logs_sealed")
def logs_sealed(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have bulwark-log-seal keep what came as it came, for so many days, and tell where there is little room.

    arguments: store, keep_days, free_percent.
    """
    if not case.registers.has_function(COLLECTOR):
        return []
    content = {"store": _store(arguments), **{name: arguments[name] for name in ("keep_days", "free_percent")}}
    return _regularly(control, "bulwark-log-seal", "seal", content, "Keep received logs as they came")


@MEASURES.of("logs_watched")
def logs_watched(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have bulwark-log-alert look at what comes, by the rules that the registers and the policy give.

    arguments: store; routes, as bulwark_soc_routes.
    """
    if not case.registers.has_function(COLLECTOR):
        return []
    if not arguments["routes"]:
        raise Left("bulwark_soc_routes must say where alerts go")
    routes = {route["name"]: _route(route) for route in arguments["routes"]}
    rules = {
        name: {**settings, "routes": sorted(one["name"] for one in arguments["routes"] if _takes(one, name))}
        for name, settings in collecting.wanted_rules(case).items()
    }
    content = {"store": _store(arguments), "routes": routes, "rules": rules}
    return _regularly(control, "bulwark-log-alert", "alerts", content, "Tell the SOC of what received logs show")


def _takes(route: Mapping[str, Any], rule: str) -> bool:
    return not route.get("rules") or rule in route["rules"]


def _route(route: Mapping[str, Any]) -> dict[str, Any]:
    needed = {"mail": "to", "webhook": "url_file", "syslog": "facility"}[route["kind"]]
    if not route.get(needed):
        raise Left("bulwark_soc_routes: %s of %s is missing" % (needed, route["name"]))
    if needed == "to" and (route["to"].startswith("-") or "@" not in route["to"] or not route["to"].isprintable()):
        raise Left("bulwark_soc_routes: the address of %s is none" % route["name"])
    return {"kind": route["kind"], needed: route[needed]}


def _regularly(control: str, name: str, settings: str, content: Mapping[str, Any], what: str) -> list[Step]:
    """Return the steps that run a program of ours every five minutes, with its settings."""
    place = "%s/%s.json" % (SETTINGS, settings)
    service = {
        "Unit": ["Description=%s" % what, "After=rsyslog.service"],
        "Service": [
            "Type=oneshot", "ExecStart=%s/%s %s" % (FOLDER, name, place), "StateDirectory=%s" % name,
            "StateDirectoryMode=0700", "UMask=0077", "Nice=10", "PrivateTmp=yes", "ProtectHome=yes",
            "NoNewPrivileges=yes",
        ],
    }  # fmt: skip
    timer = {
        "Unit": ["Description=When %s runs" % name],
        "Timer": ["OnActiveSec=2s", "OnCalendar=*:0/5", "AccuracySec=1s"],
        "Install": ["WantedBy=timers.target"],
    }
    return [
        file("%s/%s" % (FOLDER, name), program(ROLE, name), "0755"),
        file(place, json.dumps(content, indent=1) + "\n", "0600"),
        file("%s/%s.service" % (UNITS, name), _unit(control, service)),
        file("%s/%s.timer" % (UNITS, name), _unit(control, timer)),
        unit("%s.timer" % name, active=True, enabled=True),
    ]


def _unit(control: str, sections: Mapping[str, Iterable[str]]) -> str:
    parts = ["[%s]\n%s\n" % (name, "\n".join(lines)) for name, lines in sections.items()]
    return HEADER % control + "\n".join(parts)
