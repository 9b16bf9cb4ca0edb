# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left

from tests.unit.judges.network import case

from .debian_files import brief, steps

OWN = "/etc/systemd/system/"
PACKAGED = "/usr/lib/systemd/system/"


def tools(units: dict[str, str], approved: Any = (), **agents: Any) -> list[dict[str, Any]]:
    """Return the steps against remote tools; units: {name: path}."""
    found = {name: {"path": path, "masked": False, "active": True, "enabled": True} for name, path in units.items()}
    areas = {
        "packages": {"installed": {}}, "sockets": {"listening": []},
        "agents": {"units": found, "user_units": [], "programs": [], "servers": {}, **agents},
    }  # fmt: skip
    return steps(case(areas, bulwark_remote_tools=list(approved)), "lin-oa-remote-tools")


def test_a_tool_is_stopped_and_masked() -> None:
    (step,) = tools({"anydesk.service": PACKAGED + "anydesk.service"})
    assert (step["name"], step["active"], step["enabled"], step["masked"]) == ("anydesk.service", False, False, True)


def test_a_unit_of_the_hosts_own_is_removed_since_it_can_not_be_masked() -> None:
    found = tools({"rustdesk.service": OWN + "rustdesk.service"})
    assert brief(found) == [("unit", "rustdesk.service"), ("absent", OWN + "rustdesk.service")]
    assert found[0]["masked"] is None


def test_an_approved_tool_stays_unless_it_talks_to_somebody_else() -> None:
    entry = {"name": "meshagent", "server": "mesh.example"}
    unit = {"meshagent.service": OWN + "meshagent.service"}
    own, foreign = ({"meshagent": [{"server": name, "file": "/m"}]} for name in ("mesh.example", "evil.example"))
    assert tools(unit, [entry], servers=own) == []
    assert len(tools(unit, [entry], servers=foreign)) == 2
    assert tools(unit, [entry]) == []


def test_what_no_unit_starts_is_left_to_people() -> None:
    with pytest.raises(Left, match=r"removed by hand: tmate \(process tmate\)"):
        tools({}, programs=[{"name": "tmate", "path": "/tmp/tmate", "uid": 0, "unit": None}])


def services(enabled: dict[str, str], **more: Any) -> list[dict[str, Any]]:
    """Return the steps against services; `more` are facts of the area and inventory variables."""
    declared = {name: value for name, value in more.items() if name.startswith("bulwark_")}
    facts = {"enabled": enabled, "blocked": [], "loaded": [], "loadable": [], **more}
    return steps(case({"services": facts, "packages": {"installed": {}}}, **declared), "lin-oa-services")


def test_what_nobody_declared_is_stopped_and_disabled() -> None:
    enabled = {"x.service": OWN + "x.service", "ssh.service": PACKAGED + "ssh.service"}
    (step,) = services(enabled, bulwark_services=[])
    assert (step["name"], step["active"], step["enabled"], step["masked"]) == ("x.service", False, False, None)
    with pytest.raises(Left, match="bulwark_services"):
        services(enabled)


def test_modules_that_lie_ready_are_blocked_in_one_file() -> None:
    (step,) = services({}, loadable=["rds", "sctp", "ext4"], bulwark_services=[])
    assert step["path"] == "/etc/modprobe.d/bulwark-lin-oa-services.conf"
    assert step["content"].split("\n")[1:] == [
        "install sctp /bin/false", "blacklist sctp", "install rds /bin/false", "blacklist rds", "",
    ]  # fmt: skip
    install = [{"module": "rds", "how": "install", "place": "x"}]
    assert services({}, loadable=["rds"], blocked=install, bulwark_services=[]) == []


def vpn(peers: list[dict[str, Any]], servers: list[dict[str, Any]], active: list[str]) -> list[dict[str, Any]]:
    """Return the steps against VPN peers, where lea has left."""
    areas = {"vpn": {"wireguard_peers": peers, "openvpn": servers, "ipsec": []}, "units": {"active": active}}
    leavers = [{"person": "lea", "left": "2026-01-31"}]
    return steps(case(areas, bulwark_leavers=leavers), "lin-oa-vpn-peers")


PEER = {"interface": "wg0", "fingerprint": "SHA256:a", "handshake": 1700000000, "since": None}
CLIENT = {"name": "lea", "places": [], "revoked": False, "disabled": False, "connected": False}
SERVER = {"file": "/etc/openvpn/office.conf", "crl_there": True, "ccd": "/etc/openvpn/ccd"}


def test_idle_peers_are_taken_out_of_the_file_and_the_interface() -> None:
    (step,) = vpn([PEER, {**PEER, "fingerprint": "SHA256:b"}], [], ["wg-quick@wg0.service"])
    assert (step["path"], step["arguments"]) == ("/etc/wireguard/wg0.conf", {"without": ["SHA256:a", "SHA256:b"]})
    assert step["secret"]
    with pytest.raises(Left, match="wg-quick did not bring it up"):
        vpn([PEER], [], [])


def test_clients_are_disabled_one_by_one() -> None:
    clients = [CLIENT, {**CLIENT, "name": "anna"}]
    assert brief(vpn([], [{**SERVER, "clients": clients}], [])) == [("edit", "/etc/openvpn/ccd/lea")]
    assert vpn([], [{**SERVER, "clients": [{**CLIENT, "disabled": True}]}], []) == []
    with pytest.raises(Left, match="client-config-dir"):
        vpn([], [{**SERVER, "ccd": None, "clients": clients}], [])
