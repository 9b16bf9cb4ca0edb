# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `sessions`: what ends an idle session, apart from sshd's own settings: the shell's TMOUT and systemd-logind."""

from __future__ import annotations

import re
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

PROFILE = "/etc/profile"
PROFILE_FOLDER = "/etc/profile.d"
SHELL_FILES = ("/etc/bash.bashrc", "/etc/bashrc")
LOGIND = "systemd/logind.conf"
#: The vendor's file first, the administrator's last; of one name the later folder's drop-in counts.
CONFIG_ROOTS = ("/usr/lib", "/run", "/etc")

TMOUT = re.compile(
    r"(?:^|[;&|{(]|\b(?:then|do|else)\b)\s*(?P<words>(?:(?:export|readonly|declare|typeset|unset|-\w+)\s+)*)"
    r"TMOUT\b(?:=(?P<value>[^\s;&|)]*))?"
)
SECTION = re.compile(r"\[(.*)\]")
SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zA-Zµ]*)\s*")
#: systemd.time(7); a number without a unit is in seconds.
UNITS = {
    "": 1.0, "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0,
    "m": 60.0, "min": 60.0, "minute": 60.0, "minutes": 60.0,
    "h": 3600.0, "hr": 3600.0, "hour": 3600.0, "hours": 3600.0,
    "d": 86400.0, "day": 86400.0, "days": 86400.0, "w": 604800.0, "week": 604800.0, "weeks": 604800.0,
    "ms": 0.001, "msec": 0.001, "us": 0.000001, "usec": 0.000001,
}  # fmt: skip


def read(host: Reading, area: Area) -> None:
    """Learn `tmout` and `logind`.

    tmout: [{file, line, action: set|unset|readonly, value}] in the order in which a login shell meets them; value: in
    seconds, None where it is no plain number; readonly alone and `readonly TMOUT=900` (a set and a readonly) differ.
    logind: {stop_idle: seconds or None (never), file: where it is set or None, version: of systemd, active: bool};
    version and active are asked only where stop_idle is set, and None otherwise.
    """
    area.learn("tmout", tmout, host.door)
    area.learn("logind", logind, host.door)


def tmout(door: Door) -> list[dict[str, Any]]:
    """Return every line of the system-wide shell start files that touches TMOUT."""
    found = []
    for path in shell_files(door):
        try:
            text = door.read(path)
        except Missing:
            continue
        found += [dict(event, file=path) for event in parse_tmout(text)]
    return found


def shell_files(door: Door) -> list[str]:
    """Return the start files of a login shell in the order in which they are sourced."""
    try:
        drop_ins = ["%s/%s" % (PROFILE_FOLDER, name) for name in door.list(PROFILE_FOLDER) if name.endswith(".sh")]
    except Missing:
        drop_ins = []
    return [PROFILE, *drop_ins, *SHELL_FILES]


def parse_tmout(text: str) -> list[dict[str, Any]]:
    """Return [{line, action, value}] for the assignments to TMOUT in a shell script, found without running it."""
    events: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("#"):
            continue
        for match in TMOUT.finditer(line):
            words, value = match["words"].split(), match["value"]
            if "unset" in words:
                events.append({"line": number, "action": "unset", "value": None})
                continue
            if value is not None:
                events.append({"line": number, "action": "set", "value": plain_number(value)})
            if "readonly" in words or any(word.startswith("-") and "r" in word for word in words):
                events.append({"line": number, "action": "readonly", "value": None})
    return events


def plain_number(text: str) -> int | None:
    """Return a shell word that is a plain number, None for anything that a shell would have to evaluate."""
    bare = text.strip("\"'")
    return int(bare) if re.fullmatch(r"[0-9]{1,9}", bare) else None


def logind(door: Door) -> dict[str, Any]:
    """Return when systemd-logind ends idle sessions."""
    path, text = last_value(door, "Login", "StopIdleSessionSec")
    seconds = time_span(text) if text else None
    found: dict[str, Any] = {"stop_idle": seconds, "file": path, "version": None, "active": None}
    if seconds is not None:
        number = re.search(r"systemd (\d+)", door.output(["systemctl", "--version"]))
        found["version"] = int(number[1]) if number else None
        found["active"] = door.run(["systemctl", "is-active", "systemd-logind.service"]).out.strip() == "active"
    return found


def last_value(door: Door, section: str, name: str) -> tuple[str | None, str | None]:
    """Return (file, text) of the assignment in logind.conf(5) and its drop-ins that counts, (None, None) without."""
    paths = ["%s/%s" % (root, LOGIND) for root in reversed(CONFIG_ROOTS) if door.exists("%s/%s" % (root, LOGIND))][:1]
    drop_ins: dict[str, str] = {}
    for root in CONFIG_ROOTS:
        folder = "%s/%s.d" % (root, LOGIND)
        try:
            drop_ins.update((entry, "%s/%s" % (folder, entry)) for entry in door.list(folder))
        except Missing:
            continue
    paths += [drop_ins[entry] for entry in sorted(drop_ins) if entry.endswith(".conf")]
    chosen: tuple[str | None, str | None] = (None, None)
    for path in paths:
        inside = ""
        for line in door.lines(path):
            title = SECTION.fullmatch(line)
            key, _equals, value = line.partition("=")
            if title:
                inside = title[1]
            elif inside == section and key.strip() == name:
                chosen = (path, value.strip())
    return chosen


def time_span(text: str) -> float | None:
    """Return a systemd.time(7) span in seconds, None for infinity and 0; raises Unreadable for anything else."""
    if text == "infinity":
        return None
    total, position = 0.0, 0
    while position < len(text):
        part = SPAN.match(text, position)
        if part is None or part[2] not in UNITS:
            raise Unreadable("StopIdleSessionSec=%s is not a time span" % text)
        total += float(part[1]) * UNITS[part[2]]
        position = part.end()
    return total or None
