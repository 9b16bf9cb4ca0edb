# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `rotation`: what logrotate does with each log, as it merges its configuration, and what starts it how often."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .. import logrotate_conf, scheduled
from ..backups import schedule
from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading
from . import services, units

TIMER, SERVICE = "logrotate.timer", "logrotate.service"
STATES = ("/var/lib/logrotate/status", "/var/lib/logrotate/logrotate.status", "/var/lib/logrotate.status")
HOUR, DAY = 3600.0, 86400.0
#: systemd's words for rhythms, in seconds.
WORDS = {"minutely": 60.0, "hourly": HOUR, "daily": DAY, "weekly": 7 * DAY, "monthly": 28 * DAY}
FOLDERS = {"/etc/cron.hourly": HOUR, "/etc/cron.daily": DAY, "/etc/cron.weekly": 7 * DAY, "/etc/cron.monthly": 28 * DAY}
CRONTABS = ("/etc/crontab", "/var/spool/cron/crontabs/root", "/var/spool/cron/root")
#: Debian's job leaves the work to the timer where systemd runs.
LEAVES = "/run/systemd/system"
CALLS = re.compile(r"(?<![\w.-])logrotate(?![\w.-])")
#: A call with its arguments, as far as the shell hands them on; a folder of logrotate's own is none.
CALLED = re.compile(r"(?:/s?bin/|(?<![\w./-]))logrotate[\"']?[^\S\n]([^;&|<>#\n]*)")
#: Options behind which another word stands that names no configuration (logrotate(8)).
TAKES = re.compile(r"-[dfv?]*[lms]|--(?:log|mail|state)")
#: What may name a file: a path, a variable, or a name of the usual form in the folder that a script went to.
NAMES = re.compile(r"[\w.+@%-]*[/$].*|.*\.conf")
QUOTES = "\"'`()"
SPOOL = "/var/spool/cron/"


def read(host: Reading, area: Area) -> None:
    """Learn `installed`, `stanzas`, `logs`, `problems`, `runs`, `elsewhere` and `last`.

    stanzas, logs and problems: as logrotate_conf.Configuration has them. runs: [{by, seconds}] of what starts logrotate
    by itself, seconds being the shortest time between two runs (None where that can't be told). elsewhere: [{by,
    path}] of the other configurations that it is started with, which are not read; path as it is written there. last:
    when logrotate noted its state last, in seconds since 1970; None where it never did.
    """
    door = host.door
    area.facts["installed"] = door.which("logrotate") is not None
    if not area.facts["installed"]:
        area.facts.update(stanzas=[], logs={}, problems=[], runs=[], elsewhere=[], last=None)
        return
    configured = logrotate_conf.load(door)
    area.facts.update(stanzas=configured.stanzas, logs=configured.logs, problems=configured.problems)
    area.learn("runs", lambda: [*timer(door), *cron(door, bool(host.fact("system", "systemd")))])
    area.learn("elsewhere", lambda: [*elsewhere(door)])
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
    found: list[tuple[str, str]] = []
    for path in scheduled.unit_files(door, TIMER):
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


def elsewhere(door: Door) -> Iterator[dict[str, Any]]:
    """Yield the configurations beside logrotate's own with which root's jobs and units, and their scripts, start it."""
    roots = (path for path in scheduled.places(door) if not path.startswith(SPOOL) or path in CRONTABS)
    places = dict.fromkeys([*roots, *scheduled.unit_files(door, SERVICE)])
    for place, text in scheduled.texts(door, places):
        for path in dict.fromkeys(configurations(text)):
            if path != logrotate_conf.MAIN:
                yield {"by": place, "path": path}


def configurations(text: str) -> Iterator[str]:
    """Yield the files that calls of logrotate in a text name as its configuration."""
    for arguments in CALLED.findall(scheduled.commands(text)):
        words = iter(arguments.split())
        for word in words:
            if TAKES.fullmatch(word):
                next(words, None)
            elif not word.startswith("-") and NAMES.fullmatch(word.strip(QUOTES)):
                yield word.strip(QUOTES)


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
