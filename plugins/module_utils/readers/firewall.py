# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `firewall`: the kernel's rules, which are the truth whoever wrote them (ufw, firewalld, a container engine)."""

from __future__ import annotations

import json
from typing import Any

from ..door import Door, Missing, Unreadable
from ..netfilter import iptables, nft
from ..netfilter.rule import Chain
from ..reading import Area, Reading

NFT = ["nft", "-j", "list", "ruleset"]
LEGACY = {"ip": "/proc/net/ip_tables_names", "ip6": "/proc/net/ip6_tables_names"}
SAVE = {"ip": "iptables-save", "ip6": "ip6tables-save"}
LEGACY_SAVE = {"ip": "iptables-legacy-save", "ip6": "ip6tables-legacy-save"}
KERNEL_PARTS = ("nf_tables", "ip_tables", "ip6_tables")


def read(host: Reading, area: Area) -> None:
    """Learn `chains` (form in netfilter/rule.py), `addresses` and `uplinks`.

    addresses: [{interface, address}]. uplinks maps "ip" and "ip6" to the interfaces of a default route: those by which
    strangers come.
    """
    area.learn("chains", chains, host.door)
    area.learn("addresses", addresses, host.door)
    area.learn("uplinks", uplinks, host.door)


def _listed(door: Door, argv: list[str]) -> str:
    """Return what a program lists of the kernel's rules; raises Missing where the host doesn't have it."""
    done = door.run(argv)
    if done.rc != 0:
        reason = (done.err or done.out).strip().splitlines() or ["no message"]
        raise Unreadable("{}: {}".format(" ".join(argv), reason[0]))
    return done.out


def chains(door: Door) -> list[Chain]:
    """Return every chain in force, of nft and, where they hold anything, of iptables's own tables."""
    try:
        found, foreign = nft.parse(_listed(door, NFT))
    except Missing:
        return _without_nft(door)
    for family, save in SAVE.items():
        tables = {table for kind, table in foreign if kind == family}
        if tables:
            # Tables that iptables wrote into nft: only its own program knows what their matches mean.
            spelled = iptables.parse(_listed(door, [save]), family)
            found = [one for one in found if (one["family"], one["table"]) not in foreign or one["family"] != family]
            found += [one for one in spelled if one["table"] in tables]
        if _legacy_tables(door, family):
            found += iptables.parse(_listed(door, [LEGACY_SAVE[family]]), family)
    return found


def _without_nft(door: Door) -> list[Chain]:
    return [one for family, text in _saved(door) for one in iptables.parse(text, family)]


def _saved(door: Door) -> list[tuple[str, str]]:
    try:
        return [(family, _listed(door, [save])) for family, save in SAVE.items()]
    except Missing:
        if _kernel_may_filter(door):
            raise Unreadable("neither nft nor iptables is there to list the kernel's firewall rules") from None
        return []


def _kernel_may_filter(door: Door) -> bool:
    """Say whether the kernel has packet filtering loaded or, where it lists no modules, perhaps built in."""
    try:
        return bool({line.split(" ")[0] for line in door.lines("/proc/modules")}.intersection(KERNEL_PARTS))
    except Missing:
        return True


def _legacy_tables(door: Door, family: str) -> list[str]:
    try:
        return door.lines(LEGACY[family])
    except Missing:
        return []


def addresses(door: Door) -> list[dict[str, str]]:
    """Return the host's addresses with their interface."""
    try:
        links: list[dict[str, Any]] = json.loads(door.output(["ip", "-j", "address"]))
        return [
            {"interface": link["ifname"], "address": entry["local"]}
            for link in links
            for entry in link.get("addr_info", [])
            if "local" in entry
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"ip -j address: not understood ({type(error).__name__})") from None


def uplinks(door: Door) -> dict[str, list[str]]:
    """Return the interfaces that carry a default route, by family."""
    found: dict[str, set[str]] = {"ip": set(), "ip6": set()}
    for line in door.lines("/proc/net/route"):
        fields = line.split()
        if len(fields) > 7 and fields[1] == "00000000" and fields[7] == "00000000":
            found["ip"].add(fields[0])
    for line in _ipv6_routes(door):
        fields = line.split()
        if len(fields) > 9 and fields[0] == "0" * 32 and fields[1] == "00" and fields[9] != "lo":
            found["ip6"].add(fields[9])
    return {family: sorted(names) for family, names in found.items()}


def _ipv6_routes(door: Door) -> list[str]:
    try:
        return door.lines("/proc/net/ipv6_route")
    except Missing:
        return []
