# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators import forwarding
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Unread
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict

from .host import identities, judge
from .network import case

ACME = {"name": "acme", "address": "logs.acme.example"}
NORTH = {"name": "north", "address": "logs.north.example", "party": "msp:north"}
LOGINS = {"system": {"auth": 7, "authpriv": 6}}
FILE = "/var/log/audit/audit.log"
QUEUE = {"type": "linkedlist", "filename": "q", "save": True, "space": "1g", "retries": "-1"}
RUNS = {"installed": True, "running": True, "enabled": True}


def way(address: Any = "logs.acme.example", **more: Any) -> dict[str, Any]:
    """Return a protected destination of rsyslog's that gets everything asked for."""
    return {
        "program": "rsyslog", "place": "/etc/rsyslog.d/a.conf:1", "protocol": "relp", "address": address, "port": 2514,
        "tls": True, "peer_check": "name", "peers": [address], "ca": "/ca.pem", "certificate": None, "key": None,
        "queue": QUEUE, "takes": LOGINS, "may": LOGINS, "unclear": [], "active": True, "collector": None, "lacks": [],
        **more,
    }  # fmt: skip


def areas(*destinations: dict[str, Any], others: Any = (), state: Any = RUNS, **audit: Any) -> dict[str, Any]:
    """Return the facts of a host with these destinations and an auditd that runs."""
    return {
        "forwarding": {
            "destinations": list(destinations), "others": list(others), "modules": {},
            "programs": {"rsyslog": state, "syslog-ng": {**RUNS, "running": False}, "shipper": state},
        },
        "audit": {
            "installed": True, "refusal": None, "daemon": {"active": True, "enabled": True}, "plugins": [], "conf": {},
            "remote": {}, **audit,
        },
        "units": {"active": [], "enabled": []},
    }  # fmt: skip


def tls(*destinations: dict[str, Any], collectors: Any = (ACME,), **more: Any) -> Verdict:
    return judge("lin-lm-forward-tls", areas(*destinations, **more), bulwark_collectors=list(collectors))


def test_one_protected_way_is_enough() -> None:
    assert tls(way()).status == "pass"
    assert tls(way(), way("logs.other.example")).status == "pass"
    assert tls(way(peer_check="fingerprint", peers=["SHA256:AA"])).status == "pass"


@pytest.mark.parametrize(
    ("more", "identity"),
    [
        ({"tls": False, "protocol": "tcp"}, "rsyslog: acme: in the clear (tcp)"),
        ({"peer_check": "none"}, "rsyslog: acme: under TLS"),
        ({"peer_check": "certvalid"}, "rsyslog: acme: with whoever any of its authorities vouches for"),
        ({"peers": ["logs.evil.example"]}, "rsyslog: acme: with logs.evil.example"),
        ({"peers": []}, "rsyslog: acme: with any name"),
    ],
)
def test_an_unsafe_way_is_named_and_does_not_count(more: dict[str, Any], identity: str) -> None:
    assert identities(tls(way(**more))) == [identity, "auth", "authpriv"]
    assert identities(tls(way(), way(**more))) == [identity]


def test_what_is_sent_elsewhere_in_the_clear_is_named_too() -> None:
    clear = {"tls": False, "protocol": "udp", "port": 514}
    assert identities(tls(way(), way("192.0.2.1", **clear))) == ["rsyslog: 192.0.2.1:514: in the clear (udp)"]
    assert tls(way(), way("127.0.0.1", **clear)).status == "pass"
    assert tls(way(), way("192.0.2.1", **clear, active=False)).status == "pass"


def test_what_does_not_run_or_start_does_not_count() -> None:
    for missing, text in (("running", "does not run"), ("enabled", "the next boot does not start it")):
        found = tls(way(active=False), state={**RUNS, missing: False})
        assert identities(found) == ["auth", "authpriv"]
        assert text in found.wrong[0].text


def test_facilities_go_from_info_on() -> None:
    assert identities(tls(way(takes={"system": {"auth": 5, "authpriv": 6}}, may={}))) == ["auth"]
    assert identities(tls(way(takes={}, may={}))) == ["auth", "authpriv"]


def test_what_may_go_is_unknown() -> None:
    found = tls(way(takes={}, unclear=["/etc/rsyslog.d/n.conf:3"]))
    assert found.status == "unknown"
    assert "/etc/rsyslog.d/n.conf:3" in found.reason
    elsewhere = tls(others=[{"place": "/etc/rsyslog.d/k.conf:1", "type": "omkafka"}])
    assert (elsewhere.status, "omkafka (/etc/rsyslog.d/k.conf:1)" in elsewhere.reason) == ("unknown", True)


def test_no_collector() -> None:
    assert identities(tls(collectors=())) == ["nobody"]
    with pytest.raises(NotApplicable):
        judge("lin-lm-forward-tls", areas(), bulwark_collectors=[], bulwark_host_functions=["collector"])


def test_an_agent_counts_by_its_lines() -> None:
    agent = way(program="shipper", address=None, port=None, protocol="agent", peer_check="agent", collector="acme")
    assert tls(agent).status == "pass"
    found = tls({**agent, "tls": False, "lacks": ["tls On"]})
    assert identities(found) == ["shipper: acme: in the clear (agent)", "auth", "authpriv"]
    assert "lacks the line 'tls On'" in found.wrong[1].text


@pytest.mark.parametrize(
    ("lack", "identity"),
    [
        ({"type": "direct"}, "queue"), ({"filename": None}, "disk"), ({"save": False}, "restart"),
        ({"space": None}, "bound"), ({"space": "0"}, "bound"), ({"retries": "5"}, "retries"),
    ],
)  # fmt: skip
def test_queues(lack: dict[str, Any], identity: str) -> None:
    declared: dict[str, Any] = {"bulwark_collectors": [ACME]}
    assert judge("lin-lm-forward-queue", areas(way()), **declared).status == "pass"
    found = judge("lin-lm-forward-queue", areas(way(queue={**QUEUE, **lack})), **declared)
    assert identities(found) == ["rsyslog to logs.acme.example:2514: %s" % identity]


def test_queues_that_are_none() -> None:
    declared: dict[str, Any] = {"bulwark_collectors": [ACME]}
    assert judge("lin-lm-forward-queue", areas(way(queue=None)), **declared).status == "pass"
    nothing = judge("lin-lm-forward-queue", areas(), **declared)
    assert (nothing.status, nothing.cause) == ("fail", "lin-lm-forward-tls")
    kept = {"type": "agent", "filename": None, "save": False, "space": None, "retries": "-1"}
    assert len(judge("lin-lm-forward-queue", areas(way(queue=kept)), **declared).wrong) == 1


def audited(*destinations: dict[str, Any], **audit: Any) -> Verdict:
    return judge("lin-lm-audit-forward", areas(*destinations, **audit), bulwark_collectors=[ACME])


def test_audit_records_leave_by_their_file() -> None:
    assert identities(audited(way())) == ["audit"]
    assert audited(way(takes={FILE: {"local6": 7}})).status == "pass"
    assert audited(way(takes={"/var/log/audit/*.log": {"local6": 7}})).status == "pass"
    moved = {"conf": {"log_file": "/srv/audit.log"}}
    assert identities(audited(way(takes={FILE: {"local6": 7}}), **moved)) == ["audit"]


def test_audit_records_leave_by_syslog() -> None:
    plugin = {"name": "syslog", "active": True, "path": "/sbin/audisp-syslog", "args": "LOG_INFO", "file": "/p"}
    local = {"system": {"local6": 7, "auth": 7}}
    assert identities(audited(way(takes=local, may=local), plugins=[plugin])) == ["audit"]
    assert audited(way(takes=local, may=local), plugins=[{**plugin, "args": "LOG_INFO LOG_LOCAL6"}]).status == "pass"
    assert audited(way(takes=local), plugins=[{**plugin, "args": "LOG_LOCAL6", "active": False}]).status == "fail"


def test_audit_records_leave_by_another_daemon() -> None:
    plugin = {"name": "au-remote", "active": True, "path": "/sbin/audisp-remote", "args": "", "file": "/p"}
    remote = {"remote_server": "logs.acme.example", "enable_krb5": "yes"}
    assert audited(plugins=[plugin], remote=remote).status == "pass"
    assert audited(plugins=[plugin], remote={**remote, "enable_krb5": "no"}).status == "fail"
    assert audited(plugins=[plugin], remote={**remote, "remote_server": "elsewhere"}).status == "fail"
    assert audited(plugins=[plugin], remote={"remote_server": "127.0.0.1"}).status == "unknown"


def test_without_records_there_is_nothing_to_send() -> None:
    assert audited(installed=False).cause == "lin-lm-auditd-on"
    assert audited(daemon={"active": False, "enabled": False}).cause == "lin-lm-auditd-on"
    with pytest.raises(NotApplicable, match="no netlink"):
        audited(refusal="no netlink")


def managed(*destinations: dict[str, Any], collectors: Any = (ACME, NORTH), **more: Any) -> Verdict:
    return judge(
        "lin-lm-dual-dest", areas(*destinations, **more), bulwark_collectors=list(collectors),
        bulwark_msp_managed=["msp:north"],
    )  # fmt: skip


def test_a_customer_gets_its_own_logs() -> None:
    everything = {**LOGINS, FILE: {"local6": 7}}
    assert managed(way(takes=everything)).status == "pass"
    assert identities(managed(way(takes=LOGINS))) == ["audit"]
    assert managed(way(takes=LOGINS), installed=False).status == "pass"
    assert identities(managed(way("logs.north.example", takes=everything), installed=False)) == ["auth", "authpriv"]
    assert identities(managed(collectors=(NORTH,))) == ["none"]
    assert managed().cause == "lin-lm-forward-tls"
    with pytest.raises(NotApplicable):
        judge("lin-lm-dual-dest", areas(), bulwark_collectors=[ACME], bulwark_msp_managed=[])


def test_ways_by_party_and_subject() -> None:
    facts = areas(way(), way("logs.north.example", takes={FILE: {"local6": 7}}))
    given = case(facts, bulwark_collectors=[ACME, NORTH])
    assert [one.collector.name for one in forwarding.paths(given)] == ["acme", "north"]
    assert [one.collector.name for one in forwarding.forwards(given, "auth")] == ["acme"]
    assert [one.collector.name for one in forwarding.forwards(given, FILE)] == ["north"]
    assert forwarding.forwards(given, FILE, "customer") == []
    hidden = case(areas(way(takes={}, unclear=["x:1"])), bulwark_collectors=[ACME])
    with pytest.raises(Unread, match="depends on x:1"):
        forwarding.forwards(hidden, "auth")
    assert forwarding.forwards(hidden, "kern") == []


def test_addresses_are_compared_as_such() -> None:
    given = case(areas(way("2001:DB8:0::1", peers=["2001:db8::1"])),
                 bulwark_collectors=[{"name": "six", "address": "2001:db8::1"}])  # fmt: skip
    assert len(forwarding.paths(given)) == 1
    assert not forwarding.paths(case(areas(way(port=6514)), bulwark_collectors=[ACME]))
