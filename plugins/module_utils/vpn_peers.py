# SPDX-License-Identifier: GPL-3.0-or-later
"""The peers of VPNs: WireGuard's by handshake, OpenVPN's by what its server keeps about its clients' certificates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .door import Door, Missing, Unreadable
from .wireguard_key import fingerprint

#: Where easy-rsa keeps its list of certificates, beside the folder of the server's own `ca`.
PKI = ("/etc/openvpn/easy-rsa/pki", "/etc/openvpn/server/easy-rsa/pki", "/etc/easy-rsa/pki")
STATUS = ("/run/openvpn/{name}.status", "/run/openvpn-server/status-{name}.log")
COMMON_NAME = re.compile(r"/CN=([^/]+)")
DEFAULT = "DEFAULT"
CLIENT_LIMIT = 5000
#: The line of /proc/stat with the time of the boot (epoch seconds), and the microseconds that systemd counts from it.
BOOT, SECOND = "btime", 1000000


def wireguard_peers(door: Door) -> list[dict[str, Any]]:
    """Return [{interface, fingerprint of the public key, handshake (epoch seconds, None: none since), since}].

    since: when wg-quick brought the interface up (epoch seconds), None where something else did.
    """
    try:
        lines = door.output(["wg", "show", "all", "latest-handshakes"]).splitlines()
    except Missing:
        return []
    rows = [line.split() for line in lines if len(line.split()) == 3 and line.split()[2].isdigit()]
    since = {name: up_since(door, name) for name in {row[0] for row in rows}}
    peers = []
    for name, key, seconds in rows:
        named = fingerprint(key)
        if named is None:
            raise Unreadable("wg showed a key that is none")
        peers.append({"interface": name, "fingerprint": named, "handshake": int(seconds) or None, "since": since[name]})
    return peers


def up_since(door: Door, interface: str) -> int | None:
    """Return when wg-quick brought an interface up; its counters begin there."""
    try:
        shown = door.output(
            ["systemctl", "show", f"wg-quick@{interface}.service", "--property", "ActiveEnterTimestampMonotonic"]
        )
        booted = next(line.split()[1] for line in door.lines("/proc/stat") if line.startswith(BOOT))
        started = int(shown.strip().partition("=")[2] or 0)
    except (Unreadable, StopIteration, IndexError, ValueError):
        return None
    return int(booted) + started // SECOND if started else None


def openvpn_clients(door: Door, path: str, options: list[list[str]]) -> dict[str, Any]:
    """Return what a server's configuration knows of its clients.

    {crl: path or None, crl_there: bool, ccd: folder or None, clients: [{name, places, revoked, disabled, connected}]}.
    """
    folder = path.rpartition("/")[0]
    given = {option[0]: _absolute(folder, option[1]) for option in options if len(option) > 1}
    crl, ccd = given.get("crl-verify"), given.get("client-config-dir")
    places: dict[str, list[str]] = {}
    disabled: set[str] = set()
    for name in door.names(ccd) if ccd else ():
        if name != DEFAULT:
            places.setdefault(name, []).append(f"{ccd}/{name}")
            if any(line.split()[0] == "disable" for line in door.lines(f"{ccd}/{name}")):
                disabled.add(name)
    kept = given.get("ifconfig-pool-persist")
    for name in remembered(_lines(door, kept)) if kept else ():
        places.setdefault(name, []).append(str(kept))
    connected: set[str] = set()
    stem = path.rpartition("/")[2].removesuffix(".conf")
    for status in [given["status"]] if "status" in given else [one.format(name=stem) for one in STATUS]:
        connected |= set(connections(_lines(door, status)))
    for name in connected:
        places.setdefault(name, []).append("its status")
    issued, index = _issued(door, given.get("ca", ""))
    own = given.get("cert", "").rpartition("/")[2].partition(".")[0]
    for name in issued:
        if name != own:
            places.setdefault(name, []).append(index)
    if len(places) > CLIENT_LIMIT:
        raise Unreadable(f"{path}: more than {CLIENT_LIMIT} clients")
    return {
        "crl": crl, "crl_there": bool(crl) and door.exists(str(crl)), "ccd": ccd,
        "clients": [
            {"name": name, "places": found, "revoked": issued.get(name) is False, "disabled": name in disabled,
             "connected": name in connected}
            for name, found in sorted(places.items())
        ],
    }  # fmt: skip


def remembered(lines: Iterable[str]) -> list[str]:
    """Return the names in a file of ifconfig-pool-persist (name,address)."""
    return [line.split(",")[0] for line in lines if "," in line and line[0] not in "#;"]


def connections(lines: Iterable[str]) -> list[str]:
    """Return the names of the clients that are connected, from a status file of any of its three versions."""
    names, inside = [], False
    for line in lines:
        fields = re.split(r"[,\t]", line)
        if fields[0] == "CLIENT_LIST" and len(fields) > 2:
            names.append(fields[1])
        elif fields[0] == "Common Name":
            inside = True
        elif line.startswith("ROUTING TABLE"):
            inside = False
        elif inside and len(fields) > 2:
            names.append(fields[0])
    return [name for name in names if name and name != "UNDEF"]


def certificates(lines: Iterable[str]) -> dict[str, bool]:
    """Return {common name: whether a certificate of that name is valid} of OpenSSL's index.txt."""
    found: dict[str, bool] = {}
    for line in lines:
        fields = line.split("\t")
        name = COMMON_NAME.search(fields[-1])
        if len(fields) >= 6 and name and fields[0] in ("V", "R"):
            found[name.group(1)] = fields[0] == "V" or found.get(name.group(1), False)
    return found


def _issued(door: Door, authority: str) -> tuple[dict[str, bool], str]:
    for folder in (authority.rpartition("/")[0], *PKI):
        path = f"{folder}/index.txt"
        if folder and door.exists(path):
            return certificates(door.read(path).split("\n")), path
    return {}, ""


def _absolute(folder: str, path: str) -> str:
    return path if path.startswith("/") else f"{folder}/{path}"


def _lines(door: Door, path: str) -> list[str]:
    try:
        return door.lines(path)
    except Missing:
        return []
