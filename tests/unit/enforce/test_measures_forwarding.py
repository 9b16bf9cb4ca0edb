# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.forwarding import rsyslog, ways
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.collectors import PORTS
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.forwarding import (
    ACTIONS,
    AUDIT,
    MEASURES,
    RULE,
)
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.judges.network import case

OWN = {"ca": "/etc/tls/ca.pem", "certificate": "/etc/tls/own.pem", "key": "/etc/tls/own.key"}
ACME = {"name": "acme", "address": "logs.acme.example", "peers": ["logs.acme.example", "*.logs.acme.example"], **OWN}
NORTH = {"name": "north", "address": "192.0.2.7", "protocol": "tls", "party": "msp:north", "ca": "/etc/tls/ca.pem"}
CONTRACT = {"party": "msp:north", "start": "2026-01-01", "end": "2026-12-31"}
DEBIAN = 'module(load="imuxsock")\n'


def facts(modules: dict[str, str] | None = None, syslog_ng: bool = False, **audit: Any) -> dict[str, Any]:
    """Return the facts of a host whose rsyslog has these modules, and whose auditd runs."""
    return {
        "system": {"family": "debian"},
        "forwarding": {"modules": modules or {}, "programs": {"syslog-ng": {"running": syslog_ng}}},
        "audit": {"installed": True, "daemon": {"active": True}, "conf": {}, **audit},
    }


def steps(name: str = "logs_forwarded", host: Any = None, space: str = "1g", **declared: Any) -> list[dict[str, Any]]:
    declared.setdefault("bulwark_collectors", [ACME])
    return MEASURES[name](case(host or facts(), **declared), {"space": space, "needed": True}, "lin-lm-forward-tls")


def nothing(_pattern: str) -> list[tuple[str, str]]:
    return []


def texts(found: list[dict[str, Any]]) -> dict[str, str]:
    return {step["path"]: step["content"] for step in found if step["kind"] == "file"}


def sent(found: list[dict[str, Any]], before: str = DEBIAN) -> list[dict[str, Any]]:
    """Return what the reader makes of what the steps write, in the order in which rsyslog reads it."""
    written = texts(found)
    return ways.destinations(rsyslog.parse("/x", before + "".join(written[path] for path in sorted(written)), nothing))[
        0
    ]


def test_what_is_written_is_what_the_reader_wants_to_see() -> None:
    found = steps(bulwark_collectors=[ACME, NORTH])
    first, second = sent(found)
    assert (first["protocol"], first["port"], first["tls"], first["peer_check"]) == ("relp", 2514, True, "name")
    assert first["peers"] == ACME["peers"]
    assert (first["ca"], first["certificate"], first["key"]) == tuple(OWN.values())
    assert (second["protocol"], second["address"], second["port"]) == ("tls", "192.0.2.7", 6514)
    assert (second["tls"], second["peer_check"], second["peers"]) == (True, "name", ["192.0.2.7"])
    for one in (first, second):
        assert one["takes"]["system"]["auth"] == 7
        assert one["queue"]["filename"] == "bulwark-%s" % ("acme" if one is first else "north")
        assert {**one["queue"], "filename": ""} == {
            "type": "disk", "filename": "", "save": True, "space": "1g", "retries": "-1",
        }  # fmt: skip
    assert [step["name"] for step in found if step["kind"] == "package"] == [
        "rsyslog",
        "rsyslog-relp",
        "rsyslog-gnutls",
    ]
    assert found[-2] == {"kind": "unit", "name": "rsyslog.service", "active": True, "enabled": True, "masked": False}


def test_a_module_is_loaded_once() -> None:
    written = texts(steps(host=facts({"omrelp": "/etc/rsyslog.d/own.conf", "imjournal": "/etc/rsyslog.conf"})))
    assert "module(" not in written[ACTIONS]
    # The host's own rules go by the journal there, and keep what they had.
    assert "stop" not in written[RULE]
    ours = texts(steps(host=facts({"omrelp": ACTIONS, "imjournal": ACTIONS})))
    assert ours == texts(steps())
    assert "stop" in ours[RULE]


def test_audit_records_go_as_well() -> None:
    found = steps("audit_forwarded")
    assert set(texts(found)) == {RULE, ACTIONS, AUDIT}
    assert sent(found)[0]["takes"]["/var/log/audit/audit.log"] == {"local6": 7}
    moved = steps("audit_forwarded", facts({"imfile": "/etc/rsyslog.conf"}, conf={"log_file": "/srv/a.log"}))
    assert "/srv/a.log" in sent(moved)[0]["takes"]
    assert "module(" not in texts(moved)[AUDIT]
    with pytest.raises(Left, match="auditd does not run"):
        steps("audit_forwarded", facts(installed=False))
    asked = {"space": "1g", "needed": False}
    host = case(facts(installed=False), bulwark_collectors=[ACME])
    assert MEASURES["audit_forwarded"](host, asked, "lin-lm-dual-dest") == []


def test_a_provider_gets_logs_while_its_contract_runs() -> None:
    both: dict[str, Any] = {"bulwark_collectors": [ACME, NORTH]}
    assert len(sent(steps(**both))) == 2
    assert len(sent(steps(**both, bulwark_contracts=[CONTRACT]))) == 2
    assert len(sent(steps(**both, bulwark_contracts=[{**CONTRACT, "end": "2026-02-01"}]))) == 1
    with pytest.raises(Left, match="no contract of msp:north"):
        steps(bulwark_collectors=[NORTH], bulwark_contracts=[])


@pytest.mark.parametrize(
    ("declared", "why"),
    [
        ({"bulwark_collectors": []}, "bulwark_collectors is empty"),
        ({"bulwark_collectors": [{**ACME, "protocol": "https"}]}, "by https"),
        ({"bulwark_collectors": [{**ACME, "ca": None}]}, "ca of acme"),
        ({"host": facts(syslog_ng=True)}, "syslog-ng logs here"),
        ({"space": "a lot"}, "bulwark_forward_queue_space"),
    ],
)
def test_what_is_left_to_people(declared: dict[str, Any], why: str) -> None:
    with pytest.raises(Left, match=why):
        steps(**declared)


def exposed_to(address: str, more: str = "") -> dict[str, Any]:
    """Return the facts of a host that sends everything there in the clear. more: lines of rsyslog's configuration."""
    text = DEBIAN + more + "*.* @@%s:514\n" % address
    found = ways.destinations(rsyslog.parse("/etc/rsyslog.d/own.conf", text, nothing))[0]
    host = facts()
    host["forwarding"]["destinations"] = [{**one, "active": True, "lacks": []} for one in found]
    return host


def test_a_way_in_the_clear_ends_where_the_journal_has_all_of_it() -> None:
    (step,) = steps("exposure_ended", exposed_to("logs.acme.example"))
    assert step["path"] == "/etc/rsyslog.d/own.conf"
    assert step["arguments"] == {"ways": [(2, "logs.acme.example")]}
    with pytest.raises(Left, match=r"somebody's decision \(/etc/rsyslog\.d/own\.conf:2\)"):
        steps("exposure_ended", exposed_to("192.0.2.66"))


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ('module(load="imudp")\ninput(type="imudp" port="514")\n', "imudp"),
        ('input(type="imfile" file="/var/log/nginx/access.log" tag="nginx:")\n', "/var/log/nginx/access.log"),
        ("$AddUnixListenSocket /var/spool/postfix/dev/log\n", "imuxsock"),
    ],
)
def test_a_way_that_carries_what_is_not_in_the_journal_stays(more: str, name: str) -> None:
    with pytest.raises(Left, match=r"not in the journal \(%s\), which nothing else would carry" % name):
        steps("exposure_ended", exposed_to("logs.acme.example", more))


@given(
    st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9.:_-]{0,30}[A-Za-z0-9])?", fullmatch=True),
    st.sampled_from(["relp", "tls"]),
    st.integers(1, 65535),
)
def test_any_valid_collector_is_read_back(name: str, address: str, protocol: str, port: int) -> None:
    entry = {**ACME, "name": name, "address": address, "peers": [], "protocol": protocol, "port": port}
    (one,) = sent(steps(bulwark_collectors=[entry]))
    assert (one["address"], one["port"], one["peers"], one["protocol"]) == (address, port, [address], protocol)
    assert set(PORTS) == {"relp", "tls", "https"}
