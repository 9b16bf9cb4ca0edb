# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.collecting import MEASURES
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators import collecting
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case, NotApplicable, Verdict
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES

from .network import case, texts

RELP = {"program": "rsyslog", "place": "/etc/rsyslog.conf:3", "kind": "relp", "port": "2514", "ruleset": "in",
        "tls": True, "peer_check": "name", "peers": ["web.example"]}  # fmt: skip
SOCKET = {"proto": "tcp", "address": "0.0.0.0", "port": 2514, "process": "rsyslogd"}
STORE = {"path": "/srv/logs", "place": "x", "files": 2, "guarded": True, "loose": [], "more": 0,
         "way": [{"path": "/", "uid": 0, "gid": 0, "mode": "0755"}]}  # fmt: skip
SEAL: dict[str, Any] = {"place": "/etc/seal.json", "settings": {"keep_days": 180, "free_percent": 10}, "safe": True,
        "last": {"at": 1000, "problems": [], "broken": {}}}  # fmt: skip
PERSON = {"name": "north-kim", "kind": "person", "party": "msp:north", "admin": True}
CONTRACT = {"party": "msp:north", "start": "2025-01-15", "end": "2027-01-31"}
DECLARED: dict[str, Any] = {
    "bulwark_host_functions": ["collector"], "bulwark_accounts": [PERSON], "bulwark_contracts": [CONTRACT],
    "bulwark_admin_cidrs": ["10.9.0.0/24"],
    "bulwark_log_senders": [{"name": "web", "address": "10.0.0.2", "peer": "web.example"}],
}  # fmt: skip


def host(facts: dict[str, Any], sockets: Any = (SOCKET,), enabled: Any = (), **declared: Any) -> Case:
    areas = {
        "collecting": {"inputs": [RELP], "stores": [STORE], "seal": SEAL, "alerts": None,
                       "writing": {"drops": [], "omfile": []}, **facts},
        "sockets": {"listening": list(sockets), "client_ports": [32768, 60999]},
        "accounts": {"users": [], "gids": {}, "uid_min": 1000}, "units": {"enabled": list(enabled)},
        "system": {"now": 1200, "hostname": "log"}, "keys": {"authorized": []},
        "firewall": {"addresses": [{"address": "10.0.0.9"}]},
    }  # fmt: skip
    return case(areas, **{**DECLARED, **declared})


def judged(control: str, facts: dict[str, Any], **more: Any) -> Verdict:
    return JUDGES[f"lin-lm-{control}"](host(facts, **more))


@pytest.mark.parametrize(("change", "word"), [
    ({"tls": False, "peer_check": "none"}, "in the clear"), ({"peer_check": "none"}, "from anybody"),
    ({"peer_check": "ca"}, "its authority vouches for"), ({"peers": ["*.example"]}, "doesn't list one by one"),
    ({"peers": []}, "doesn't list one by one"),
    ({"program": "journal-remote", "kind": "http", "tls": False, "peer_check": "none"}, "in the clear (http)"),
])  # fmt: skip
def test_a_port_takes_logs_from_named_senders_alone(change: dict[str, Any], word: str) -> None:
    collectors = [{"name": "logs", "address": "10.0.0.9", "admins": ["acme-logs"]}]
    assert judged("collector-segregated", {}, bulwark_collectors=collectors).status == "pass"
    (found,) = texts(judged("collector-segregated", {"inputs": [{**RELP, **change}]}, bulwark_collectors=collectors))
    assert word in found


def test_a_sender_by_udp_is_no_collector() -> None:
    sending = {"proto": "udp", "address": "0.0.0.0", "port": 40000, "process": "rsyslogd"}
    with pytest.raises(NotApplicable):
        judged("store-immutable", {}, sockets=[sending], bulwark_host_functions=[])
    assert collecting.receivers(host({}, sockets=[{**SOCKET, "address": "127.0.0.1"}])) == []


@pytest.mark.parametrize(("facts", "word"), [
    ({"stores": [{**STORE, "guarded": False}]}, "whole senders"),
    ({"stores": [{**STORE, "loose": ["/srv/logs/web/a.log"]}]}, "neither append-only nor immutable"),
    ({"stores": [{**STORE, "way": [{"path": "/srv", "uid": 0, "gid": 0, "mode": "0777"}]}]}, "everybody"),
    ({"seal": {**SEAL, "settings": {**SEAL["settings"], "keep_days": 30}}}, "30 newer ones"),
    ({"seal": {**SEAL, "settings": {"keep_days": 180}}}, "less than 10 % are free"),
    ({"seal": {**SEAL, "settings": {**SEAL["settings"], "free_percent": 5}}}, "less than 10 % are free"),
    ({"seal": {**SEAL, "safe": False}}, "others than root"),
    ({"seal": {**SEAL, "last": {"at": -9000, "problems": [], "broken": {}}}}, "for more than an hour"),
    ({"seal": {**SEAL, "last": {"at": 1000, "problems": ["web/a had 9 bytes and has 0"]}}}, "had 9 bytes"),
])  # fmt: skip
def test_a_store_is_not_shortened(facts: dict[str, Any], word: str) -> None:
    timers = ["bulwark-log-seal.timer"]
    assert judged("store-immutable", {}, enabled=timers).status == "pass"
    (found,) = texts(judged("store-immutable", facts, enabled=timers))
    assert word in found
    assert "not enabled" in texts(judged("store-immutable", {}))[0]


def test_a_store_without_a_file_shows_nothing() -> None:
    found = judged("store-immutable", {"stores": [{**STORE, "files": 0}]}, enabled=["bulwark-log-seal.timer"])
    assert (found.status, found.reason.partition(":")[0]) == ("unknown", "/srv/logs holds no file")


def written(**declared: Any) -> dict[str, Any]:
    """Return the rules that the role writes for a host, with a route each."""
    return {name: {**rule, "routes": ["soc"]} for name, rule in collecting.wanted_rules(host({}, **declared)).items()}


@pytest.mark.parametrize(("rule", "change", "word"), [
    ("msp_logon", {"accounts": {}}, "not what registers and policy say"),
    ("silent_source", {"hours": 48}, "not what registers and policy say"),
    ("silent_source", {"senders": []}, "not what registers and policy say"),
    ("mfa_failures", {"minutes": 1}, "not what registers and policy say"),
    ("new_admin", {"routes": ["gone"]}, "goes to nobody"),
])  # fmt: skip
def test_alert_rules_are_what_registers_say_and_tell_somebody(rule: str, change: dict[str, Any], word: str) -> None:
    def alerts(rules: dict[str, Any]) -> Verdict:
        settings = {"routes": {"soc": {"kind": "syslog"}}, "rules": rules}
        own = {"place": "x", "settings": settings, "safe": True, "last": {"at": 1100, "problems": [], "broken": {}}}
        return judged("alert-rules", {"alerts": own}, enabled=["bulwark-log-alert.timer"])

    rules = written()
    assert alerts(rules).status == "pass"
    assert alerts({**rules, "mfa_failures": {"count": 3, "minutes": 60, "routes": ["soc"]}}).status == "pass"
    (found,) = texts(alerts({**rules, rule: {**rules[rule], **change}}))
    assert word in found


def test_alerts_that_were_told_as_a_number_are_told_for_a_day() -> None:
    def alerts(folded: dict[str, Any] | None) -> Verdict:
        last = {"at": 1100, "problems": [], "broken": {}, "folded": folded}
        own = {"place": "x", "settings": {"routes": {"soc": {"kind": "syslog"}}, "rules": written()}, "safe": True}
        return judged("alert-rules", {"alerts": {**own, "last": last}}, enabled=["bulwark-log-alert.timer"])

    assert alerts(None).status == alerts({"at": 1200 - 86400, "alerts": 9}).status == "pass"
    assert texts(alerts({"at": 1000, "alerts": 180}))[0].startswith("within the last day, 180 alerts at once")


def test_whose_logons_are_looked_at_is_in_the_evidence() -> None:
    """A collector knows the accounts that are declared for itself, not those of its senders' groups."""
    known = "accounts of providers that bulwark_accounts declares for this host: %s"
    assert known % "north-kim" in judged("alert-rules", {}).evidence
    assert known % "none" in judged("alert-rules", {}, bulwark_accounts=[]).evidence


def test_a_provider_without_a_contract_may_never_come() -> None:
    (agreed,) = written(bulwark_contracts=[])["msp_logon"]["accounts"].values()
    assert (agreed["windows"], agreed["from"] > agreed["until"]) == ([], True)
    (agreed,) = written()["msp_logon"]["accounts"].values()
    assert agreed["windows"] == [collecting.ALWAYS]


@pytest.mark.parametrize(("change", "word"), [
    ({"senders": []}, "bulwark_log_senders must say"),
    ({"senders": [{"name": "../x", "address": "10.0.0.2", "peer": "x"}]}, r'senders\[0\].name: "../x" must be'),
    ({"senders": [{"name": "web", "address": "10.0.0.2", "peer": 'a"]) action('}]}, "is no name that"),
    ({"senders": [{"name": "web", "address": "web.example", "peer": "x"}]}, "is no IP address"),
    ({"senders": [{"name": name, "address": "10.0.0.2", "peer": "x"} for name in "ab"]}, "is the address of"),
    ({"store": "/var/log"}, "is a folder of the system's"),
    ({"store": "/srv/lo gs"}, "bulwark_log_store: .* is no absolute path"),
])  # fmt: skip
def test_nothing_gets_into_a_configuration_that_means_more(change: dict[str, Any], word: str) -> None:
    given = {"senders": DECLARED["bulwark_log_senders"], "store": "/srv/logs", "ca": "/c", "certificate": "/d",
             "key": "/k", "relp_port": 2514, "tls_port": 0}  # fmt: skip
    assert not any("imtcp" in step.get("content", "") for step in MEASURES["logs_received"](host({}), given, "c"))
    with pytest.raises(Left, match=word):
        MEASURES["logs_received"](host({}), {**given, **change}, "c")
    assert MEASURES["logs_received"](host({}, bulwark_host_functions=[]), given, "c") == []


def received(facts: dict[str, Any], **given: Any) -> dict[str, str]:
    """Return the files that have a host take logs, by path."""
    arguments = {"senders": DECLARED["bulwark_log_senders"], "store": "/srv/logs", "ca": "/c", "certificate": "/d",
                 "key": "/k", "relp_port": 2514, "tls_port": 0, **given}  # fmt: skip
    steps = MEASURES["logs_received"](host(facts), arguments, "c")
    return {step["path"]: step["content"] for step in steps if step["kind"] == "file"}


def test_an_address_is_written_as_a_connection_has_it() -> None:
    senders = [{"name": "web", "address": "FD00:0::9", "peer": "x"}, {"name": "db", "address": "10.0.0.3", "peer": "x"}]
    text = received({}, senders=senders)["/etc/rsyslog.d/00-bulwark-collector.conf"]
    assert '$fromhost-ip == "fd00::9"' in text and '$fromhost-ip == "10.0.0.3"' in text


def test_what_cannot_be_written_is_not_acknowledged() -> None:
    """rsyslog waits where a file can't be opened, and does not start where a folder can't be made."""
    receiver, unit = "/etc/rsyslog.d/00-bulwark-collector.conf", "rsyslog.service.d/bulwark-collector.conf"
    files = received({})
    module = 'module(load="builtin:omfile" dynafile.donotsuspend="off")'
    assert module in files[receiver] and 'action.resumeRetryCount="-1"' in files[receiver]
    (dropped,) = (text for path, text in files.items() if path.endswith(unit))
    assert "ExecStartPre=/usr/bin/mkdir -p -m 0700 /srv/logs /srv/logs/web\n" in dropped

    def omfile(*places: tuple[str, bool]) -> dict[str, Any]:
        return {"writing": {"drops": [], "omfile": [{"place": place, "waits": waits} for place, waits in places]}}

    # Its own line is no other's, and one that says so already is enough: rsyslog takes it once only.
    assert received(omfile((receiver + ":2", True))) == files
    assert module not in received(omfile(("/etc/rsyslog.conf:9", True)))[receiver]
    with pytest.raises(Left, match=r"/etc/rsyslog.conf:9 .* add dynafile.donotsuspend"):
        received(omfile(("/etc/rsyslog.conf:9", False)))
    with pytest.raises(Left, match=r"/etc/rsyslog.conf:31: rsyslog gives up root's rights"):
        received({"writing": {"drops": ["/etc/rsyslog.conf:31"], "omfile": []}})


def test_routes_are_whole() -> None:
    def watched(*routes: dict[str, Any]) -> Any:
        return MEASURES["logs_watched"](host({}), {"store": "/srv/logs", "routes": list(routes)}, "c")

    for route in ({"name": "a", "kind": "mail"}, {"name": "a", "kind": "mail", "to": "-Xx@y"}):
        with pytest.raises(Left):
            watched(route)
    with pytest.raises(Left, match="bulwark_soc_routes"):
        watched()
    assert watched({"name": "a", "kind": "syslog", "facility": "local5"})


def test_a_collector_is_known_by_its_name_in_the_inventory() -> None:
    declared: dict[str, Any] = {"bulwark_collectors": [{"name": "acme", "address": "192.0.2.9", "host": "acme-log"}]}
    areas = {"system": {"hostname": "log1"}, "firewall": {"addresses": []}}
    unnamed = case(areas, **declared)
    assert collecting.own(unnamed) is None
    known = collecting.own(replace(unnamed, host="acme-log"))
    assert known is not None and known.name == "acme"
