# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `logons`: who logged on last and when, how far back each source reaches, and when the host was up."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from ..door import Door, Missing, Unreadable
from ..login_files import lastlog, lastlog2, layout, uptime, utmp, wtmpdb
from ..login_files.database import NoSqlite
from ..login_files.record import Record, last_of
from ..reading import Area, Reading

LASTLOG = "/var/log/lastlog"
LASTLOG2 = "/var/lib/lastlog/lastlog2.db"
WTMPDB = "/var/lib/wtmpdb/wtmp.db"
WTMP = "/var/log/wtmp"
#: What logrotate makes of wtmp: one older file, on Red Hat with the day of the rotation.
ROTATED = re.compile(r"wtmp(\.1|-\d{8})")
#: Of a wtmp file its newest bytes, some ten thousand records; of a database all or nothing.
WTMP_LIMIT = 4 * 1024 * 1024
DATABASE_LIMIT = 64 * 1024 * 1024
#: systemd-logind's "New session", by its message id (systemd.journal-fields(7)).
NEW_SESSION = "MESSAGE_ID=8d45620c1a4348dbb17410da57c60c66"
SESSIONS_LIMIT = 5000
JOURNAL_SECONDS = 4
HOMES_LIMIT = 2000

Source = dict[str, Any]


def read(host: Reading, area: Area) -> None:
    """Learn `sources`, `unread`, `up` and `homes`. All times are seconds since 1970 by the host's clock.

    sources: [{name, path, since, whole, last: {account: its last logon}, blind: [accounts]}]. since: the oldest thing
    it holds, and so how far back it surely reaches; None where it is empty. whole: sshd's sessions without a terminal
    are in it too (Ansible, scp and tunnels have none). blind: accounts of which it can't tell.
    unread: {path: why a source that is there can't be read}.
    up: [[first, last]]: when the host was certainly up, in order.
    homes: {account: when its home was made}, of those below /home whose file system knows.
    """
    area.facts.update(sources=[], unread={})
    started = host.door.read("/proc/stat") if host.door.exists("/proc/stat") else ""
    now = host.fact("system", "now")
    boots = re.search(r"^btime (\d{1,12})$", started, re.MULTILINE)
    kernel = int(boots[1]) if boots else now
    periods = [(kernel, now)]
    for path, read_source in SOURCES.items():
        try:
            source, records = read_source(host)
        except Missing:
            continue
        except Unreadable as problem:
            area.facts["unread"][path] = str(problem)
            continue
        area.facts["sources"].append(dict(source, path=path))
        periods += uptime.periods(records, kernel, now)
    try:
        listed = host.door.output(["journalctl", "-q", "--system", "--list-boots", "--utc"], JOURNAL_SECONDS)
        periods += uptime.listed(listed)
    except Unreadable:
        # Only one of several witnesses: without it less is certain, which `up` then says.
        pass
    area.facts["up"] = [list(period) for period in uptime.joined(periods)[-1000:]]
    area.facts["homes"] = homes(host)


def source_of(
    name: str, last: dict[str, int], since: int | None, whole: bool, blind: list[str] | None = None
) -> Source:
    """Return one of `sources` but for its path."""
    return {"name": name, "since": since, "whole": whole, "last": last, "blind": blind or []}


def read_lastlog(host: Reading) -> tuple[Source, list[Record]]:
    """Return what lastlog(8) holds of the accounts that are known; its holes are never read."""
    names: dict[int, list[str]] = {}
    for user in host.fact("accounts", "users"):
        names.setdefault(user["uid"], []).append(user["name"])
    wide = layout.is_wide(host.door.machine())
    times = [lastlog.when(piece, wide) for piece in host.door.pieces(LASTLOG, lastlog.spans(names, wide))]
    last = {name: time for time, alike in zip(times, names.values()) if time for name in alike}  # noqa: B905
    # Who shares a uid shares its record.
    shared = [name for alike in names.values() if len(alike) > 1 for name in alike]
    whole = any("noupdate" not in entry["args"] for entry in session_modules(host, "pam_lastlog"))
    return source_of("lastlog", last, min(last.values(), default=None), whole, shared), []


def read_lastlog2(host: Reading) -> tuple[Source, list[Record]]:
    """Return what lastlog2(8) holds, from its database or, without Python's sqlite3, from its program."""
    try:
        last, blind = lastlog2.parse(database(host.door, LASTLOG2), LASTLOG2)
    except NoSqlite:
        if host.door.which("lastlog2") is None:
            raise
        last, blind = lastlog2.printed(host.door.output(["lastlog2"])), []
    whole = bool(session_modules(host, "pam_lastlog2"))
    return source_of("lastlog2", last, min(last.values(), default=None), whole, blind), []


def read_wtmpdb(host: Reading) -> tuple[Source, list[Record]]:
    """Return what wtmpdb(8) holds. sshd writes it itself, for terminals only; its PAM module may leave sshd out."""
    records = wtmpdb.parse(database(host.door, WTMPDB), WTMPDB)
    whole = any("skip_if=sshd" not in entry["args"] for entry in session_modules(host, "pam_wtmpdb"))
    return source_of("wtmpdb", last_of(records), records[0].when if records else None, whole), records


def read_wtmp(host: Reading) -> tuple[Source, list[Record]]:
    """Return what last(1) would show of wtmp and the newest file rotated out of it."""
    door = host.door
    wide = layout.is_wide(door.machine())
    rotated = sorted(name for name in door.list("/var/log") if ROTATED.fullmatch(name))[-1:]
    paths = [*("/var/log/" + name for name in rotated), WTMP]
    records = [record for path in paths for record in utmp.parse(door.tail(path, WTMP_LIMIT), wide)]
    return source_of("wtmp", last_of(records), records[0].when if records else None, False), records


def read_journal(host: Reading) -> tuple[Source, list[Record]]:
    """Return the sessions that systemd-logind began, if sshd's sessions are told it; the index finds them cheaply."""
    if not session_modules(host, "pam_systemd"):
        raise Missing("sshd's sessions are not told systemd-logind")
    command = ["journalctl", "-q", "--system", "-r", "-n", str(SESSIONS_LIMIT), "-o", "json"]
    text = host.door.output([*command, "--output-fields=USER_ID", NEW_SESSION], JOURNAL_SECONDS)
    last: dict[str, int] = {}
    when = None
    for user, when in sessions(text):
        last.setdefault(user, when)
    # Where users linger, their manager is a session too, which begins at the start without anybody.
    lingering = host.door.list("/var/lib/systemd/linger") if host.door.exists("/var/lib/systemd/linger") else []
    return source_of("journal", last, when, True, lingering), []


def sessions(text: str) -> Iterator[tuple[str, int]]:
    """Yield (account, when) of each entry that `journalctl -o json` printed, in its order."""
    for line in text.split("\n"):
        try:
            entry = json.loads(line)
            user, when = entry["USER_ID"], int(entry["__REALTIME_TIMESTAMP"]) // 1000000
        except (ValueError, KeyError, TypeError):
            continue
        if isinstance(user, str):
            yield user, when


SOURCES: dict[str, Callable[[Reading], tuple[Source, list[Record]]]] = {
    LASTLOG: read_lastlog,
    LASTLOG2: read_lastlog2,
    WTMPDB: read_wtmpdb,
    WTMP: read_wtmp,
    "journalctl %s" % NEW_SESSION: read_journal,
}


def database(door: Door, path: str) -> bytes:
    """Return the bytes of a database file; raises Unreadable where it is too large to be held."""
    if door.stat(path).size > DATABASE_LIMIT:
        raise Unreadable("%s is larger than %d bytes" % (path, DATABASE_LIMIT))
    return door.tail(path, DATABASE_LIMIT)


def session_modules(host: Reading, module: str) -> list[dict[str, Any]]:
    """Return the lines of sshd's PAM sessions with a module; none where PAM can't be read."""
    try:
        entries = host.fact("pam", "services").get("sshd", {}).get("session", [])
    except Unreadable:
        return []
    return [entry for entry in flat(entries) if entry["module"] == module and entry.get("present", True)]


def flat(entries: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the lines of a stack and of what it includes."""
    for entry in entries:
        yield entry
        yield from flat(entry.get("nested", []))


def homes(host: Reading) -> dict[str, int]:
    """Return {account: when its home was made}; a file system that doesn't know says 0, and without stat none does."""
    low = host.fact("accounts", "uid_min")
    users = [
        user for user in host.fact("accounts", "users") if user["uid"] >= low and user["home"].startswith("/home/")
    ]
    owners = {user["home"]: user["name"] for user in users[:HOMES_LIMIT]}
    if not owners:
        return {}
    try:
        # Exit status 1 says that some are missing; the others are printed all the same.
        lines = host.door.run(["stat", "--printf=%W %n\\n", "--", *owners]).out.split("\n")
    except Unreadable:
        return {}
    born = (line.partition(" ") for line in lines)
    return {owners[path]: int(when) for when, _space, path in born if path in owners and when.isdigit() and int(when)}
