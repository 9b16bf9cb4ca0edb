# SPDX-License-Identifier: GPL-3.0-or-later
"""When a backup runs, how its last run ended, and who hears of a failure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ..door import Door, Missing, Unreadable

SERVICE = ("Id", "LoadState", "TriggeredBy", "ActiveState", "Result", "ExecMainStatus", "ExecMainExitTimestamp",
           "OnFailure", "ExecStopPost")  # fmt: skip
TIMER = ("Id", "ActiveState", "UnitFileState", "TimersCalendar", "TimersMonotonic", "LastTriggerUSec",
         "RandomizedDelayUSec")  # fmt: skip
UTC = {"TZ": "UTC"}
CALENDAR = re.compile(r"\bOnCalendar=(.*?) ; next_elapse=")
REPEATED = re.compile(r"\bOnUnit(?:In)?[Aa]ctiveUSec=(.*?) ; next_elapse=")
ELAPSE = re.compile(r"(?:Next elapse|Iter(?:\.|ation) #\d+): \w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")
STAMP = re.compile(r"\w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")
HOOK = re.compile(r"\bpath=(\S+)")
#: How many coming runs are looked at for the longest pause: a week of hours has 168, a quarter of days has 90.
RUNS = "170"
SPAN = re.compile(r"(\d+(?:\.\d+)?)(y|month|w|d|h|min|s|ms|us)\b")
SECONDS = {
    "y": 31557600,
    "month": 2629800,
    "w": 604800,
    "d": 86400,
    "h": 3600,
    "min": 60,
    "s": 1,
    "ms": 0.001,
    "us": 1e-6,
}
CRON = ("/etc/crontab", "/var/spool/cron/crontabs/root", "/var/spool/cron/root")
CRON_FOLDERS = ("/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly")


def schedule(door: Door, declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return {unit, loaded, running, ended, result, on_failure, hooks, timers, cron} of a backup's service.

    ended: when its last run since the boot ended (ISO 8601, UTC), None where there was none. result: systemd's word for
    how. hooks: programs run after it. timers: [{name, enabled, active, seconds, last}] of which seconds is the longest
    pause between two runs, None where the timer has no rhythm. cron: files with a line that names the tool or program.
    """
    unit = declared["unit"]
    service = next(iter(shown(door, SERVICE, [unit])), {})
    named = service.get("TriggeredBy", "").split()
    found = shown(door, TIMER, [name for name in named if name.endswith(".timer")])
    return {
        "unit": unit,
        "loaded": service.get("LoadState") == "loaded",
        "running": service.get("ActiveState") in ("active", "activating"),
        "ended": stamp(service.get("ExecMainExitTimestamp", "")),
        "result": service.get("Result", ""),
        "on_failure": service.get("OnFailure", "").split(),
        "hooks": HOOK.findall(service.get("ExecStopPost", "")),
        "timers": [timer(door, one) for one in found],
        "cron": [] if named else sorted(cron(door, declared.get("command") or declared["tool"])),
    }


def shown(door: Door, properties: Iterable[str], units: list[str]) -> list[dict[str, str]]:
    """Return the properties of units, each as systemctl shows it; what it shows twice is joined by blanks."""
    if not units:
        return []
    argv = ["systemctl", "show", "--property=" + ",".join(properties), "--", *units]
    try:
        done = door.run(argv, environment=UTC)
    except Missing:
        raise Unreadable("systemd does not run this host") from None
    if done.rc != 0:
        raise Unreadable("systemctl show failed: %s" % (done.err.strip() or "no message"))
    return [properties_of(block) for block in done.out.split("\n\n") if block.strip()]


def properties_of(block: str) -> dict[str, str]:
    """Return the properties of one unit's block."""
    found: dict[str, str] = {}
    for line in block.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            found[name] = ("%s %s" % (found[name], value)) if name in found else value
    return found


def timer(door: Door, properties: Mapping[str, str]) -> dict[str, Any]:
    """Return what a timer does, of the properties in TIMER."""
    pauses = [pause(door, spec) for spec in CALENDAR.findall(properties.get("TimersCalendar", ""))]
    pauses += [seconds(span) for span in REPEATED.findall(properties.get("TimersMonotonic", ""))]
    rhythm = min((one for one in pauses if one), default=None)
    return {
        "name": properties.get("Id", ""),
        "enabled": properties.get("UnitFileState") in ("enabled", "enabled-runtime", "static", "linked"),
        "active": properties.get("ActiveState") == "active",
        "seconds": rhythm + (seconds(properties.get("RandomizedDelayUSec", "")) or 0) if rhythm else None,
        "last": stamp(properties.get("LastTriggerUSec", "")),
    }


def pause(door: Door, spec: str) -> float | None:
    """Return the longest pause between the coming runs of a calendar expression, None where it runs once at most."""
    moments = coming(door, spec)
    pauses = (moments[index + 1] - moments[index] for index in range(len(moments) - 1))
    return max((one.total_seconds() for one in pauses), default=None)


def coming(door: Door, spec: str) -> list[datetime]:
    """Return the coming runs of a calendar expression, in UTC."""
    done = door.run(["systemd-analyze", "calendar", "--iterations=" + RUNS, spec], environment=UTC)
    return [datetime.fromisoformat(text) for text in ELAPSE.findall(done.out)]


def seconds(span: str) -> float | None:
    """Return the seconds of a time span as systemd prints it, such as 1d 2h or 12h; None where it is none."""
    parts = SPAN.findall(span)
    return sum(float(number) * SECONDS[unit] for number, unit in parts) if parts else None


def stamp(text: str) -> str | None:
    """Return a time as systemd prints it, in ISO 8601; None where there is none."""
    found = STAMP.fullmatch(text.strip())
    return found.group(1).replace(" ", "T") + "Z" if found else None


def cron(door: Door, program: str) -> Iterator[str]:
    """Yield the files of cron that run a program; what else their lines say is not told."""
    word = re.compile(r"(?<![\w-])%s(?![\w-])" % re.escape(program))
    for path in [*CRON, *("%s/%s" % (folder, name) for folder in CRON_FOLDERS for name in _listed(door, folder))]:
        try:
            lines = door.lines(path)
        except Unreadable:
            continue
        if any(word.search(line) for line in lines):
            yield path


def _listed(door: Door, folder: str) -> list[str]:
    try:
        return door.list(folder)
    except Unreadable:
        return []
