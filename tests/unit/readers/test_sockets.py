# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.readers import sockets
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.readers.host import read

SS = "ss -H -tulpne"
UNITS = "systemctl list-sockets --all --show-types --no-legend"
LINES = """\
udp UNCONN 0 0 10.0.0.5%eth0:68 0.0.0.0:* users:(("dhclient",pid=9,fd=6)) ino:1 sk:1 <->
udp UNCONN 0 0 0.0.0.0:51820 0.0.0.0:* ino:2 sk:2 <->
tcp LISTEN 0 511 127.0.0.1:6379 0.0.0.0:* users:(("redis-server",pid=63,fd=6)) uid:104 ino:3 sk:3 <->
tcp LISTEN 0 32 *:21 *:* users:(("worker",pid=80,fd=3),("vsftpd",pid=73,fd=3)) ino:4 sk:4 v6only:0 <->
tcp LISTEN 0 128 [::]:513 [::]:* users:(("inetd",pid=70,fd=10)) ino:5 sk:5 v6only:1 <->
"""


def test_what_listens_and_whose_it_is(tmp_path: Path) -> None:
    cgroup = "0::/system.slice/redis-server.service\n"
    facts, errors = read(tmp_path, "sockets", {"proc/63/cgroup": cgroup}, {SS: LINES})
    found = {(one["proto"], one["port"]): one for one in facts["listening"]}
    assert found[("udp", 68)]["interface"] == "eth0"
    assert found[("udp", 68)]["address"] == "10.0.0.5"
    assert found[("udp", 51820)]["process"] is None
    redis = found[("tcp", 6379)]
    assert (redis["process"], redis["uid"], redis["unit"]) == ("redis-server", 104, "redis-server.service")
    assert (found[("tcp", 21)]["address"], found[("tcp", 21)]["process"]) == ("*", "vsftpd")
    assert found[("tcp", 513)]["address"] == "::"
    assert "client_ports" in errors, "the recorded host has no port range"


def test_a_socket_of_systemd_is_named_by_its_unit(tmp_path: Path) -> None:
    ss = 'tcp LISTEN 0 4096 *:9090 *:* users:(("systemd",pid=1,fd=40)) ino:1 sk:1 v6only:0 <->\n'
    units = "/run/dbus/x Stream dbus.socket dbus.service\n[::]:9090 Stream cockpit.socket cockpit.service\n"
    facts, _errors = read(tmp_path, "sockets", {}, {SS: ss, UNITS: units})
    assert facts["listening"][0]["unit"] == "cockpit.socket"


def test_a_process_cannot_hide_its_socket_by_its_name() -> None:
    (found,) = sockets.parse('tcp LISTEN 0 1 *:4444 *:* users:(("a\nudp",pid=5,fd=3)) ino:1 sk:1 <->\n')
    assert found["port"] == 4444


@pytest.mark.parametrize(
    ("line", "service"),
    [
        ("TCP  C0A80001:0050 rr", {"proto": "tcp", "address": "192.168.0.1", "port": 80}),
        ("UDP  [2001:db8::1]:0035 wlc", {"proto": "udp", "address": "2001:db8::1", "port": 53}),
    ],
)
def test_services_that_the_kernel_balances(tmp_path: Path, line: str, service: dict[str, object]) -> None:
    table = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n" + line + "\n"
    facts, _errors = read(tmp_path, "sockets", {"proc/net/ip_vs": table})
    assert facts["ipvs"] == [service]


def test_a_service_by_firewall_mark_is_not_guessed(tmp_path: Path) -> None:
    _facts, errors = read(tmp_path, "sockets", {"proc/net/ip_vs": "FWM  00000001 wlc\n"})
    assert "firewall mark" in errors["ipvs"]


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Unreadable):
        sockets.parse(text)
        sockets.socket_units(text)


@given(st.ip_addresses(), st.integers(0, 65535))
def test_every_endpoint_is_read_back(address: object, port: int) -> None:
    shown = f"[{address}]" if ":" in str(address) else str(address)
    (found,) = sockets.parse(f"tcp LISTEN 0 1 {shown}:{port} *:* ino:1 sk:1 <->\n")
    assert (found["address"], found["port"]) == (str(address), port)
