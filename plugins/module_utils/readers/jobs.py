# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `jobs`: what runs as an account without anybody logging in: cron, at, lingering user units, processes.

By existence only: what a crontab, a job, a unit or a command line says never leaves the host.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

#: Debian's and RHEL's.
CRONTABS = ("/var/spool/cron/crontabs", "/var/spool/cron")
AT_JOBS = ("/var/spool/cron/atjobs", "/var/spool/at")
LINGER = "/var/lib/systemd/linger"
SESSIONS = "/run/systemd/sessions"
USER_UNITS = ".config/systemd/user"
UNIT_KINDS = (".service", ".timer", ".socket", ".path")


def read(host: Reading, area: Area) -> None:
    """Learn `crontabs`, `at`, `linger`, `user_units` and `processes`.

    crontabs: [{user, path}]. at: [{uid, path}]. linger: names of accounts whose user units run from boot on.
    user_units: [{user, path}] of units of an account's own. processes: [{uid, count, sessions}] for each uid that has
    any; sessions as systemd-logind counts them.
    """
    door = host.door
    users = host.fact("accounts", "users")
    names = {user["name"] for user in users}
    area.learn("crontabs", lambda: [{"user": name, "path": path} for path, name in files(door, CRONTABS, names)])
    area.learn("at", lambda: [{"uid": door.stat(path).uid, "path": path} for path, _name in files(door, AT_JOBS, None)])
    area.learn("linger", lambda: [name for name in door.names(LINGER) if name in names])
    area.learn("user_units", user_units, door, users)
    area.learn("processes", processes, door)


def files(door: Door, folders: tuple[str, ...], names: set[str] | None) -> Iterator[tuple[str, str]]:
    """Yield (path, name) of the files in folders; with `names` only those called so. Hidden ones are no jobs."""
    for folder in folders:
        for name in door.names(folder):
            path = "%s/%s" % (folder, name)
            if not name.startswith(".") and (names is None or name in names) and kind(door, path) == "file":
                yield path, name


def kind(door: Door, path: str) -> str:
    """Return what a path is, "" where it has gone meanwhile."""
    try:
        return door.stat(path).kind
    except Missing:
        return ""


def user_units(door: Door, users: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the units in the home folders; one of which a folder on the way is closed to us is unreadable."""
    found = []
    homes = {user["home"].rstrip("/"): user["name"] for user in users if user["home"].count("/") > 1}
    for home, name in homes.items():
        for unit in door.names("%s/%s" % (home, USER_UNITS)):
            if unit.endswith(UNIT_KINDS):
                found.append({"user": name, "path": "%s/%s/%s" % (home, USER_UNITS, unit)})
    return found


def processes(door: Door) -> list[dict[str, int]]:
    """Return how many processes and sessions each uid has."""
    found: dict[int, dict[str, int]] = {}
    for name in door.list("/proc"):
        if name.isdigit():
            try:
                uid = door.stat("/proc/" + name).uid
            except Unreadable:
                continue
            found.setdefault(uid, {"uid": uid, "count": 0, "sessions": 0})["count"] += 1
    for uid in sessions(door):
        found.setdefault(uid, {"uid": uid, "count": 0, "sessions": 0})["sessions"] += 1
    return [found[uid] for uid in sorted(found)]


def sessions(door: Door) -> Iterator[int]:
    """Yield the uid of each session of a person's that systemd-logind keeps (its own state files)."""
    for name in door.names(SESSIONS):
        if name.endswith(".ref"):
            continue
        try:
            lines = door.lines("%s/%s" % (SESSIONS, name))
        except Unreadable:
            continue
        state = dict(line.partition("=")[::2] for line in lines)
        persons = state.get("CLASS", "user").startswith("user") and state.get("STATE") != "closing"
        if persons and state.get("UID", "").isdigit():
            yield int(state["UID"])
