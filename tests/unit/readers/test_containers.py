# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.bulwark.msp.plugins.module_utils.netfilter import iptables
from ansible_collections.bulwark.msp.plugins.module_utils.readers import containers

from tests.unit.readers.host import read

#: As podman's netavark and docker write them; see netavark's src/firewall/varktables and libnetwork's iptables code.
NETAVARK = """\
*nat
:PREROUTING ACCEPT [0:0]
:NETAVARK-HOSTPORT-DNAT - [0:0]
:NETAVARK-DN-1D87 - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j NETAVARK-HOSTPORT-DNAT
-A NETAVARK-HOSTPORT-DNAT -p tcp -m tcp --dport 8080 -j NETAVARK-DN-1D87
-A NETAVARK-HOSTPORT-DNAT -p tcp -m tcp --dport 2201 -j NETAVARK-DN-1D87
-A NETAVARK-DN-1D87 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.88.0.2:80
-A NETAVARK-DN-1D87 -d 127.0.0.1/32 -p tcp -m tcp --dport 2201 -j DNAT --to-destination 10.88.0.3:22
COMMIT
"""


def test_each_published_port_is_found_once_along_its_way() -> None:
    found = containers.translated(iptables.parse(NETAVARK, "ip"))
    assert [(one["address"], one["port"], one["to"], one["engine"]) for one in found] == [
        ("0.0.0.0", 8080, "10.88.0.2:80", "podman"),
        ("127.0.0.1", 2201, "10.88.0.3:22", "podman"),
    ]


def test_ranges_and_rules_for_every_port() -> None:
    rules = ":PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp --dport 5000:5010 -j DNAT --to-destination 10.0.0.9\n"
    rules += "-A PREROUTING -d 192.0.2.7/32 -j DNAT --to-destination 10.0.0.8\n"
    found = containers.translated(iptables.parse("*nat\n" + rules, "ip"))
    shown = [(one["proto"], one["address"], one["port"], one["last"]) for one in found]
    assert shown == [
        ("udp", "0.0.0.0", 5000, 5010),
        ("tcp", "192.0.2.7", 1, 65535),
        ("udp", "192.0.2.7", 1, 65535),
    ]


def test_proxies_hold_ports_for_containers(tmp_path: Path) -> None:
    ss = 'tcp LISTEN 0 4096 0.0.0.0:8080 0.0.0.0:* users:(("docker-proxy",pid=9,fd=7)) ino:1 sk:1 <->\n'
    commands = {"ss -H -tulpne": ss, "nft -j list ruleset": json.dumps({"nftables": []})}
    facts, errors = read(tmp_path, "containers", {}, commands)
    assert not errors
    assert [(one["port"], one["to"], one["engine"]) for one in facts["ports"]] == [(8080, None, "docker")]


def test_what_is_unread_elsewhere_is_unread_here(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "containers", {}, {})
    assert not facts
    assert "firewall" in errors["ports"]
