# SPDX-License-Identifier: GPL-3.0-or-later
"""A canary from line to record: which collector is asked for which lines, and what its answer comes to.

A *line* is what canary_line returns of a host: {host, customer, token, sent, names, factors, days, seconds, collectors:
[{name, host, store}], why}. A *search* is what one collector is asked: {label, collector, store, seconds, lines}. An
*answer* is what canary_search returns: {collector, store, until, skew, senders, problem}. Moments are seconds since
1970 by the controller's clock, but for what the collector itself says, which is `skew` ahead of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from ..declared.registers import Registers
from ..evaluators.forwarding import COLLECTOR
from ..records.canary import MOMENT
from ..text import clean

#: Where the playbook keeps what its tasks return.
WRITTEN, LOOKED = "bulwark_canary", "bulwark_sightings"
DAY = 86400
NAME_LIMIT = 255
#: What a collector that is no host of the inventory is told to be, and one that was not asked.
ELSEWHERE = "it is no host of this inventory (host of its entry in bulwark_collectors), so that nobody can look there"
NOT_ASKED = "it was not looked at"
#: Years beyond which a moment is none.
FIRST, LAST = 0, 4102444800

Line = Mapping[str, Any]


class Row(NamedTuple):
    """A line of what is told. good: the line came; bad: it did not; neither: that can't be said."""

    host: str
    collector: str
    text: str
    good: bool
    bad: bool


def destinations(registers: Registers, usual: str, host: str) -> list[dict[str, str | None]]:
    """Return where the lines of a host should arrive, in the usual folder where none is declared. Raises Undeclared.

    A host that is declared to collect doesn't send to itself.
    """
    itself = host if registers.has_function(COLLECTOR) else ""
    return [
        {"name": one.name, "host": one.host, "store": one.store or usual}
        for one in registers.declared("collectors")
        if one.host != itself
    ]


def searches(lines: Iterable[Line]) -> dict[str, list[dict[str, Any]]]:
    """Return the searches by the host of the play whose task makes them, one for each collector's store."""
    made: dict[tuple[str, str], dict[str, Any]] = {}
    for line in lines:
        for collector in line["collectors"] if not line["why"] else ():
            if collector["host"] is None:
                continue
            key = (collector["host"], collector["store"])
            search = made.setdefault(key, {"label": key[0], "collector": key[0], "store": key[1], "lines": []})
            if line["host"] not in {other["host"] for other in search["lines"]}:
                search["lines"].append(line)
    by_host: dict[str, list[dict[str, Any]]] = {}
    for search in made.values():
        search["seconds"] = max(line["seconds"] for line in search["lines"])
        by_host.setdefault(search["lines"][0]["host"], []).append(search)
    return by_host


def asked(search: Mapping[str, Any], now: float, most: float, missing: Sequence[str]) -> dict[str, Any]:
    """Return the module's arguments for the lines of the hosts `missing`, for `most` seconds at the longest."""
    lines = [line for line in search["lines"] if line["host"] in missing]
    end = max(line["sent"] for line in search["lines"]) + search["seconds"]
    return {
        "store": search["store"],
        "senders": [
            {"host": line["host"], "token": line["token"], "names": line["names"], "back": line["days"] * DAY}
            for line in lines
        ],
        "ago": max(0.0, now - min(line["sent"] for line in lines)),
        "seconds": max(0.0, min(most, end - now)),
    }


def taken(answer: Mapping[str, Any], hosts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return what a module answered of these hosts, each value a plausible moment or None."""
    said = answer.get("senders")
    told = said if isinstance(said, Mapping) else {}
    return {
        host: {
            **{key: moment(told[host].get(key)) for key in ("received", "seen", "oldest", "newest", "factors")},
            "cut": bool(told[host].get("cut")),
        }
        for host in hosts
        if isinstance(told.get(host), Mapping)
    }


def moment(value: Any) -> float | None:
    """Return a number of seconds since 1970, None for anything that is none."""
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and FIRST < value < LAST
    return float(value) if good and math.isfinite(value) else None


def outcome(
    lines: Iterable[Line], answers: Iterable[Mapping[str, Any]]
) -> tuple[dict[str, dict[str, list[dict[str, Any]]]], list[Row]]:
    """Return what is kept, by customer and host, and what is told."""
    by_store = {(answer["collector"], answer["store"]): answer for answer in answers}
    kept: dict[str, dict[str, list[dict[str, Any]]]] = {}
    rows: list[Row] = []
    for line in lines:
        if line["why"]:
            rows.append(Row(line["host"], "", "nothing was written: %s" % line["why"], False, bool(line["wrong"])))
            continue
        own = kept.setdefault(line["customer"], {}).setdefault(line["host"], [])
        for collector in line["collectors"]:
            sighting = _sighting(line, collector, by_store.get((collector["host"], collector["store"])))
            own.append(sighting)
            rows.append(_row(line, sighting))
    return kept, rows


def planned(lines: Iterable[Line]) -> list[Row]:
    """Return what would be looked for, which nobody has yet."""
    return [
        Row(line["host"], name, text, False, False)
        for line in lines
        for name, text in [("", "nothing would be written: %s" % line["why"])] * bool(line["why"])
        + [(one["name"], _would(one)) for one in line["collectors"]]
    ]


def _would(collector: Mapping[str, Any]) -> str:
    where = "in %s of %s" % (collector["store"], collector["host"]) if collector["host"] else "nowhere: %s" % ELSEWHERE
    return "would be written, and looked for %s" % where


def _sighting(line: Line, collector: Mapping[str, Any], answer: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return an entry of the record, as records.canary.Sighting has it."""
    entry: dict[str, Any] = {"collector": collector["name"], "sent": written(line["sent"])}
    if line["factors"]:
        entry["used"] = written(line["factors"])
    problem = ELSEWHERE if collector["host"] is None else NOT_ASKED if answer is None else answer["problem"]
    held = answer["senders"].get(line["host"]) if answer and not problem else None
    if held is None or answer is None:
        return {**entry, "problem": clean(problem or NOT_ASKED, 500)}

    def own_clock(key: str) -> float | None:
        return held[key] - answer["skew"] if held[key] is not None else None

    found = own_clock("received" if held["received"] is not None else "seen")
    moments = {
        "until": answer["until"],
        "found": max(found, line["sent"]) if found is not None else None,
        "newest": own_clock("newest"),
        "factors": own_clock("factors"),
    }
    entry.update({key: written(value) for key, value in moments.items() if value is not None})
    if held["oldest"] is not None:
        entry["oldest"] = written(held["oldest"])[:10]
    return {**entry, "cut": True} if held["cut"] else entry


def written(seconds: float) -> str:
    """Return a moment as the record has it."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime(MOMENT)


def _row(line: Line, sighting: Mapping[str, Any]) -> Row:
    host, name = line["host"], sighting["collector"]
    if sighting.get("problem"):
        return Row(host, name, "not looked for: %s" % sighting["problem"], False, sighting["problem"] != ELSEWHERE)
    sent = _at(sighting["sent"])
    if sighting.get("found"):
        return Row(host, name, "found after %d s" % (_at(sighting["found"]) - sent), True, False)
    return Row(host, name, "NOT FOUND within %d s" % (_at(sighting["until"]) - sent), False, True)


def _at(text: str) -> int:
    return int(datetime.strptime(text, MOMENT).replace(tzinfo=timezone.utc).timestamp())


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table for a terminal."""
    cells = [("host", "collector", "line")]
    cells += [(clean(row.host, NAME_LIMIT), clean(row.collector or "-", NAME_LIMIT), clean(row.text)) for row in rows]
    wide = [max(len(cell[column]) for cell in cells) for column in (0, 1)]
    return "\n".join("%-*s  %-*s  %s" % (wide[0], host, wide[1], name, text) for host, name, text in cells)


def counted(rows: Sequence[Row]) -> str:
    """Return the rows in one line, for logs that many can read."""
    found, lost = (sum(getattr(row, kind) for row in rows) for kind in ("good", "bad"))
    return "%d lines found, %d not, %d can't be told" % (found, lost, len(rows) - found - lost)


def wrong(rows: Iterable[Row]) -> Iterator[str]:
    """Yield why the play fails, one line each."""
    for row in rows:
        if row.bad:
            yield ": ".join(clean(part, 500) for part in (row.host, row.collector, row.text) if part)
