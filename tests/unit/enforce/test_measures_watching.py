# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps the clock, logs denied packets and compares files, as steps; and when that is left."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard import aide_conf
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left

from tests.unit.judges.network import case
from tests.unit.judges.test_watching import LOG, aide, chain, rule

from .debian_files import brief, steps

CHRONY = {"name": "chrony", "unit": "chrony.service", "active": False, "enabled": False}


def clock(programs: list[dict[str, Any]], family: str = "debian", **declared: Any) -> list[dict[str, Any]]:
    areas = {"system": {"family": family}, "time": {"programs": programs, "clocks": {}, "stamps": []}}
    return steps(case(areas, **declared), "lin-lm-time-sync")


def test_chrony_comes_with_the_declared_servers() -> None:
    found = clock([], bulwark_time_servers=["ntp1.acme.example"])
    assert brief(found) == [
        ("package", "chrony"), ("file", "/etc/chrony/sources.d/bulwark.sources"), ("unit", "chrony.service"),
    ]  # fmt: skip
    assert found[1]["content"].endswith("server ntp1.acme.example iburst\n")
    assert brief(clock([CHRONY])) == [("unit", "chrony.service")]
    assert brief(clock([], "redhat", bulwark_time_servers=["a"]))[1:3] == [
        ("edit", "/etc/chrony.conf"), ("unit", "chronyd.service"),
    ]  # fmt: skip


def test_a_client_that_is_there_is_kept() -> None:
    timesyncd = {"name": "timesyncd", "unit": "systemd-timesyncd.service", "active": True, "enabled": True}
    found = clock([timesyncd, CHRONY], bulwark_time_servers=["a", "b"])
    assert brief(found)[0] == ("file", "/etc/systemd/timesyncd.conf.d/50-bulwark.conf")
    assert found[0]["content"].endswith("[Time]\nNTP=a b\n")


@pytest.mark.parametrize(
    ("programs", "declared", "why"),
    [
        ([{**CHRONY, "name": "ntpd", "unit": "ntpsec.service", "active": True}], {}, "ntpsec.service keeps the clock"),
        ([{**CHRONY, "active": True}, {**CHRONY, "name": "timesyncd", "active": True}], {}, "several programs"),
        ([CHRONY], {"bulwark_time_servers": ["a\nallow"]}, "no host name"),
    ],
)
def test_somebody_elses_clock_is_left(programs: list[dict[str, Any]], declared: dict[str, Any], why: str) -> None:
    with pytest.raises(Left, match=why):
        clock(programs, **declared)


def denials(
    chains: list[dict[str, Any]], logged: Any = (), active: Any = ("nftables.service",)
) -> list[dict[str, Any]]:
    areas = {
        "firewall": {"chains": [{**one, "logs": list(logged)} for one in chains]},
        "units": {"active": list(active)},
    }
    return steps(case(areas), "lin-lm-fw-log")


def test_the_chain_that_closes_gets_a_rule_that_logs() -> None:
    (found,) = denials([chain("in", "input", "drop")])
    assert found["path"] == "/etc/nftables.conf" and found["reload"] == ["nftables.service"]
    assert "limit rate 30/minute" in found["arguments"]["rule"]


def test_ufw_is_told_by_its_own_files() -> None:
    closes = chain("INPUT", "input", "drop", rule("jump", "ufw-before-input"))
    assert [step["path"] for step in denials([closes], active=["ufw.service"])] == [
        "/etc/ufw/ufw.conf", "/etc/ufw/user.rules", "/etc/ufw/user6.rules",
    ]  # fmt: skip
    with pytest.raises(Left, match="started beside"):
        denials([closes])


@pytest.mark.parametrize(
    ("chains", "logged", "active", "why"),
    [
        ([], (), (), "no firewall denies"),
        ([chain("in", "input", "drop")], (), (), "didn't load it"),
        ([{**chain("in", "input", "drop"), "table": "firewalld"}], (), (), "LogDenied"),
        (
            [chain("in", "input", "drop")],
            [{**LOG, "limited": False}],
            (),
            "limit",
        ),
    ],
)
def test_a_firewall_of_others_is_left(chains: Any, logged: Any, active: Any, why: str) -> None:
    with pytest.raises(Left, match=why):
        denials(chains, logged, active)


def files(found: Any = (), timers: Any = None, syscheck: Any = None, **declared: Any) -> list[dict[str, Any]]:
    facts = {"aide": list(found), "timers": timers or {}, "cron": [], "syscheck": syscheck}
    return steps(case({"system": {"family": "debian"}, "integrity": facts}, **declared), "lin-lm-fim")


def test_few_files_are_compared_every_day() -> None:
    found = files([aide(made=None)], bulwark_fim_paths=["/etc/sudoers.d", "/usr/sbin"])
    assert [name for _kind, name in brief(found)] == [
        "aide", "aide", "/etc/systemd/system/bulwark-aide-init.service",
        "/etc/systemd/system/bulwark-aide.service", "/etc/systemd/system/bulwark-aide.timer",
        "bulwark-aide-init.service", "bulwark-aide.timer",
    ]  # fmt: skip
    assert "\n/etc/sudoers\\.d Kept\n/usr/sbin Kept\n" in found[1]["arguments"]["content"]
    assert "--config=%s --check\n" % aide_conf.CONFIG in found[3]["content"]


def test_an_aide_that_is_set_up_gets_its_timer_and_keeps_its_database() -> None:
    assert brief(files([aide()])) == [("unit", "dailyaidecheck.timer")]
    with pytest.raises(Left, match="somebody's to find out"):
        files([aide()], {"dailyaidecheck.timer": {"active": True, "enabled": True}})
    with pytest.raises(Left, match="accept it by a new database"):
        files([aide(config="/etc/bulwark/aide.conf")], {"bulwark-aide.timer": {"active": True, "enabled": True}})
    with pytest.raises(Left, match="Wazuh"):
        files(syscheck={"on": True})
    with pytest.raises(Left, match="no plain absolute path"):
        files(bulwark_fim_paths=["/etc/x Kept\n!/etc"])
