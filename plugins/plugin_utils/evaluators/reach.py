# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reaches a port of a host, by the kernel's own rules. True and False are certain, None is "can't tell"."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from .packet import Packet, bounds, every, first_address, passes, some
from .verdict import Case

#: Addresses of the public internet in networks far apart. Documentation networks would be dropped as bogons by some.
STRANGERS = {
    "ip": ("8.8.4.4", "91.198.174.192", "133.11.0.1", "196.216.2.1"),
    "ip6": ("2001:4860::8844", "2a02:ec80::1"),
}  # fmt: skip
EVERY_ADDRESS = ("0.0.0.0", "::", "*")
SOURCE_LIMIT = 1000
#: In place of an address: the networks of a rule that names too many to try each.
MANY = "one of many networks"
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

    Besides strangers every network that a rule names is tried, by its first address, and the address behind the last of
    each network: between those nothing tells one address from another.
    """
    allowed = tuple(allowed)
    answers: dict[str, bool | None] = {}
    sources, complete = _sources(case, allowed)
    for source in sources:
        answer = reaches(case, source, proto, port, address)
        if answer is not False:
            answers[source] = answer
    return answers if complete else {**answers, MANY: None}


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
    found = first_address(address)
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
        return [str(first_address(address))] if _family(address) == family and _routable(address) else []
    if (address, family) in (("0.0.0.0", "ip6"), ("::", "ip")):
        return []
    own = [entry["address"] for entry in case.facts["firewall"]["addresses"]]
    return [one for one in own if _family(one) == family and _routable(one)]


def _routable(address: str) -> bool:
    found = first_address(address)
    return not (found.is_loopback or found.is_link_local or found.is_multicast)


def _family(address: str) -> str:
    return "ip6" if ":" in address else "ip"


def _sources(case: Case, allowed: tuple[str, ...]) -> tuple[list[str], bool]:
    """Return one address of each part of the world, outside `allowed`, that rules tell apart; and whether that is all.

    Such a part begins where a network begins, or behind one that is left out or let in by another rule.
    """
    rules = [rule for chain in case.facts["firewall"]["chains"] for rule in chain["rules"]]
    named = [(match, rule) for rule in rules for match in rule["match"] if match["field"] == "saddr"]
    complete = not any("share" in match and rule["verdict"] != "drop" for match, rule in named)
    edges = dict.fromkeys([*STRANGERS["ip"], *STRANGERS["ip6"]])
    for network in (*allowed, *(value for match, _rule in named for value in match["values"])):
        try:
            low, high = bounds(network)
        except ValueError:
            complete = False
            continue
        edges[str(low)] = None
        if int(high) < 2**high.max_prefixlen - 1:
            edges[str(high + 1)] = None
    usable = [
        one for one in edges if _routable(one) and not first_address(one).is_unspecified and not within(one, allowed)
    ]
    return usable[:SOURCE_LIMIT], complete and len(usable) <= SOURCE_LIMIT


def _passes(case: Case, packet: Packet, hooks: tuple[str, ...]) -> bool | None:
    return passes(case.facts["firewall"]["chains"], packet, hooks)
