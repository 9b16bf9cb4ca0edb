# SPDX-License-Identifier: GPL-3.0-or-later
"""Clocks, sensors, denied packets, changed files and application control as judged, where no host shows it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.netfilter import nft
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.judges.network import case, texts

NOW = 1795420800
HOUR, DAY = 3600, 86400
UTC = {"now": NOW, "timezone": "UTC"}


def judged(control: str, areas: dict[str, Any], unread: dict[str, str] | None = None, **declared: Any) -> Verdict:
    """Return the verdict on a host with these areas."""
    return JUDGES[control](case(areas, unread, **declared))


def clock(offset: float | None = 0.001, unread: dict[str, str] | None = None, **more: Any) -> Verdict:
    sources = [{"name": name, "platform": False, "usable": True} for name in ("a.acme", "b.acme")]
    facts = {
        "programs": [{"name": "chrony", "unit": "chrony.service", "active": True, "enabled": True}],
        "clocks": {"chrony": {"synchronised": True, "offset": offset, "sources": sources}},
        "stamps": [],
        **more,
    }
    return judged("lin-lm-time-sync", {"system": UTC, "time": facts}, unread, bulwark_time_sources=["*.acme"])


def test_a_clock_that_is_off() -> None:
    assert clock().status == "pass"
    assert texts(clock(-1.5)) == ["the clock is off by 1.500 s by chrony.service"]
    assert clock(None).status == "unknown"
    assert clock(clocks={}, unread={"time.clocks.chrony": "chronyc: no"}).reason == "chronyc: no"


def test_two_programs_are_one_too_many() -> None:
    programs = [
        {"name": "chrony", "unit": "chrony.service", "active": True, "enabled": True},
        {"name": "openntpd", "unit": "openntpd.service", "active": True, "enabled": True},
    ]
    assert texts(clock(programs=programs)) == ["several programs set the clock: chrony.service, openntpd.service"]


def test_a_clock_that_is_the_machine_s() -> None:
    nobody: dict[str, Any] = {"programs": [], "clocks": {}, "stamps": []}
    with pytest.raises(NotApplicable, match="the machine it runs on"):
        judged("lin-lm-time-sync", {"system": {**UTC, "own_kernel": False}, "time": nobody})
    own = judged("lin-lm-time-sync", {"system": {**UTC, "own_kernel": True}, "time": nobody})
    assert texts(own) == ["nothing keeps the clock"]


def test_a_clock_of_the_machine_is_enough() -> None:
    sources = [{"name": "PHC0", "platform": True, "usable": True}]
    facts = {"chrony": {"synchronised": True, "offset": 0.0, "sources": sources}}
    programs = [{"name": "chrony", "unit": "chronyd.service", "active": True, "enabled": True}]
    areas = {"system": UTC, "time": {"programs": programs, "clocks": facts, "stamps": []}}
    assert judged("lin-lm-time-sync", areas, bulwark_time_platform_sources=["PHC*"]).status == "pass"
    assert texts(judged("lin-lm-time-sync", areas)) == ["of at least 2 approved sources 0 can be used: none"]


def edr(looks: dict[str, Any], sensor: dict[str, Any], unread: dict[str, str] | None = None, **more: Any) -> Verdict:
    areas = {
        "system": UTC,
        "units": {
            "active": ["mdatp.service", "falcon-sensor.service"],
            "enabled": ["mdatp.service", "falcon-sensor.service"],
        },
        "packages": {"installed": {"mdatp": "101.25"}},
        "sensors": {"looks": looks},
        **more,
    }
    return judged("lin-lm-edr", areas, unread, bulwark_sensors=[sensor])


def test_a_guard_that_the_host_shows() -> None:
    name = "Microsoft Defender for Endpoint"
    entry = {"name": "mdatp", "check_in": "/c"}
    assert edr({name: {"check_in": NOW - HOUR, "guard": True}}, entry).status == "pass"
    off = edr({name: {"check_in": NOW - HOUR, "guard": False}}, entry)
    assert texts(off) == ["Microsoft Defender for Endpoint: its guard against tampering is not on"]
    assert edr({name: {"check_in": NOW}}, entry, {"sensors.%s.guard" % name: "denied"}).reason == "denied"


@pytest.mark.parametrize(("guarded", "status"), [(None, "unknown"), ("2026-07-01", "unknown"), ("2026-11-01", "pass")])
def test_a_guard_that_only_a_console_shows(guarded: str | None, status: str) -> None:
    entry = {"name": "falcon", "check_in": "/c", "guarded": guarded}
    assert edr({"CrowdStrike Falcon": {"check_in": NOW}}, entry).status == status


def test_a_version_that_no_package_tells() -> None:
    entry = {"name": "falcon", "check_in": "/c", "guarded": "2026-11-01", "version": "7.0"}
    assert "no package says" in edr({"CrowdStrike Falcon": {"check_in": NOW}}, entry).reason


def chain(name: str, hook: str | None, policy: str | None, *rules: dict[str, Any]) -> dict[str, Any]:
    return {"family": "inet", "table": "t", "name": name, "type": "filter" if hook else None, "hook": hook,
            "priority": 0, "policy": policy, "rules": list(rules), "logs": []}  # fmt: skip


def rule(verdict: str, target: str | None = None, match: bool = False) -> dict[str, Any]:
    return {"match": [{"field": "saddr"}] if match else [], "verdict": verdict, "target": target, "raw": False}


LOG: dict[str, Any] = {"match": [], "verdict": None, "target": None, "raw": False, "before": 0, "limited": True}


def denied(chains: list[dict[str, Any]], *logged: tuple[str, bool], **declared: Any) -> list[str]:
    chains = [
        {**one, "logs": [{**LOG, "limited": limited} for name, limited in logged if name == one["name"]]}
        for one in chains
    ]
    areas = {"firewall": {"chains": chains}, "units": {"active": []}, "resolvers": {"servers": []}}
    return texts(judged("lin-lm-fw-log", areas, **declared))


def test_a_rule_that_logs_may_stand_in_a_chain_that_is_jumped_to() -> None:
    chains = [chain("in", "input", "drop", rule("jump", "log")), chain("log", None, None, rule("goto", "in"))]
    assert denied(chains, ("log", True)) == []
    assert denied(chains, ("elsewhere", True)) == ["inet t in denies packets and logs none"]
    assert denied(chains, ("log", False)) == [
        "inet t in logs without a limit (in log): who is denied often enough fills the disk"
    ]


def test_who_is_banned_need_not_be_logged_where_another_chain_closes() -> None:
    bans = chain("f2b", "input", "accept", rule("drop", match=True))
    closes = chain("in", "input", "accept", rule("accept", match=True), rule("drop"))
    assert denied([bans, closes], ("in", True)) == []
    assert denied([bans]) == ["inet t f2b denies packets and logs none"]


def by_nft(*rules: str) -> list[str]:
    """Return what is wrong with a chain of policy drop and these rules; one named before " | " is in that chain."""
    chains: dict[str, list[Any]] = {"in": []}
    for one in rules:
        name, _bar, text = one.rpartition(" | ")
        chains.setdefault(name or "in", []).append([EXPRESSIONS[word] for word in text.split(", ")])
    base = {"type": "filter", "hook": "input", "prio": 0, "policy": "drop"}
    entries: list[Any] = [
        {"chain": {"family": "inet", "table": "t", "name": name, **(base if name == "in" else {})}} for name in chains
    ]
    entries += [
        {"rule": {"family": "inet", "table": "t", "chain": name, "expr": expression}}
        for name, expressions in chains.items()
        for expression in expressions
    ]
    found, _foreign = nft.parse(json.dumps({"nftables": entries}))
    areas = {"firewall": {"chains": found}, "units": {"active": []}, "resolvers": {"servers": []}}
    return [text.partition(" (")[0] for text in texts(judged("lin-lm-fw-log", areas))]


def _tcp(port: int) -> dict[str, Any]:
    left = {"payload": {"protocol": "tcp", "field": "dport"}}
    return {"match": {"op": "==", "left": left, "right": port}}


EXPRESSIONS: dict[str, dict[str, Any]] = {
    "ssh": _tcp(22), "web": _tcp(80), "new": {"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": "new"}},
    "mark": {"match": {"op": "==", "left": {"meta": {"key": "mark"}}, "right": 7}},
    "limit": {"limit": {"rate": 5, "per": "minute"}}, "log": {"log": {"prefix": "x "}},
    "accept": {"accept": None}, "drop": {"drop": None}, "reject": {"reject": None}, "return": {"return": None},
    "jump": {"jump": {"target": "sub"}}, "goto": {"goto": {"target": "sub"}},
    "vmap": {"vmap": {"key": _tcp(22)["match"]["left"],
                      "data": {"set": [[22, {"accept": None}], [23, {"drop": None}]]}}},
}  # fmt: skip
NONE, ENDLESS = ["inet t in denies packets and logs none"], ["inet t in logs without a limit"]


@pytest.mark.parametrize(
    ("rules", "wrong"),
    [
        # What a rule lets in by itself.
        (["ssh, limit, log, accept"], NONE),
        (["mark, limit, log, accept"], NONE),
        (["ssh, log, accept", "limit, log"], []),
        (["ssh, log, accept", "limit, log, drop"], []),
        (["ssh, log, accept", "log"], ENDLESS),
        (["limit, log, drop"], []),
        (["limit, log, reject"], []),
        (["log, drop"], ENDLESS),
        (["log, limit, drop"], ENDLESS),
        # What the rule behind it lets in, which asks for nothing more.
        (["ssh, limit, log", "ssh, accept"], NONE),
        (["ssh, new, limit, log", "ssh, accept"], NONE),
        (["ssh, limit, log", "web, accept"], []),
        (["limit, log", "ssh, accept"], []),
        (["limit, log", "mark, accept"], []),
        (["limit, log", "accept"], NONE),
        # Nothing comes to it.
        (["drop", "limit, log"], NONE),
        (["ssh, drop", "ssh, new, limit, log"], NONE),
        (["ssh, drop", "limit, log"], []),
        # Chains that are jumped to.
        (["jump", "sub | limit, log"], []),
        (["jump", "sub | limit, log", "sub | drop"], []),
        (["jump", "sub | limit, log", "sub | accept"], NONE),
        (["jump", "accept", "sub | limit, log"], NONE),
        (["jump", "accept", "sub | limit, log", "sub | web, drop"], []),
        (["ssh, jump", "accept", "sub | limit, log", "sub | return", "sub | drop"], NONE),
        (["goto", "accept", "sub | limit, log"], []),
        (["limit, log, jump", "accept", "sub | web, drop"], []),
        (["limit, log, jump", "accept", "sub | web, accept"], NONE),
        (["limit, log, goto", "accept", "sub | web, accept"], []),
        (["limit, log, return", "drop"], []),
        (["limit, log, vmap"], []),
    ],
)
def test_what_is_logged_must_be_what_is_denied(rules: list[str], wrong: list[str]) -> None:
    assert by_nft(*rules) == wrong


@given(st.lists(st.builds("{}{}".format, st.sampled_from(["", "sub | "]), st.lists(
    st.sampled_from(sorted({*EXPRESSIONS} - {"jump", "goto"})), min_size=1, max_size=3, unique=True).map(", ".join)),
    max_size=5))  # fmt: skip
def test_a_rule_that_only_logs_what_it_accepts_changes_nothing(rules: list[str]) -> None:
    both = [*rules, "sub | return"]
    assert by_nft("ssh, log, accept", *both) == by_nft("ssh, accept", *both)


def fim(aide: list[dict[str, Any]], syscheck: dict[str, Any] | None = None, **declared: Any) -> Verdict:
    facts = {"aide": aide, "timers": {"a.timer": {"active": True, "enabled": True}}, "cron": [], "syscheck": syscheck}
    areas = {"system": UTC, "integrity": facts, "units": {"active": []}}
    return judged("lin-lm-fim", areas, **declared)


def aide(**more: Any) -> dict[str, Any]:
    return {"config": "/c", "database": "/d", "made": NOW - 30 * DAY, "report": "/r", "ended": NOW - 2 * DAY,
            "changed": [], "more": False, **more}  # fmt: skip


def test_a_host_of_tier_0_is_compared_every_day() -> None:
    assert fim([aide()]).status == "pass"
    assert texts(fim([aide()], bulwark_host_tier=0)) == ["/c: AIDE last compared 2 days ago, at most 1 are allowed"]


def test_a_database_made_since_accepts_what_was_told() -> None:
    assert fim([aide(changed=["/etc/pam.d/sshd"])]).status == "fail"
    assert fim([aide(changed=["/etc/pam.d/sshd"], made=NOW - DAY)]).status == "pass"
    assert fim([aide(changed=["/etc/motd"])]).status == "pass"
    assert fim([aide(changed=[], more=True)]).status == "unknown"


def test_wazuh_that_is_stopped() -> None:
    found = fim([], {"on": True, "made": None, "ended": NOW - 9 * DAY})
    assert [text.split(",")[0] for text in texts(found)] == [
        "Wazuh's syscheck is configured",
        "Wazuh's syscheck has no database yet",
        "Wazuh's syscheck last looked at all files more than 7 days ago",
    ]


def appctl(ima: dict[str, Any], **declared: Any) -> Verdict:
    areas = {"units": {"active": [], "enabled": []}, "application_control": {"fapolicyd": None, "ima": ima}}
    return judged("lin-lm-appctl", areas, **{"bulwark_host_functions": ["internet_facing"], **declared})


def test_the_kernels_own_appraisal() -> None:
    programs = ["appraise func=BPRM_CHECK appraise_type=imasig"]
    assert appctl({"appraise": "enforce", "policy": programs}).status == "pass"
    assert appctl({"appraise": "log", "policy": programs}).status == "fail"
    assert appctl({"appraise": "enforce", "policy": None}).status == "fail"
    with pytest.raises(NotApplicable):
        appctl({"appraise": "", "policy": None}, bulwark_host_functions=["web"])


def test_counters_that_stand_still_tell_nothing() -> None:
    areas = {
        "system": UTC,
        "units": {"active": ["suricata.service"], "enabled": ["suricata.service"]},
        "sensors": {"looks": {"Suricata": {"rules": NOW, "drops": {"packets": 9, "drops": 0, "at": NOW - 2 * HOUR}}}},
        "forwarding": {"destinations": []},
    }
    found = judged("lin-lm-net-sensor", areas, bulwark_sensors=[{"name": "suricata"}], bulwark_collectors=[])
    assert texts(found) == ["Suricata: /var/log/suricata/eve.json goes to no collector"]
    unforwarded = judged("lin-lm-net-sensor", areas, bulwark_sensors=[{"name": "suricata"}])
    assert "more than an hour ago" in unforwarded.reason and "bulwark_collectors" in unforwarded.reason


def test_a_delivery_log_outside_of_var_log_is_not_looked_at() -> None:
    areas = {"delivery": {"ansible": None, "awx": False}}
    found = judged("lin-lm-delivery-log", areas, bulwark_delivery_logs=["/srv/vault/audit.log"])
    assert found.reason == "/srv/vault/audit.log lies outside of /var/log, and is not looked at"


def test_a_report_of_which_more_is_told_than_read_is_no_pass() -> None:
    assert "more changes than are read" in fim([aide(more=True)]).reason
    told = fim([aide(more=True, changed=["/etc/pam.d/sshd"])])
    assert told.status == "fail" and len(told.wrong) == 1


@pytest.mark.parametrize("ahead", [900 * DAY, HOUR])
def test_a_contact_that_is_still_to_come_is_none(ahead: int) -> None:
    entry = {"name": "falcon", "check_in": "/c", "guarded": "2026-11-01"}
    found = edr({"CrowdStrike Falcon": {"check_in": NOW + ahead}}, entry)
    assert found.status == "unknown" and "which is still to come" in found.reason
    assert edr({"CrowdStrike Falcon": {"check_in": NOW + 20}}, entry).status == "pass", "written while it was read"
