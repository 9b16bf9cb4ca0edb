# SPDX-License-Identifier: GPL-3.0-or-later
"""All hosts of a run side by side: what more than one of them has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from sys import intern
from types import MappingProxyType
from typing import Any, NamedTuple

from .links import Link

NOT_READ, NOT_HERE = "not read", "not in this run"


class HostLinks(NamedTuple):
    """A host as fleet judges see it. key: None where nothing of it is known, and `problem` says why.

    points: when its backups were made, by service, as points.py has them.
    """

    customer: str
    host: str
    key: str | None
    entries: tuple[Link, ...] = ()
    unread: Mapping[str, str] = MappingProxyType({})
    problem: str = ""
    points: Mapping[str, Mapping[str, Any]] = MappingProxyType({})


class Place(NamedTuple):
    """Where something was found that another host has too."""

    customer: str
    host: str
    link: Link


class AllLinks:
    """The links of all hosts, grouped by what they share."""

    def __init__(self, hosts: Iterable[HostLinks]) -> None:
        self.hosts = tuple(hosts)
        self._groups: dict[tuple[str, ...], list[tuple[Place, ...]]] = {}

    def groups(self, kinds: tuple[str, ...], customer: str) -> Iterator[tuple[Place, ...]]:
        """Yield what more than one host has, a host of the customer among them, in the order of the hosts' names."""
        if kinds not in self._groups:
            self._groups[kinds] = list(self._grouped(kinds))
        for group in self._groups[kinds]:
            if any(place.customer == customer for place in group):
                yield group

    def _grouped(self, kinds: tuple[str, ...]) -> Iterator[tuple[Place, ...]]:
        groups: dict[str, list[Place]] = {}
        for host in self.hosts:
            for link in host.entries:
                if link.kind in kinds:
                    groups.setdefault(link.print, []).append(Place(host.customer, host.host, link))
        for places in groups.values():
            if len({(place.customer, place.host) for place in places}) > 1:
                yield tuple(sorted(places, key=lambda place: (place.customer, place.host, place.link.name)))


def of_document(document: Mapping[str, Any]) -> HostLinks:
    """Return the links of a checked host result; its words are shared, since a fleet has few of them."""
    found = document["links"]
    if not found:
        return HostLinks(document["customer"], document["host"], None, problem=NOT_READ)
    entries = tuple(Link(**{key: value and intern(value) for key, value in each.items()}) for each in found["entries"])
    return HostLinks(document["customer"], document["host"], intern(found["key"]), entries, found["unread"],
                     points=found.get("points", {}))  # fmt: skip
