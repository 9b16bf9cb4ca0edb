# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `integrity`: what watches the host's files, of when its database and last report are, and what that tells."""

from __future__ import annotations

import calendar
import re
import time
from collections.abc import Iterator
from typing import Any

from ..backups import schedule
from ..door import CutShort, Door, Missing
from ..reading import Area, Reading

#: A role's own, Debian's, RHEL's.
AIDE_CONFIGS = ("/etc/bulwark/aide.conf", "/etc/aide/aide.conf", "/etc/aide.conf")
#: Where Debian's daily job writes, whatever the configuration says.
DAILY_REPORT = "/var/log/aide/aide.log"
DEFINE = re.compile(r"@@define\s+(\w+)\s+(\S+)")
MACRO = re.compile(r"@@\{(\w+)\}")
SETTING = re.compile(r"(database(?:_in)?|report_url)\s*=\s*(?:file:)?(\S+)")
#: A line of AIDE's summary of what is new, gone and changed: its kind, attributes that differ, and the path.
CHANGED = re.compile(r"[fdlcbpsD?|][-+<>=.: a-zA-Z]{3,30}: (/.*)")
ENDED = re.compile(r"End timestamp: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) ([+-])(\d\d)(\d\d)")
REPORT_LIMIT = 1024 * 1024
CHANGES_LIMIT = 500
SECONDS = 2
TIMER = re.compile(r"(?:.*[^a-z])?(?:daily)?aide(?:[^a-z].*|check.*)?\.timer")
#: It leaves the work to the timer where systemd runs.
LEAVES = ("/etc/cron.daily/aide", "/etc/cron.daily/dailyaidecheck")
OSSEC = "/var/ossec/etc/ossec.conf"
OSSEC_DATABASE = "/var/ossec/queue/fim/db/fim.db"
OSSEC_LOG = "/var/ossec/logs/ossec.log"
SYSCHECK = re.compile(r"<syscheck>(.*?)</syscheck>", re.DOTALL)
DISABLED = re.compile(r"<disabled>\s*yes\s*</disabled>")
SCANNED = re.compile(r"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) .*File integrity monitoring scan ended\.")


def read(host: Reading, area: Area) -> None:
    """Learn `aide`, `timers`, `cron` and `syscheck`.

    aide: [{config, database, made, report, ended, changed, more}] of each configuration that there is: path of its
    database and when that was written, path of its last report, when that run ended, the paths that it tells as new,
    gone or changed (None: no report that could be read), and whether there may be more than are told. Moments are
    seconds since 1970, None where there is nothing. timers: {name: {active, enabled}} of timers called after AIDE;
    cron: files with a line that runs it. syscheck: Wazuh's {on, made, ended}, None without Wazuh.
    """
    door = host.door
    area.learn("aide", lambda: [aide(door, path) for path in AIDE_CONFIGS if door.exists(path)])
    if area.facts.get("aide"):
        area.learn("timers", timers, door, host)
        area.learn("cron", lambda: [path for path in schedule.cron(door, "aide") if not _leaves(path, host)])
    else:
        area.facts.update(timers={}, cron=[])
    area.learn("syscheck", syscheck, door)


def aide(door: Door, config: str) -> dict[str, Any]:
    """Return what one configuration of AIDE has to show."""
    settings = aide_settings(door.lines(config))
    database = settings.get("database_in") or settings.get("database")
    reports = [path for path in (settings.get("report_url"), DAILY_REPORT) if path and path.startswith("/")]
    found: dict[str, Any] = {"config": config, "database": database, "made": _modified(door, database),
                             "report": None, "ended": None, "changed": None, "more": False}  # fmt: skip
    if config.startswith("/etc/bulwark/"):
        reports = reports[:1]
    for path in reports:
        try:
            text, whole = both_ends(door, path)
        except Missing:
            continue
        changed = list(dict.fromkeys(CHANGED.findall(text)))
        ended = ended_at(text) or door.modified(path)
        more = len(changed) > CHANGES_LIMIT or not whole
        found.update(report=path, ended=ended, changed=changed[:CHANGES_LIMIT], more=more)
        break
    return found


def both_ends(door: Door, path: str) -> tuple[str, bool]:
    """Return the beginning and the end of a report, and whether that is all of it.

    What changed is told first, and then once more in detail: the end of a long report names no path that CHANGED finds,
    and whoever touches enough files could else push all of the summary out of sight.
    """
    size = door.stat(path).size
    spans = [(0, REPORT_LIMIT), (size - REPORT_LIMIT, REPORT_LIMIT)] if size > REPORT_LIMIT else [(0, REPORT_LIMIT)]
    text = b"\n".join(door.pieces(path, spans)).decode("utf-8", "replace")
    return text, size <= REPORT_LIMIT


def aide_settings(lines: list[str]) -> dict[str, str]:
    """Return the paths of database and report of aide.conf(5), its macros put in; of several reports the first file."""
    macros: dict[str, str] = {}
    found: dict[str, str] = {}
    for line in lines:
        define = DEFINE.match(line)
        if define:
            macros[define[1]] = define[2]
        setting = SETTING.match(line)
        if setting:
            value = MACRO.sub(lambda name: macros.get(name[1], ""), setting[2])
            if setting[1] not in found or not found[setting[1]].startswith("/"):
                found[setting[1]] = value
    return found


def ended_at(text: str) -> int | None:
    """Return when the last run that a report tells of ended."""
    said = ENDED.findall(text)
    if not said:
        return None
    moment, sign, hours, minutes = said[-1]
    offset = (int(hours) * 60 + int(minutes)) * 60
    try:
        return calendar.timegm(time.strptime(moment, "%Y-%m-%d %H:%M:%S")) - (offset if sign == "+" else -offset)
    except ValueError:
        return None


def timers(door: Door, host: Reading) -> dict[str, dict[str, bool]]:
    """Return how systemd has the timers that are called after AIDE and enabled."""
    names = sorted(name for name in host.fact("services", "enabled") if TIMER.fullmatch(name))
    shown = schedule.shown(door, ("Id", "ActiveState"), names)
    return {one["Id"]: {"active": one.get("ActiveState") == "active", "enabled": True} for one in shown if "Id" in one}


def syscheck(door: Door) -> dict[str, Any] | None:
    """Return whether Wazuh watches files, and when it last looked at all of them."""
    try:
        sections = SYSCHECK.findall(door.read(OSSEC))
    except Missing:
        return None
    on = bool(sections) and not any(DISABLED.search(section) for section in sections)
    return {"on": on, "made": _modified(door, OSSEC_DATABASE), "ended": next(_scans(door), None) if on else None}


def _scans(door: Door) -> Iterator[int]:
    try:
        for line in door.backwards(OSSEC_LOG, SECONDS):
            said = SCANNED.match(line)
            if said:
                yield int(time.mktime(time.strptime(said[1], "%Y/%m/%d %H:%M:%S")))
                return
    except (Missing, CutShort, ValueError, OverflowError):
        return


def _leaves(path: str, host: Reading) -> bool:
    return path in LEAVES and bool(host.fact("system", "systemd"))


def _modified(door: Door, path: str | None) -> int | None:
    if not path or not path.startswith("/"):
        return None
    try:
        return door.modified(path)
    except Missing:
        return None
