# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a host answers on the network: sockets, published and translated ports, load-balanced services."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from .facts import Unread
from .packet import first_address
from .reach import EVERY_ADDRESS, published_reach, strangers_reach, within
from .verdict import Case

#: RFC 1918, RFC 6598, RFC 4193, loopback and link-local.
PRIVATE = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
    "fc00::/7", "fe80::/10", "::1/128",
)  # fmt: skip

SSH_SERVERS = ("sshd", "dropbear", "tinysshd")
SSH_UNITS = ("ssh.socket", "sshd.socket", "ssh.service", "sshd.service")


@dataclass(frozen=True)
class Exposure:
    """A port (to `last`, for a range) that answers at `address`. process, unit: None where not known.

    published: the entry of containers.ports for a port that is sent on elsewhere, None for a socket.
    """

    proto: str
    address: str
    port: int
    last: int
    process: str | None = None
    unit: str | None = None
    published: Any = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """Return "tcp/6379", or "tcp/8000-8010"."""
        return f"{self.proto}/{self.port}" + (f"-{self.last}" if self.last != self.port else "")

    @property
    def owner(self) -> str:
        """Return whose it is, as well as that is known."""
        if self.published:
            return f"{self.published['engine']} (sent on to {self.published['to'] or 'a container'})"
        known = self.unit if self.process == "systemd" else self.process
        return known or self.unit or "a process that is not known"

    def __str__(self) -> str:
        return f"{self.name} {self.owner} on {self.address}"

    @property
    def ports(self) -> set[int]:
        """Return the port, and the one behind it where it is sent on."""
        inner = str(self.published["to"] or "").rpartition(":")[2] if self.published else ""
        return {self.port, int(inner)} if inner.isdigit() else {self.port}


def exposures(case: Case, unread: list[str], loopback: bool = False) -> list[Exposure]:
    """Return what answers, client sockets left out; with `loopback` also what only the host itself reaches.

    What else may answer, but could not be read, is a reason added to `unread`. Raises Unread without any socket.
    """
    published = _known(case, "containers", "ports", unread)
    proxies = [(one["proto"], one["address"], one["port"]) for one in published if one["to"] is None]
    sockets = [
        Exposure(one["proto"], one["address"], one["port"], one["port"], one["process"], one["unit"])
        for one in case.facts["sockets"]["listening"]
        if not is_client(case, one) and (one["proto"], one["address"], one["port"]) not in proxies
    ]
    balanced = [
        Exposure(one["proto"], one["address"], one["port"], one["port"], "ipvs")
        for one in _known(case, "sockets", "ipvs", unread)
    ]
    sent_on = [
        Exposure(one["proto"], one["address"], one["port"], one["last"], published=one)
        for one in published
        if _ours(case, one["address"])
    ]
    found = _merged([*sockets, *balanced, *sent_on])
    return [one for one in found if loopback or not is_loopback(one.address)]


def _known(case: Case, area: str, fact: str, unread: list[str]) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = case.facts[area][fact]
    except Unread as reason:
        unread.append(f"{area} {fact}: {reason}")
        return []
    return found


def _ours(case: Case, address: str) -> bool:
    """Say whether packets to the address come to this host: a rule may name that of a cluster, or a neighbour's."""
    if address in EVERY_ADDRESS or "/" in address or "-" in address or is_loopback(address):
        return True
    return any(entry["address"] == address for entry in case.facts["firewall"]["addresses"])


def _merged(found: list[Exposure]) -> list[Exposure]:
    """Return one exposure for the two sockets (or rules) with which a program serves IPv4 and IPv6."""
    merged: dict[tuple[Any, ...], Exposure] = {}
    for one in found:
        # Of a port with both a translation and a proxy the translation tells more.
        owner = one.process if one.published is None else "published"
        where = "*" if one.address in EVERY_ADDRESS else one.address
        key = (one.proto, one.port, one.last, owner, where)
        if key not in merged:
            merged[key] = one
        elif merged[key].address != one.address:
            merged[key] = replace(merged[key], address="*")
        if one.published and one.published["to"] and not merged[key].published["to"]:
            merged[key] = replace(merged[key], published=one.published)
    return list(merged.values())


def is_client(case: Case, listener: Any) -> bool:
    """Say whether a UDP socket is one from which a program asks others: on a port of the kernel's choosing."""
    first, last = case.facts["sockets"]["client_ports"]
    return bool(listener["proto"] == "udp" and listener["process"] and first <= listener["port"] <= last)


def is_loopback(address: str) -> bool:
    """Say whether only the host itself reaches the address."""
    return address not in EVERY_ADDRESS and bool(first_address(address).is_loopback)


def is_private(address: str) -> bool:
    """Say whether the internet can't route to the address; a socket on every address is not private."""
    return address not in EVERY_ADDRESS and within(address, PRIVATE)


def open_to_strangers(case: Case, exposure: Exposure) -> bool | None:
    """Say whether anybody on the internet reaches it; None where that can't be told."""
    try:
        if exposure.published:
            return published_reach(case, exposure.published)
        return strangers_reach(case, exposure.proto, exposure.port, exposure.address)
    except Unread:
        return None


def ssh_listeners(case: Case) -> list[dict[str, Any]]:
    """Return the listeners of SSH servers; without root their processes aren't seen, and sshd's ports tell."""
    listening = [one for one in case.facts["sockets"]["listening"] if one["proto"] == "tcp"]
    ours = [one for one in listening if one["process"] in SSH_SERVERS or one["unit"] in SSH_UNITS]
    if ours or not case.facts["sshd"]["running"]:
        return ours
    ports = case.facts["sshd"]["settings"].get("port", [])
    return [one for one in listening if str(one["port"]) in ports]
