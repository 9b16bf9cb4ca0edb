# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import configparser
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left

from tests.unit.judges.network import case

from .debian_files import brief, steps

CONTROL = "lin-ic-bruteforce-throttle"
OLDER, NEWER = [9, 2], [9, 9]
JAIL = {
    "maxretry": 5, "bantime": 600, "findtime": 600, "ignoreip": ["127.0.0.0/8"], "ignorecommand": False,
    "actions": ["nftables"], "watches": True,
}  # fmt: skip
OFF = {"persourcepenalties": ["no"]}
SOCKET = {"proto": "tcp", "address": "0.0.0.0", "port": 22, "process": "sshd", "interface": None, "unit": "ssh.service"}


def found(
    version: list[int], jail: Any = None, peer: str = "192.0.2.7", family: str = "debian", **declared: Any
) -> list[dict[str, Any]]:
    areas = {
        "sshd": {
            "running": True,
            "version": version,
            "settings": OFF,
            "options": [],
            "set_in": [],
            "config_files": ["/etc/ssh/sshd_config"],
        },
        "throttle": {"fail2ban": jail, "crowdsec_exempt": []},
        "units": {"active": [], "enabled": []},
        "sockets": {"listening": [SOCKET]},
        "firewall": {"tables": [], "chains": [], "zones": {}},
        "containers": {"published": []},
        "system": {"peer": peer, "family": family, "account": "ana"},
    }
    return steps(case(areas, **declared), CONTROL)


def jail_of(step: dict[str, Any]) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    parser.read_string(step["content"])
    return dict(parser["sshd"])


def test_newer_sshd_penalises_all_but_those_who_must_be_let_in() -> None:
    exempt: Any = {
        "bulwark_admin_cidrs": ["198.51.100.4/32", "10.0.0.0/8"],
        "bulwark_throttle_exempt": ["203.0.113.0/24"],
    }
    _include, step = found(NEWER, **exempt)
    assert step["path"] == "/etc/ssh/sshd_config.d/00-bulwark-lin-ic-bruteforce-throttle.conf"
    assert (step["mode"], step["reload"]) == ("0600", ["sshd"])
    (section,) = step["arguments"]["sections"]
    assert section["settings"] == {
        "PerSourcePenaltyExemptList": "127.0.0.0/8,::1,198.51.100.4,203.0.113.0/24,192.0.2.7",
        "PerSourcePenalties": "yes",
    }


def test_older_ones_get_fail2ban_with_all_it_needs() -> None:
    steps_ = found(OLDER)
    assert brief(steps_) == [
        ("package", "fail2ban"),
        ("package", "python3-systemd"),
        ("package", "nftables"),
        ("file", "/etc/fail2ban/jail.d/zz-bulwark.local"),
        ("unit", "fail2ban.service"),
    ]
    assert jail_of(steps_[3]) == {
        "enabled": "true", "ignoreip": "127.0.0.0/8 ::1 192.0.2.7", "ignorecommand": "", "maxretry": "5",
        "bantime": "600", "backend": "systemd", "banaction": "nftables", "action": "%(action_)s",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("jail", "changed"),
    [
        ({**JAIL, "maxretry": 10, "bantime": 60}, {"maxretry": "5", "bantime": "600"}),
        ({**JAIL, "maxretry": 2, "bantime": 60}, {"maxretry": "2", "bantime": "600"}),
        ({**JAIL, "maxretry": 9, "bantime": -1}, {"maxretry": "5", "bantime": "-1"}),
        ({**JAIL, "ignoreip": ["10.0.0.0/8"]}, {}),
        ({**JAIL, "watches": False}, {"backend": "systemd"}),
        ({**JAIL, "actions": []}, {"banaction": "nftables", "action": "%(action_)s"}),
        ({}, {"backend": "systemd", "banaction": "nftables", "action": "%(action_)s"}),
    ],
)
def test_a_jail_that_runs_is_only_tightened(jail: dict[str, Any], changed: dict[str, str]) -> None:
    (step,) = found(OLDER, jail)
    assert step["restart"] == ["fail2ban"]
    plain = {
        "enabled": "true", "ignoreip": "127.0.0.0/8 ::1 192.0.2.7", "ignorecommand": "", "maxretry": "5",
        "bantime": "600",
    }  # fmt: skip
    assert jail_of(step) == {**plain, **changed}


def test_nothing_is_done_where_something_throttles_already() -> None:
    assert found(OLDER, JAIL) == []


def test_the_red_hat_family_has_no_fail2ban_of_its_own() -> None:
    with pytest.raises(Left, match="EPEL"):
        found(OLDER, family="redhat")
    assert len(found(OLDER, {**JAIL, "maxretry": 10}, family="redhat")) == 1


def test_a_local_run_exempts_nobody_but_the_host_itself() -> None:
    _include, step = found(NEWER, peer="")
    assert step["arguments"]["sections"][0]["settings"]["PerSourcePenaltyExemptList"] == "127.0.0.0/8,::1"
