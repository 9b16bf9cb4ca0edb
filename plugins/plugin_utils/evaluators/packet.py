# SPDX-License-Identifier: GPL-3.0-or-later
"""How the first packet of a connection fares in the kernel's firewall rules (facts firewall.chains).

A rule that isn't understood, or whose condition can't be told for the packet, leaves both ways open: the answer is
None, "can't tell", unless both ways end alike. Form of the rules: plugins/module_utils/netfilter/rule.py.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .patterns import matches

PROTOCOLS = {"tcp": ("tcp", "6"), "udp": ("udp", "17")}
EITHER = frozenset({"accept", "drop"})
Chains = list[dict[str, Any]]


@dataclass(frozen=True)
class Packet:
    """The first packet of a connection. `interface` "" and `destination` "" are not known."""

    family: str
    interface: str
    source: str
    destination: str
    proto: str
    port: int
    translated: bool = False


def passes(chains: Chains, packet: Packet, hooks: tuple[str, ...]) -> bool | None:
    """Say whether a packet gets through every base chain of these hooks."""
    answers = []
    for chain in chains:
        if chain["hook"] in hooks and chain["type"] != "nat" and chain["family"] in (packet.family, "inet", "netdev"):
            walked = _Walk(chains, chain, packet).ends(chain)
            ends = {chain["policy"] or "accept" if end == "fall" else end for end in walked}
            answers.append(None if len(ends) > 1 else ends == {"accept"})
    return every(answers)


class _Walk:
    """One packet on its way through the chains of one table."""

    def __init__(self, chains: Chains, base: dict[str, Any], packet: Packet) -> None:
        table = (base["family"], base["table"])
        self.chains = {chain["name"]: chain for chain in chains if (chain["family"], chain["table"]) == table}
        self.packet = packet
        self.known: dict[str, frozenset[str]] = {}

    def ends(self, chain: dict[str, Any]) -> frozenset[str]:
        """Return how the packet may leave a chain: accept, drop, or fall off its end."""
        if chain["name"] not in self.known:
            self.known[chain["name"]] = EITHER  # what a chain that jumps to itself would find
            self.known[chain["name"]] = self._ends(chain)
        return self.known[chain["name"]]

    def _ends(self, chain: dict[str, Any]) -> frozenset[str]:
        possible: frozenset[str] = frozenset()
        for rule in chain["rules"]:
            taken = holds(rule, self.packet)
            if taken is False:
                continue
            ends = self._verdict(rule)
            goes_on = rule["verdict"] == "jump" and "fall" in ends
            possible |= ends - {"fall"} if goes_on else ends
            if taken and not goes_on:
                return possible
        return possible | {"fall"}

    def _verdict(self, rule: dict[str, Any]) -> frozenset[str]:
        if rule["verdict"] in ("accept", "drop"):
            return frozenset({rule["verdict"]})
        if rule["verdict"] == "return":
            return frozenset({"fall"})
        if rule["verdict"] in ("jump", "goto") and rule["target"] in self.chains:
            return self.ends(self.chains[rule["target"]])
        return EITHER


def holds(rule: dict[str, Any], packet: Packet) -> bool | None:
    """Say whether all conditions of a rule hold for a packet; None where that can't be told."""
    answers = [_match(match, packet) for match in rule["match"]]
    return every([*answers, None] if rule["raw"] else answers)


def _match(match: dict[str, Any], packet: Packet) -> bool | None:
    answer = _value_match(match, packet)
    return answer if answer is None or not match["not"] else not answer


def _value_match(match: dict[str, Any], packet: Packet) -> bool | None:
    field, values = match["field"], match["values"]
    if "share" in match:
        # Too many to list, and less than half of all addresses: some stranger is in none of them.
        return False if field == "saddr" and match["share"] < 0.5 else None
    if field in ("saddr", "daddr"):
        return some(_in_network(packet.source if field == "saddr" else packet.destination, value) for value in values)
    if field == "dport":
        return some(_in_range(packet.port, value) for value in values)
    if field == "iif":
        return _interface_match(packet.interface, values)
    if field in SETS:
        return bool(SETS[field](packet).intersection(values))
    if field == "status":
        return packet.translated if values == ["dnat"] else None
    return False if field == "never" else None


SETS: dict[str, Any] = {
    "family": lambda packet: {packet.family},
    "proto": lambda packet: set(PROTOCOLS.get(packet.proto, (packet.proto,))),
    "state": lambda packet: {"new"},
    "daddr_type": lambda packet: {"unicast"} if packet.translated else {"local"},
}


def _interface_match(interface: str, values: list[str]) -> bool | None:
    if not interface:
        return False if values == ["lo"] else None
    return matches(interface, values)


def _in_network(address: str, network: str) -> bool | None:
    try:
        low, high = bounds(network)
    except ValueError:
        return None
    found = first_address(address)
    return bool(found.version == low.version and low <= found <= high)


def _in_range(port: int, text: str) -> bool | None:
    first, _dash, last = text.partition("-")
    if not first.isdigit() or not (last or first).isdigit():
        return None
    return int(first) <= port <= int(last or first)


@lru_cache(maxsize=8192)
def first_address(text: str) -> Any:
    """Return the address that an address, network, range or address with interface begins with."""
    return ipaddress.ip_address(re.split("[/%-]", text, maxsplit=1)[0])


@lru_cache(maxsize=8192)
def bounds(value: str) -> tuple[Any, Any]:
    """Return the first and last address of "a-b", a network or an address; raises ValueError for anything else."""
    first, dash, last = value.partition("-")
    if dash:
        return ipaddress.ip_address(first), ipaddress.ip_address(last)
    network = ipaddress.ip_network(value, strict=False)
    return network[0], network[-1]


def some(answers: Iterable[bool | None]) -> bool | None:
    """Return whether any is True, as far as that can be told."""
    found = set(answers)
    return True if True in found else None if None in found else False


def every(answers: Iterable[bool | None]) -> bool | None:
    """Return whether all are True, as far as that can be told."""
    found = set(answers)
    return False if False in found else None if None in found else True
