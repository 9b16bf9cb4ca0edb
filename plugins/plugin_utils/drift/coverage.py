# SPDX-License-Identifier: GPL-3.0-or-later
"""What was seen, and first of all what was not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from ..catalogue.catalogue import Catalogue
from ..declared import host_lists
from ..declared.moments import as_date
from ..text import clean, written_day
from .history import History
from .shapes import Coverage, HostList, Platform, Unread

#: What the advisory reaches and no reader of this collection does.
NEVER_SEEN = ("Microsoft 365",)
#: Families of the catalogue as hosts of these platforms are told from Linux by begin.
FAMILIES = {"windows": "Windows", "network": "network device"}
SHOWN = 6


def coverage(
    about: Mapping[str, Any],
    read: Collection[tuple[str, str]],
    reasons: Mapping[tuple[str, str], str],
    without_root: Iterable[str],
    registers: Mapping[str, Mapping[str, Any]],
    history: History,
    catalogue: Catalogue,
    customer: str | None,
) -> Coverage:
    """Return the coverage of a view.

    read: the hosts that were read, by customer and host. reasons: why one was not. registers: by customer.
    """
    day = date.fromisoformat(about["date"])
    targets = [target for target in about["targeted"] if customer in (None, target["customer"])]
    left = [place for place in about.get("not_targeted", ()) if customer in (None, place["customer"])]
    lists = tuple(
        each
        for name in sorted(registers)
        if customer in (None, name)
        for each in _lists(name, registers[name], _inventory(about, name), day)
    )
    absent: dict[str, list[str]] = defaultdict(list)
    for each in lists:
        absent[each.customer] += each.missing
    missing = [name for _list, names in sorted(absent.items()) for name in host_lists.distinct(names)]
    others: dict[str, list[str]] = defaultdict(list)
    for target in targets:
        if target["other_platform"]:
            others[target["other_platform"]].append(target["host"])
    unreached = not_reached(about)
    unread = tuple(
        _unread(place, reasons.get(place, "it left no usable result"), history, about, day)
        for place in sorted((target["customer"], target["host"]) for target in targets if not target["other_platform"])
        if place not in read and place not in unreached
    )
    seen = sum((target["customer"], target["host"]) in read for target in targets)
    made = Coverage(
        line="",
        known=len(targets) + len(left) + len(missing),
        seen=seen,
        lists=lists,
        missing=tuple(missing),
        unread=unread,
        without_root=tuple(sorted(without_root)),
        other_platforms=tuple(Platform(name, tuple(sorted(hosts))) for name, hosts in sorted(others.items())),
        not_targeted=tuple(sorted(place["host"] for place in left)),
        never_seen=NEVER_SEEN,
        not_reached=tuple(sorted(host for name, host in unreached if customer in (None, name))),
    )
    return Coverage(**{**made.__dict__, "line": sentence(made)})


def not_reached(about: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return (customer, host) of the targeted hosts that a run stopped before."""
    names = set((about.get("coverage") or {}).get("not_reached", ()))
    return {(target["customer"], target["host"]) for target in about["targeted"] if target["host"] in names}


def _inventory(about: Mapping[str, Any], customer: str) -> list[str]:
    places = [*about["targeted"], *about.get("not_targeted", ())]
    return [place["host"] for place in places if place["customer"] == customer]


def _lists(
    customer: str, registers: Mapping[str, Any], inventory: list[str], day: date
) -> Iterable[HostList]:  # fmt: skip
    made = []
    for entry in registers.get("bulwark_host_lists") or ():
        try:
            listed = as_date(entry["date"])
            names = [str(name) for name in entry.get("hosts") or ()]
            source = clean(entry["source"], 100)
        except (KeyError, TypeError, ValueError):
            continue
        if listed:
            missing = tuple(clean(name, 255) for name in host_lists.missing(names, inventory))
            made.append(HostList(customer, source, listed, (day - listed).days, len(names), missing))
    return sorted(made, key=lambda each: (each.source, each.date))


def _unread(place: tuple[str, str], reason: str, history: History, about: Mapping[str, Any], day: date) -> Unread:
    known = history.hosts.get(place)
    first = known.unread_since if known else None
    since = first.date if first else day
    return Unread(*place, clean(reason), since, (day - since).days)


def sentence(seen: Coverage) -> str:
    """Return the first line of every page: "27 of 31 known hosts seen (directory of 20 November 2026); ..."."""
    line = "%d of %d known %s seen" % (seen.seen, seen.known, "host" if seen.known == 1 else "hosts")
    named = list(dict.fromkeys("%s of %s" % (each.source, written_day(each.date)) for each in seen.lists))
    line += " (%s)" % shortened(named) if named else " (no list of another source to compare the inventory with)"
    parts = [line]
    if seen.missing:
        parts.append("%d missing from the inventory: %s" % (len(seen.missing), shortened(seen.missing)))
    if seen.unread:
        parts.append("%d not read: %s" % (len(seen.unread), shortened([each.host for each in seen.unread])))
    if seen.not_reached:
        parts.append("%d not reached: %s" % (len(seen.not_reached), shortened(seen.not_reached)))
    if seen.not_targeted:
        parts.append("%d left out of this run: %s" % (len(seen.not_targeted), shortened(seen.not_targeted)))
    parts += ["%s 0 of %d judged" % (each.name, len(each.hosts)) for each in seen.other_platforms]
    parts += ["%s not seen" % name for name in seen.never_seen]
    return "; ".join(parts)


def shortened(names: Collection[str]) -> str:
    """Return the first few names and how many more there are."""
    shown = [clean(name, 80) for name in list(names)[:SHOWN]]
    return ", ".join(shown) + (" and %d more" % (len(names) - SHOWN) if len(names) > SHOWN else "")
