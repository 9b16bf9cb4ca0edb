# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `time`: which program keeps the clock, how well and by whom, and whether the logs say in which zone they count.

The programs are asked themselves: what their configuration names need not answer.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

UNITS = {
    "chrony": ("chrony.service", "chronyd.service"),
    "timesyncd": ("systemd-timesyncd.service",),
    "ntpd": ("ntpsec.service", "ntp.service", "ntpd.service"),
    "openntpd": ("openntpd.service",),
}
#: What is there where the program is installed: that of a package, not of somebody's.
PROGRAMS = {"chrony": ("/usr/sbin/chronyd",), "timesyncd": ("/usr/lib/systemd/systemd-timesyncd",)}
#: `chronyc -c tracking`: its fields by number.
REFERENCE, STRATUM, OFFSET, LEAP, TRACKED = 0, 2, 4, 13, 14
#: `chronyc -c sources`.
KIND, STATE, NAME, REACH, LISTED = 0, 1, 2, 5, 10
USABLE = "*+-"
LOGS = ("/var/log/syslog", "/var/log/messages", "/var/log/auth.log", "/var/log/secure")
TAIL = 4096
ZONED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)\s")
ZONELESS = re.compile(r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d\s")
SPAN = re.compile(r"(\d+(?:\.\d+)?)(y|month|w|d|h|min|us|ms|s)")
SECONDS = {"y": 31557600.0, "month": 2629800.0, "w": 604800.0, "d": 86400.0, "h": 3600.0, "min": 60.0, "s": 1.0,
           "ms": 1e-3, "us": 1e-6}  # fmt: skip
SERVERS = ("SystemNTPServers", "LinkNTPServers")
FALLBACK = "FallbackNTPServers"
#: timesyncd touches it whenever it sets the clock.
TOUCHED = "/run/systemd/timesync/synchronized"
LONGEST = "PollIntervalMaxUSec"
#: A program that was started so many seconds ago has asked its servers, and what has not answered is not about to.
SETTLED = 10


def read(host: Reading, area: Area) -> None:
    """Learn `programs`, `clocks` and `stamps`.

    programs: [{name, unit, active, enabled}] of those in UNITS that run or are installed, with the unit's name here.
    clocks: {program: {synchronised, offset, sources}} of those that run and can be asked; offset: seconds, None where
    nothing was measured yet, or not lately. sources: [{name, platform, usable}], name as configured; platform: a clock
    of the machine and no server. What can't be asked is missing, and its reason is that of the fact "clocks.<program>".
    stamps: [{path, zoned}] of the text logs whose last line begins with a time, by whether that says its zone.
    """
    door = host.door
    running, enabled = host.fact("units", "active"), host.fact("units", "enabled")
    found = [
        {"name": name, "unit": unit, "active": unit in running, "enabled": unit in enabled}
        for name, units in UNITS.items()
        for unit in _here(door, name, units, [*running, *enabled])
    ]
    area.facts["programs"] = found
    clocks = {}
    for name, ask in (("chrony", chrony), ("timesyncd", timesyncd)):
        for unit in (one["unit"] for one in found if one["name"] == name and one["active"]):
            fact = "clocks." + name
            clocks[name] = area.learn(fact, settled, host, unit, ask)
            if fact not in area.facts:
                del clocks[name]
            area.facts.pop(fact, None)
    area.facts["clocks"] = clocks
    area.learn("stamps", stamps, door)


def _here(door: Door, name: str, units: tuple[str, ...], known: list[str]) -> list[str]:
    """Return the unit by which a program is known here, none where it isn't installed."""
    seen = [unit for unit in units if unit in known]
    if seen:
        return seen[:1]
    if any(door.exists(path) for path in PROGRAMS.get(name, ())):
        there = [unit for unit in units if door.exists("/usr/lib/systemd/system/" + unit)]
        return (there or list(units))[:1]
    return []


def settled(host: Reading, unit: str, ask: Callable[[Reading], dict[str, Any]]) -> dict[str, Any]:
    """Return what a program says of itself, with patience for one that was started a moment ago."""
    while True:
        found = ask(host)
        ready = found["synchronised"] and all(one["usable"] for one in found["sources"])
        if ready or not host.door.live or _age(host.door, unit) > SETTLED:
            return found
        time.sleep(1)


def _age(door: Door, unit: str) -> float:
    """Return for how many seconds a unit has been active."""
    began = door.output(["systemctl", "show", "--property=ActiveEnterTimestampMonotonic", "--value", unit])
    return float(door.read("/proc/uptime").split()[0]) - int(began) / 1e6


def chrony(host: Reading) -> dict[str, Any]:
    """Return what chronyd says of itself and its sources, in one question."""
    done = host.door.run(["chronyc", "-c", "-N", "-m", "tracking", "sources"])
    if done.rc != 0:
        raise Unreadable("chronyc: %s" % ((done.out + done.err).strip().split("\n")[0] or "no message"))
    return tracked(done.out)


def tracked(text: str) -> dict[str, Any]:
    """Return {synchronised, offset, sources} of what chronyc printed of `tracking` and `sources`."""
    rows = [line.split(",") for line in text.split("\n") if line]
    try:
        own = rows[0]
        if len(own) != TRACKED or any(len(row) != LISTED for row in rows[1:]):
            raise ValueError
        synchronised = own[LEAP] != "Not synchronised" and int(own[REFERENCE], 16) != 0
        sources = [{"name": row[NAME], "platform": row[KIND] == "#", "usable": _usable(row)} for row in rows[1:]]
        # Without a source chronyd goes on by what it measured last, and stays "synchronised".
        known = synchronised and any(one["usable"] for one in sources)
        return {"synchronised": synchronised, "offset": float(own[OFFSET]) if known else None, "sources": sources}
    except (ValueError, IndexError):
        raise Unreadable("chronyc: its answer was not understood") from None


def _usable(row: list[str]) -> bool:
    """Say whether chronyd goes by a source, and one of its last eight questions was answered."""
    return row[STATE] in USABLE and row[STATE] != "" and row[REACH] not in ("", "0")


def timesyncd(host: Reading) -> dict[str, Any]:
    """Return what timesyncd says of itself; it asks one server at a time, and the others when that one is silent."""
    shown = host.door.output(["timedatectl", "show-timesync"])
    found = synced(host.door.output(["timedatectl", "timesync-status"]), shown)
    # It counts answers since it started, and tells the last offset for ever.
    return found if _lately(host, shown) else {**found, "offset": None}


def _lately(host: Reading, shown: str) -> bool:
    """Say whether timesyncd set the clock within twice its longest pause, and the kernel still goes by that."""
    said = host.door.output(["timedatectl", "show", "--property=NTPSynchronized", "--value"])
    pause = seconds(dict(_pair(line, "=") for line in shown.split("\n")).get(LONGEST, ""))
    try:
        age = abs(host.fact("system", "now") - host.door.modified(TOUCHED))
    except Missing:
        return False
    return said.strip() == "yes" and pause is not None and age <= 2 * pause


def synced(status: str, shown: str) -> dict[str, Any]:
    """Return {synchronised, offset, sources} of what timedatectl printed."""
    said = dict(_pair(line, ":") for line in status.split("\n") if ":" in line)
    names = dict(_pair(line, "=") for line in shown.split("\n") if "=" in line)
    listed = [name for key in SERVERS for name in names.get(key, "").split()] or names.get(FALLBACK, "").split()
    answered = said.get("Packet count", "0") != "0"
    return {
        "synchronised": answered,
        "offset": seconds(said.get("Offset", "")) if answered else None,
        "sources": [{"name": name, "platform": False, "usable": answered} for name in dict.fromkeys(listed)],
    }


def seconds(text: str) -> float | None:
    """Return a span as systemd prints it (+1min 2.5s), in seconds; None where it is none."""
    parts = SPAN.findall(text)
    if not parts:
        return None
    total = sum(float(number) * SECONDS[unit] for number, unit in parts)
    return -total if text.strip().startswith("-") else total


def stamps(door: Door) -> list[dict[str, Any]]:
    """Return whether the newest line of each text log says the zone of its time."""
    found = []
    for path in LOGS:
        try:
            lines = door.tail(path, TAIL).decode("utf-8", "replace").split("\n")
        except Missing:
            continue
        newest = lines[-2] if len(lines) > 1 else ""
        if ZONED.match(newest) or ZONELESS.match(newest):
            found.append({"path": path, "zoned": bool(ZONED.match(newest))})
    return found


def _pair(line: str, between: str) -> tuple[str, str]:
    name, _between, value = line.partition(between)
    return name.strip(), value.strip()
