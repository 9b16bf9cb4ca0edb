# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a host sends what it logs: which ways lead to a declared collector, and what goes along them.

A way is a destination that is active, under TLS, checks whom it talks to, and leads to an entry of bulwark_collectors.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ..declared.collectors import Collector
from .facts import Unread
from .verdict import Case, NotApplicable

#: How a destination may tell its collector from somebody else: by the name in its certificate or by the very
#: certificate. `agent` is a declared agent, whose declared lines say how.
SURE = ("name", "fingerprint", "agent")
#: The least severity of a facility that has to go along: info. What is worse has lower numbers.
INFO = 6
SYSTEM = "system"
#: The function of a host that takes the logs of others.
COLLECTOR = "collector"


@dataclass(frozen=True)
class Way:
    """A protected way to a declared collector. destination: as area `forwarding` describes it."""

    collector: Collector
    destination: Mapping[str, Any]

    @property
    def place(self) -> str:
        """Return what configures it, for a reader: program and file with line."""
        return "%s, %s" % (self.destination["program"], self.destination["place"])


def receivers(case: Case) -> tuple[Collector, ...]:
    """Return the declared collectors that this host sends to, which it isn't itself. Raises Undeclared.

    What is declared for all hosts of a customer names its collector on that one too.
    """
    declared: tuple[Collector, ...] = case.registers.declared("collectors")
    if not case.registers.has_function(COLLECTOR):
        return declared
    name = str(case.facts["system"].get("hostname") or "").lower()
    own = {name, name.partition(".")[0]}
    return tuple(one for one in declared if not own & {(one.host or "").lower(), one.address.lower()})


def obliged(case: Case) -> tuple[Collector, ...]:
    """Return the receivers; raises NotApplicable on a collector that has none, since its logs are where they belong."""
    if case.registers.has_function(COLLECTOR) and not (case.registers.collectors and receivers(case)):
        raise NotApplicable("this host is a collector, and bulwark_collectors names no other that it sends to")
    return receivers(case)


def paths(case: Case) -> list[Way]:
    """Return the ways that lead to a declared collector; raises Unread and Undeclared."""
    collectors = receivers(case)
    return [
        Way(collector, destination)
        for destination in case.facts["forwarding"]["destinations"]
        for collector in collectors
        if destination["active"] and leads_to(destination, collector) and not dangers(destination, collector)
    ]


def forwards(case: Case, what: str, party: str | None = None) -> list[Way]:
    """Return the ways along which all of something goes: a facility such as "auth", or a file by its absolute path.

    party: only to collectors of that party. Nothing is the answer where it surely goes nowhere. Raises Unread where it
    may go and that can't be told, such as behind a condition, and Undeclared without bulwark_collectors.
    """
    ways = [way for way in paths(case) if party is None or way.collector.party == party]
    sure = [way for way in ways if carries(way.destination, what)]
    unclear = [way for way in ways if way not in sure and may_carry(way.destination, what)]
    if unclear and not sure:
        places = ", ".join(sorted({place for way in unclear for place in way.destination["unclear"]}))
        raise Unread("whether %s goes to %s depends on %s" % (what, unclear[0].collector.name, places))
    return sure


def leads_to(destination: Mapping[str, Any], collector: Collector) -> bool:
    """Say whether a destination's address is the collector's."""
    if destination["collector"] is not None:
        return bool(destination["collector"] == collector.name)
    return _same(destination["address"], collector.address) and destination["port"] == collector.port


def dangers(destination: Mapping[str, Any], collector: Collector | None = None) -> tuple[str, ...]:
    """Return what lets others read what goes along a destination, or take the collector's place; nothing where none."""
    return tuple(_dangers(destination, collector))


def _dangers(destination: Mapping[str, Any], collector: Collector | None) -> Iterator[str]:
    if not destination["tls"]:
        yield "in the clear (%s)" % destination["protocol"]
        return
    check = destination["peer_check"]
    if check not in SURE:
        yield "under TLS, with anybody" if check == "none" else "with whoever any of its authorities vouches for"
    elif check == "name" and collector is not None:
        strangers = [peer for peer in destination["peers"] if peer.lower() not in map(str.lower, collector.peers)]
        if strangers or not destination["peers"]:
            yield "with %s, who is no peer of %s" % (", ".join(strangers) or "any name", collector.name)


def exposed(case: Case) -> list[Mapping[str, Any]]:
    """Return the active destinations off this host that lack protection, wherever they lead."""
    collectors = receivers(case)
    found = []
    for one in case.facts["forwarding"]["destinations"]:
        leads = next((each for each in collectors if leads_to(one, each)), None)
        if one["active"] and (leads or not is_here(one["address"])) and dangers(one, leads):
            found.append(one)
    return found


def carries(destination: Mapping[str, Any], what: str) -> bool:
    """Say whether all of a facility (info and worse) or file surely goes along a destination."""
    return any(severity >= INFO for severity in _levels(destination["takes"], what))


def may_carry(destination: Mapping[str, Any], what: str) -> bool:
    """Say whether some of it may go along a destination, by a condition that can't be told beforehand."""
    return any(severity >= INFO for severity in _levels(destination["may"], what))


def _levels(takes: Mapping[str, Mapping[str, int]], what: str) -> Iterator[int]:
    if not what.startswith("/"):
        yield takes.get(SYSTEM, {}).get(what, -1)
        return
    for source, facilities in takes.items():
        if source.startswith("/") and fnmatchcase(what, source):
            yield from facilities.values()


def is_here(address: str) -> bool:
    """Say whether an address never leaves the host."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address.lower() in ("localhost", "localhost.localdomain")


def _same(one: str, other: str) -> bool:
    try:
        return ipaddress.ip_address(one) == ipaddress.ip_address(other)
    except ValueError:
        return one.lower().rstrip(".") == other.lower().rstrip(".")
