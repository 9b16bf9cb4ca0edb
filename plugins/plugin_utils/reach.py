# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reaches a port of a host, by the kernel's own rules. True and False are certain, None is "can't tell"."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from .packet import Packet, bounds, every, passes, some
from .verdict import Case

#: Addresses of the public internet in networks far apart. Documentation networks would be dropped as bogons by some.
STRANGERS = {
    "ip": ("8.8.4.4", "91.198.174.192", "133.11.0.1", "196.216.2.1"),
    "ip6": ("2001:4860::8844", "2a02:ec80::1"),
}  # fmt: skip
EVERY_ADDRESS = ("0.0.0.0", "::", "*")
SOURCE_LIMIT = 400
DIRECT = ("ingress", "prerouting", "input")


def strangers_reach(case: Case, proto: str, port: int, address: str) -> bool | None:
    """Say whether anybody on the internet reaches `port` of a socket bound to `address`; None where that can't be told.

    Addresses of bulwark_admin_cidrs are nobody's on the internet. Raises Unread where the rules were not read.
    """
    allowed = case.registers.admin_cidrs or ()
    sources = [source for family in STRANGERS.values() for source in family if not within(source, allowed)]
    return some(reaches(case, source, proto, port, address) for source in sources)


def reached_by_others(
    case: Case, proto: str, port: int, address: str, allowed: Iterable[str]
) -> dict[str, bool | None]:
    """Return who outside the networks `allowed` reaches the port: address -> True, or None where that can't be told.

    Besides strangers every network that a rule names is tried, by its first address and the one behind its last:
    between those no rule tells one address from another.
    """
    allowed = tuple(allowed)
    answers: dict[str, bool | None] = {}
    for source in dict.fromkeys((*STRANGERS["ip"], *STRANGERS["ip6"], *_edges(case))):
        if not within(source, allowed):
            answer = reaches(case, source, proto, port, address)
            if answer is not False:
                answers[source] = answer
    return answers


def published_reach(case: Case, published: dict[str, Any]) -> bool | None:
    """Say whether strangers reach a port that is translated to elsewhere (an entry of containers.ports)."""
    inner, _colon, port = (published["to"] or "").rpartition(":")
    if not inner or not port.isdigit():
        return strangers_reach(case, published["proto"], int(port or published["port"]), published["address"])
    outer = _packets(case, STRANGERS["ip"][0], published["proto"], published["port"], published["address"])
    return some(
        every([
            _passes(case, packet, ("ingress", "prerouting")),
            _passes(case, replace(packet, destination=inner, port=int(port), translated=True), ("forward",)),
        ])
        for packet in outer
    )  # fmt: skip


def reaches(case: Case, source: str, proto: str, port: int, address: str) -> bool | None:
    """Say whether `source` reaches `port` of a socket bound to `address`, also through a redirect to it."""
    direct = some(_passes(case, packet, DIRECT) for packet in _packets(case, source, proto, port, address))
    if direct is True or not any(_leads_to(published, proto, port) for published in case.facts["containers"]["ports"]):
        return direct
    redirected = (replace(packet, translated=True) for packet in _packets(case, source, proto, port, address))
    return some([direct, *(_passes(case, packet, ("input",)) for packet in redirected)])


def within(address: str, networks: Iterable[str]) -> bool:
    """Say whether an address lies in one of the networks."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return any(found in ipaddress.ip_network(network, strict=False) for network in networks)


def _leads_to(published: dict[str, Any], proto: str, port: int) -> bool:
    return bool(published["proto"] == proto and published["to"] == f":{port}")


def _packets(case: Case, source: str, proto: str, port: int, address: str) -> Iterator[Packet]:
    """Return the ways a packet can come: to each of the host's addresses behind the socket, by each uplink."""
    family = _family(source)
    for own in _destinations(case, family, address):
        for interface in case.facts["firewall"]["uplinks"][family] or [""]:
            yield Packet(family, interface, source, own, proto, port)


def _destinations(case: Case, family: str, address: str) -> list[str]:
    if address not in EVERY_ADDRESS:
        return [address] if _family(address) == family and _routable(address) else []
    if (address, family) in (("0.0.0.0", "ip6"), ("::", "ip")):
        return []
    own = [entry["address"] for entry in case.facts["firewall"]["addresses"]]
    return [one for one in own if _family(one) == family and _routable(one)]


def _routable(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("/")[0].partition("%")[0])
    return not (found.is_loopback or found.is_link_local or found.is_multicast)


def _family(address: str) -> str:
    return "ip6" if ":" in address else "ip"


def _edges(case: Case) -> list[str]:
    """Return the first address of every network that a rule names as source, and the address behind its last."""
    edges: dict[str, None] = {}
    for chain in case.facts["firewall"]["chains"]:
        for rule in chain["rules"]:
            for match in rule["match"]:
                for value in match["values"] if match["field"] == "saddr" else ():
                    low, high = bounds(value)
                    edges[str(low)] = None
                    if int(high) < 2**high.max_prefixlen - 1:
                        edges[str(high + 1)] = None
    usable = [edge for edge in edges if _routable(edge) and not ipaddress.ip_address(edge).is_unspecified]
    return usable[:SOURCE_LIMIT]


def _passes(case: Case, packet: Packet, hooks: tuple[str, ...]) -> bool | None:
    return passes(case.facts["firewall"]["chains"], packet, hooks)
