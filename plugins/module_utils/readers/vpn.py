# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `vpn`: which VPNs let users in from afar, and what each asks of them."""

from __future__ import annotations

import re
import shlex
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading
from ..vpn_peers import openvpn_clients, wireguard_peers

OPENVPN = ("/etc/openvpn", "/etc/openvpn/server")
SWANCTL = "/etc/swanctl/swanctl.conf"
SWANCTL_FOLDER = "/etc/swanctl/conf.d"
IPSEC = ("/etc/ipsec.conf",)
IPSEC_FOLDER = "/etc/ipsec.d"
SERVER = ("server", "server-bridge", "tls-server")
TOKEN = re.compile(r"[{}]|[^\s{}=]+\s*=\s*[^\n#}]*|[^\s{}=]+")
SINGLE = ("/32", "/128")


def read(host: Reading, area: Area) -> None:
    """Learn `openvpn`, `ipsec`, `wireguard` and `wireguard_peers`.

    openvpn: [{file, certificate: bool, optional: bool, checks: [plugin or script by base name], and what
    vpn_peers.openvpn_clients says}] of server configurations. ipsec: [{connection, file, auth: [methods asked of the
    user]}] that hand out addresses. wireguard: [{interface, port, users}] where users counts the peers with single
    addresses only. wireguard_peers: see there.
    """
    area.learn("openvpn", openvpn, host.door)
    area.learn("ipsec", lambda door: swanctl(door) + ipsec_conf(door), host.door)
    area.learn("wireguard", wireguard, host.door)
    area.learn("wireguard_peers", wireguard_peers, host.door)


def openvpn(door: Door) -> list[dict[str, Any]]:
    """Return what each OpenVPN server configuration asks for."""
    paths = [f"{folder}/{name}" for folder in OPENVPN for name in door.names(folder) if name.endswith(".conf")]
    found = []
    for path in paths:
        options = openvpn_options(door.read(path), path)
        names = {option[0] for option in options}
        if names.intersection(SERVER) or ["mode", "server"] in options:
            found.append({
                "file": path,
                "certificate": "client-cert-not-required" not in names
                and not any(option[0] == "verify-client-cert" and option[1:2] != ["require"] for option in options),
                "optional": "auth-user-pass-optional" in names,
                "checks": [
                    option[1].rpartition("/")[2] for option in options
                    if option[0] in ("plugin", "auth-user-pass-verify") and len(option) > 1
                ] + [name for name in ("management-client-auth",) if name in names],
                **openvpn_clients(door, path, options),
            })  # fmt: skip
    return found


def openvpn_options(text: str, path: str) -> list[list[str]]:
    """Return the options of a configuration as lists of words; inline files (<key> ... </key>) are left out."""
    options, inside = [], ""
    for line in text.splitlines():
        line = line.strip()
        if inside:
            inside = "" if line == f"</{inside}>" else inside
        elif line.startswith("<") and line.endswith(">"):
            inside = line[1:-1]
        elif line and line[0] not in "#;":
            try:
                options.append(shlex.split(line, comments=True))
            except ValueError:
                raise Unreadable(f"{path}: unbalanced quotes") from None
    return [option for option in options if option]


def swanctl(door: Door) -> list[dict[str, Any]]:
    """Return the connections of swanctl.conf(5) that have an address pool for their users."""
    found = []
    paths = [SWANCTL, *(f"{SWANCTL_FOLDER}/{name}" for name in door.names(SWANCTL_FOLDER) if name.endswith(".conf"))]
    for path in (path for path in paths if door.exists(path)):
        connections = sections(door.read(path), path).get("connections", {})
        for name, connection in connections.items():
            if isinstance(connection, dict) and "pools" in connection:
                rounds = [part for key, part in sorted(connection.items()) if key.startswith("remote")]
                auth = [str(part.get("auth", "pubkey")) for part in rounds if isinstance(part, dict)]
                found.append({"connection": name, "file": path, "auth": auth or ["pubkey"]})
    return found


def sections(text: str, path: str) -> dict[str, Any]:
    """Return strongswan.conf(5) syntax as nested dicts; the text of a setting is stripped."""
    root: dict[str, Any] = {}
    stack, name = [root], ""
    for token in TOKEN.findall("\n".join(line.partition("#")[0] for line in text.splitlines())):
        if token == "{":
            stack.append(stack[-1].setdefault(name, {}) if isinstance(stack[-1].get(name, {}), dict) else {})
        elif token == "}":
            if len(stack) == 1:
                raise Unreadable(f"{path}: a brace too many")
            stack.pop()
        elif "=" in token:
            key, _equals, value = token.partition("=")
            stack[-1][key.strip()] = value.strip()
        else:
            name = token
    return root


def ipsec_conf(door: Door) -> list[dict[str, Any]]:
    """Return the connections of ipsec.conf(5) that hand out addresses to their users."""
    found = []
    paths = [*IPSEC, *(f"{IPSEC_FOLDER}/{name}" for name in door.names(IPSEC_FOLDER) if name.endswith(".conf"))]
    for path in (path for path in paths if door.exists(path)):
        blocks: dict[str, dict[str, str]] = {}
        block: dict[str, str] = {}
        for line in door.lines(path):
            key, equals, value = line.partition("=")
            if equals:
                block[key.strip()] = value.strip().strip('"')
            elif line.split()[0] == "conn" and len(line.split()) > 1:
                block = blocks.setdefault(line.split()[1], {})
            else:
                block = {}
        default = blocks.pop("%default", {})
        for name, own in blocks.items():
            merged = {**default, **own}
            if "rightsourceip" in merged or "rightaddresspool" in merged:
                auth = [merged[key] for key in ("rightauth", "rightauth2") if key in merged]
                found.append({"connection": name, "file": path, "auth": auth or [merged.get("authby", "pubkey")]})
    return found


def wireguard(door: Door) -> list[dict[str, Any]]:
    """Return the interfaces that listen; only the listings without keys of ours are asked."""
    try:
        ports = door.output(["wg", "show", "all", "listen-port"])
    except Missing:
        return []
    allowed = door.output(["wg", "show", "all", "allowed-ips"]).splitlines() if ports.strip() else []
    interfaces = []
    for name, port in (line.split()[:2] for line in ports.splitlines() if len(line.split()) > 1):
        peers = [line.split()[2:] for line in allowed if line.split()[:1] == [name]]
        users = [networks for networks in peers if networks and all(one.endswith(SINGLE) for one in networks)]
        interfaces.append({"interface": name, "port": int(port) if port.isdigit() else 0, "users": len(users)})
    return interfaces
