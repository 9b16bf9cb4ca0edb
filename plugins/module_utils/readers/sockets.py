# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `sockets`: what listens, on which address, and whose it is."""

from __future__ import annotations

import re
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

Listener = dict[str, Any]

USER = re.compile(r'\("(.*?)",pid=(\d+),fd=\d+\)')
UID = re.compile(r" uid:(\d+)")
UNIT = re.compile(r"/([^/\n]+\.(?:service|scope|socket))(?:/|$)", re.MULTILINE)
SOCKET_KINDS = {"Stream": "tcp", "Datagram": "udp"}
PORT_RANGE = "/proc/sys/net/ipv4/ip_local_port_range"


def read(host: Reading, area: Area) -> None:
    """Learn `listening`, `client_ports` and `ipvs`.

    listening: [{proto: "tcp"|"udp", address, interface (None: any), port, process, pid, unit, uid}]; address is
    0.0.0.0, :: (IPv6 only) or * (both) for every address; process, pid and unit are None where the kernel itself
    listens or the process may not be seen. client_ports: [first, last] that the kernel hands out to clients.
    ipvs: [{proto, address, port}] of load-balanced services.
    """
    area.learn("listening", listening, host.door)
    area.learn("client_ports", client_ports, host.door)
    area.learn("ipvs", ipvs, host.door)


def listening(door: Door) -> list[Listener]:
    """Return TCP sockets that listen and UDP sockets that take packets from anybody."""
    found = parse(door.output(["ss", "-H", "-tulpne"]))
    for listener in found:
        listener["unit"] = _unit(door, listener["pid"]) if listener["pid"] else None
    if any(listener["pid"] == 1 for listener in found):
        units = socket_units(door.output(["systemctl", "list-sockets", "--all", "--show-types", "--no-legend"]))
        for listener in found:
            if listener["pid"] == 1:
                listener["unit"] = units.get((listener["proto"], listener["address"], listener["port"]))
    return found


def parse(text: str) -> list[Listener]:
    """Return the listeners that `ss -H -tulpne` printed."""
    found = []
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 6 or fields[0] not in ("tcp", "udp"):
            continue
        address, interface, port = _endpoint(fields[4])
        users = sorted((int(pid), name) for name, pid in USER.findall(line))
        uid = UID.search(line)
        found.append({
            "proto": fields[0], "address": address, "interface": interface, "port": port,
            "process": users[0][1] if users else None, "pid": users[0][0] if users else None,
            "uid": int(uid.group(1)) if uid else 0,
        })  # fmt: skip
    return found


def socket_units(text: str) -> dict[tuple[str, str, int], str]:
    """Return which socket unit holds a (proto, address, port), from `systemctl list-sockets`."""
    units = {}
    for line in text.splitlines():
        fields = line.split()
        if len(fields) >= 3 and fields[1] in SOCKET_KINDS:
            try:
                address, _interface, port = _endpoint(fields[0])
            except Unreadable:
                continue
            # systemd prints every address as [::], also where the socket takes IPv4 as ss shows by *.
            for same in (address, "*") if address == "::" else (address,):
                units[(SOCKET_KINDS[fields[1]], same, port)] = fields[2]
    return units


def _endpoint(text: str) -> tuple[str, str | None, int]:
    """Return (address, interface or None, port) of "10.0.0.1%eth0:53", "[::]:22" or "*:80"."""
    address, _colon, port = text.rpartition(":")
    address, _percent, interface = address.strip("[]").replace("]", "").partition("%")
    if not port.isdigit() or not address:
        raise Unreadable(f"an address that is not understood: {text}")
    return address, interface or None, int(port)


def _unit(door: Door, pid: int) -> str | None:
    try:
        found = UNIT.findall("\n".join(door.lines(f"/proc/{pid}/cgroup")))
    except Unreadable:
        return None
    return found[-1] if found else None


def client_ports(door: Door) -> list[int]:
    """Return the first and last port that the kernel gives to sockets which asked for none."""
    fields = door.read(PORT_RANGE).split()
    if len(fields) != 2 or not all(field.isdigit() for field in fields):
        raise Unreadable(f"{PORT_RANGE}: not two numbers")
    return [int(field) for field in fields]


def ipvs(door: Door) -> list[dict[str, Any]]:
    """Return the services of IP virtual servers; one chosen by firewall mark has no address of its own."""
    services = []
    try:
        lines = door.lines("/proc/net/ip_vs")
    except Missing:
        return []
    for line in lines:
        fields = line.split()
        if fields[0] == "FWM":
            raise Unreadable(f"an IPVS service is chosen by firewall mark {fields[1]}: its ports are not known")
        if fields[0] in ("TCP", "UDP", "SCTP") and ":" in fields[1]:
            address, _colon, port = fields[1].rpartition(":")
            services.append({"proto": fields[0].lower(), "address": _hex_address(address), "port": int(port, 16)})
    return services


def _hex_address(text: str) -> str:
    if re.fullmatch(r"[0-9A-Fa-f]{8}", text):
        return ".".join(str(int(text[at : at + 2], 16)) for at in range(0, 8, 2))
    return text.strip("[]")
