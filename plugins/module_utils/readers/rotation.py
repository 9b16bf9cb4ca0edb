# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `rotation`: what logrotate does with each log, as it merges its configuration, and what starts it how often."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .. import logrotate_conf
from ..backups import schedule
from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading
from . import services, units

TIMER = "logrotate.timer"
STATES = ("/var/lib/logrotate/status", "/var/lib/logrotate/logrotate.status", "/var/lib/logrotate.status")
UNIT_FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
                "/usr/lib/systemd/system", "/lib/systemd/system")  # fmt: skip
HOUR, DAY = 3600.0, 86400.0
#: systemd's words for rhythms, in seconds.
WORDS = {"minutely": 60.0, "hourly": HOUR, "daily": DAY, "weekly": 7 * DAY, "monthly": 28 * DAY}
FOLDERS = {"/etc/cron.hourly": HOUR, "/etc/cron.daily": DAY, "/etc/cron.weekly": 7 * DAY, "/etc/cron.monthly": 28 * DAY}
CRONTABS = ("/etc/crontab", "/var/spool/cron/crontabs/root", "/var/spool/cron/root")
#: Debian's job leaves the work to the timer where systemd runs.
LEAVES = "/run/systemd/system"
CALLS = re.compile(r"(?<![\w.-])logrotate(?![\w.-])")


def read(host: Reading, area: Area) -> None:
    """Learn `installed`, `stanzas`, `logs`, `problems`, `runs` and `last`.

    stanzas, logs and problems: as logrotate_conf.Configuration has them. runs: [{by, seconds}] of what starts logrotate
    by itself, seconds being the shortest time between two runs (None where that can't be told). last: when logrotate
    noted its state last, in seconds since 1970; None where it never did.
    """
    door = host.door
    area.facts["installed"] = door.which("logrotate") is not None
    if not area.facts["installed"]:
        area.facts.update(stanzas=[], logs={}, problems=[], runs=[], last=None)
        return
    configured = logrotate_conf.load(door)
    area.facts.update(stanzas=configured.stanzas, logs=configured.logs, problems=configured.problems)
    area.learn("runs", lambda: [*timer(door), *cron(door, bool(host.fact("system", "systemd")))])
    area.learn("last", last, door)


def last(door: Door) -> int | None:
    """Return when logrotate wrote its state."""
    for path in STATES:
        try:
            return door.modified(path)
        except Missing:
            continue
    return None


def timer(door: Door) -> Iterator[dict[str, Any]]:
    """Yield the timer, where the next boot starts it."""
    if TIMER not in units.enabled(door) or services.masked(door, TIMER):
        return
    rhythms = [rhythm(door, name, value) for name, value in schedules(door)]
    yield {"by": TIMER, "seconds": None if None in rhythms else min(rhythms, default=None)}  # type: ignore[type-var]


def schedules(door: Door) -> list[tuple[str, str]]:
    """Return the timer's On...= lines, those of drop-ins with it; an empty one takes back what was said before."""
    files = [next((path for path in (f"{one}/{TIMER}" for one in UNIT_FOLDERS) if door.exists(path)), "")]
    drop_ins: dict[str, str] = {}
    for folder in (f"{one}/{TIMER}.d" for one in UNIT_FOLDERS):
        for name in _listed(door, folder):
            drop_ins.setdefault(name, f"{folder}/{name}")
    files += [drop_ins[name] for name in sorted(drop_ins) if name.endswith(".conf")]
    found: list[tuple[str, str]] = []
    for path in filter(None, files):
        for line in door.lines(path):
            name, equals, value = (part.strip() for part in line.partition("="))
            if equals and name.startswith("On"):
                found = [*found, (name, value)] if value else []
    return found


def rhythm(door: Door, name: str, value: str) -> float | None:
    """Return the shortest time between two runs by one line of a timer, None where it has none."""
    if name != "OnCalendar":
        return schedule.seconds(value) if name.startswith("OnUnit") else None
    if value in WORDS:
        return WORDS[value]
    moments = schedule.coming(door, value)
    pauses = (moments[index + 1] - moments[index] for index in range(len(moments) - 1))
    return min((one.total_seconds() for one in pauses), default=None)


def cron(door: Door, systemd: bool) -> Iterator[dict[str, Any]]:
    """Yield the jobs of cron that start logrotate."""
    for folder, seconds in FOLDERS.items():
        for path in (f"{folder}/{name}" for name in _listed(door, folder) if "." not in name):
            lines = _lines(door, path)
            if (
                _called(lines)
                and door.stat(path).mode & 0o111
                and not (systemd and any(LEAVES in one for one in lines))
            ):
                yield {"by": path, "seconds": seconds}
    for path in (*CRONTABS, *(f"/etc/cron.d/{name}" for name in _listed(door, "/etc/cron.d") if "." not in name)):
        for line in _lines(door, path):
            if _called([line]):
                yield {"by": path, "seconds": pause(line)}


def pause(line: str) -> float | None:
    """Return the least time between two runs of a crontab's line, as far as minutes and hours tell; never too much."""
    words = line.split()
    if words[0].startswith("@"):
        return WORDS.get(words[0][1:])
    if len(words) < 6:
        return None
    minute, hour = words[:2]
    if not minute.isdigit():
        return 60.0
    return DAY if hour.isdigit() else HOUR


def _called(lines: list[str]) -> bool:
    return any(CALLS.search(line) for line in lines)


def _lines(door: Door, path: str) -> list[str]:
    try:
        return door.lines(path)
    except Missing:
        return []


def _listed(door: Door, folder: str) -> list[str]:
    try:
        return door.list(folder)
    except Unreadable:
        return []
