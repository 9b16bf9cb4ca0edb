# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left

from tests.unit.judges.network import case

from .debian_files import brief, steps

CONTROL = "lin-ic-no-cleartext"
TELNET = {"service": "telnet", "program": "telnetd", "place": "/etc/inetd.conf:40"}
IDENT = {"service": "auth", "program": "identd", "place": "/etc/inetd.conf:41"}


def found(
    active: list[str] | None = None, listening: list[dict[str, Any]] | None = None,
    policy: dict[str, Any] | None = None, **cleartext: Any,
) -> list[dict[str, Any]]:  # fmt: skip
    areas = {
        "units": {"active": active or [], "enabled": []},
        "sockets": {"listening": listening or []},
        "cleartext": {"inetd": [], "anonymous_ftp": {}, "snmp": None, **cleartext},
    }
    return steps(case(areas, **(policy or {})), CONTROL)


def listener(process: str, unit: str | None) -> dict[str, Any]:
    return {"proto": "udp", "address": "0.0.0.0", "port": 69, "process": process, "unit": unit}


def test_a_host_without_any_is_left_alone() -> None:
    assert found(["ssh.service"], [listener("sshd", "ssh.service")], inetd=[TELNET]) == []


def test_units_are_stopped_and_disabled() -> None:
    (step,) = found(["tftpd-hpa.service"], [listener("in.tftpd", "tftpd-hpa.service")])
    assert (step["name"], step["active"], step["enabled"], step["masked"]) == ("tftpd-hpa.service", False, False, None)


@pytest.mark.parametrize("unit", [None, "session-4.scope", "own-script.service"])
def test_a_process_of_no_such_unit_is_left(unit: str | None) -> None:
    with pytest.raises(Left, match=r"in\.tftpd listens on udp/69 and belongs to no unit"):
        found(["tftpd-hpa.service"], [listener("in.tftpd", unit)])


def test_inetd_goes_on_with_what_is_left_and_is_off_with_nothing() -> None:
    (step,) = found(["inetd.service"], inetd=[TELNET, IDENT])
    assert (step["path"], step["restart"]) == ("/etc/inetd.conf", ["inetd"])
    steps_ = found(["inetd.service"], inetd=[TELNET])
    assert brief(steps_) == [("edit", "/etc/inetd.conf"), ("unit", "inetd.service")]
    assert steps_[0]["restart"] == []


def test_xinetd_goes_as_a_whole_unless_policy_keeps_it() -> None:
    telnet = {**TELNET, "place": "/etc/xinetd.d/telnet"}
    assert brief(found(["xinetd.service"], inetd=[telnet])) == [("unit", "xinetd.service")]
    with pytest.raises(Left, match="xinetd starts telnetd"):
        found(["xinetd.service"], inetd=[telnet], policy={"bulwark_cleartext_services": ["*telnetd*"]})


@pytest.mark.parametrize(
    ("server", "place", "step"),
    [
        ("vsftpd", "/etc/vsftpd.conf", ("edit", "/etc/vsftpd.conf")),
        ("pure-ftpd", "/etc/pure-ftpd/pure-ftpd.conf", ("edit", "/etc/pure-ftpd/pure-ftpd.conf")),
        ("pure-ftpd", "/etc/pure-ftpd/conf/NoAnonymous", ("file", "/etc/pure-ftpd/conf/NoAnonymous")),
    ],
)
def test_ftp_asks_for_a_name(server: str, place: str, step: tuple[str, str]) -> None:
    assert brief(found([f"{server}.service"], anonymous_ftp={server: place})) == [step]
    assert found([], anonymous_ftp={server: place}) == []


def test_what_proftpd_offers_to_anybody_is_left() -> None:
    with pytest.raises(Left, match=r"/etc/proftpd/proftpd\.conf:9"):
        found(["proftpd.service"], anonymous_ftp={"proftpd": "/etc/proftpd/proftpd.conf:9"})


def test_snmp_s_communities_are_never_shown() -> None:
    community = {"directive": "rocommunity", "place": "/etc/snmp/snmpd.conf:3"}
    users = [{"level": "auth", "place": "/etc/snmp/snmpd.conf.d/a.conf:1"}, {"level": "priv", "place": "/etc/x:1"}]
    steps_ = found(["snmpd.service"], snmp={"communities": [community], "users": users})
    assert brief(steps_) == [("edit", "/etc/snmp/snmpd.conf"), ("edit", "/etc/snmp/snmpd.conf.d/a.conf")]
    assert all(step["secret"] and step["restart"] == ["snmpd"] for step in steps_)
    assert found([], snmp={"communities": [community], "users": []}) == []


def test_snmpd_s_own_file_is_left() -> None:
    community = {"directive": "rocommunity", "place": "/var/lib/snmp/snmpd.conf:3"}
    with pytest.raises(Left, match="snmpd writes this file itself"):
        found(["snmpd.service"], snmp={"communities": [community], "users": []})
