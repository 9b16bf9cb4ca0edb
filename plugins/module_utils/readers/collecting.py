# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `collecting`: how logs of other hosts are taken here, where they lie, and what looks at them."""

from __future__ import annotations

import json
import re
from calendar import timegm
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from ..collector_files import inputs, journal_inputs, stores
from ..door import Door, Missing, Unreadable
from ..forwarding import rsyslog
from ..forwarding.writing import writing
from ..keeping.repositories import way
from ..reading import Area, Reading
from ..started import listens, words
from ..systemd_settings import effective

Entry = dict[str, Any]

RSYSLOG = "/etc/rsyslog.conf"
#: Words without which a configuration takes nothing from the network.
TAKES = re.compile(r"\b(imrelp|imtcp|imptcp|imudp)\b", re.IGNORECASE)
SETTINGS = "/etc/bulwark/collector"
PROGRAMS = {"seal": "bulwark-log-seal", "alerts": "bulwark-log-alert"}
#: Below a store: folders within folders that are looked into, and files of which the attributes are.
DEPTH, FILES = 4, 20000
#: A file that began so many seconds ago may not have its attributes yet.
YOUNG = 900
SHOWN = 20
RECEIVED = re.compile(rb"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)")
JOURNAL_REMOTE, JOURNAL_SOCKET = "systemd-journal-remote.service", "systemd-journal-remote.socket"


def read(host: Reading, area: Area) -> None:
    """Learn inputs, writing, stores, seal and alerts; all is empty where no logs of others are taken.

    inputs: [{program: "rsyslog"|"journal-remote", place, kind: "relp"|"tcp"|"udp"|"https"|"http", port, ruleset, tls,
    peer_check: "name"|"fingerprint"|"ca"|"none", peers}], as configured; journal-remote's where it is active and its
    arguments are understood. writing: {drops: [places where rsyslog gives up root's rights], omfile: [{place, waits: an
    action waits where its file can't be opened}] of what gives omfile parameters}, as configured. stores: [{path,
    place, way: [{path, uid, gid, mode}], files, guarded: the folder only appends, loose: [paths without append-only or
    immutable], more}], the first of them. seal, alerts: None, or {place, settings (as the program's configuration),
    safe: only root changes it and the program, last: {at, problems, broken: {route: why}, folded: {at, alerts} or None
    (when alerts were last told as a number only)} or None} of bulwark-log-seal and bulwark-log-alert.
    """
    door = host.door
    statements = area.learn("inputs", configured, door)
    taken = [] if statements is None else [*inputs(statements), *journal_remote(host)]
    if statements is not None:
        area.facts["inputs"] = taken
    area.learn("writing", lambda: writing(_files_of_rsyslog(door)))
    seal = area.learn("seal", ours, door, "seal")
    area.learn("alerts", ours, door, "alerts")
    if statements is None:
        area.unread("stores", "what is taken is not known")
        return
    places = stores(statements, taken)
    if seal and seal["settings"].get("store"):
        places = [{"path": str(seal["settings"]["store"]), "place": seal["place"]}]
    area.learn("stores", lambda: [looked_at(door, one, host.fact("system", "now")) for one in places])


def configured(door: Door) -> list[Any]:
    """Return rsyslog's configuration as statements; nothing where it takes nothing from the network."""
    texts = _files_of_rsyslog(door)
    if not any(TAKES.search(re.sub(r"(?m)^\s*#.*$", "", one)) for _path, one in texts):
        return []
    return rsyslog.parse(RSYSLOG, texts[0][1], lambda pattern: _included(door, pattern))


def _files_of_rsyslog(door: Door) -> list[tuple[str, str]]:
    """Return rsyslog's own file and those of its folder, [(path, text)]; none where it is not installed."""
    try:
        return [(RSYSLOG, door.read(RSYSLOG)), *_included(door, "/etc/rsyslog.d/*.conf")]
    except Missing:
        return []


def _included(door: Door, pattern: str) -> list[tuple[str, str]]:
    folder, _slash, names = pattern.rpartition("/")
    try:
        found = [name for name in door.list(folder) if fnmatchcase(name, names) and not name.startswith(".")]
        return [("%s/%s" % (folder, name), door.read("%s/%s" % (folder, name))) for name in found]
    except Missing:
        return []


def journal_remote(host: Reading) -> list[Entry]:
    """Return systemd-journal-remote's inputs; none where it isn't active, or what it is told isn't understood.

    A port at which it listens all the same is one of which nobody knows how it takes logs.
    """
    try:
        active = host.fact("units", "active")
        if JOURNAL_REMOTE not in active and JOURNAL_SOCKET not in active:
            return []
        sockets = listens(host.door, JOURNAL_SOCKET) if JOURNAL_SOCKET in active else []
        settings = effective(host.door, "journal-remote.conf", "Remote")
        return journal_inputs(words(host.door, JOURNAL_REMOTE), sockets, settings.get("TrustedCertificateFile"))
    except Unreadable:
        return []


def ours(door: Door, name: str) -> Entry | None:
    """Return the settings and the last report of one of our programs, None where it is not set up."""
    place = "%s/%s.json" % (SETTINGS, name)
    program = "/usr/local/sbin/%s" % PROGRAMS[name]
    try:
        settings = _object(door, place)
    except Missing:
        return None
    for part in ("rules", "routes"):
        found = settings.get(part)
        entries = found.items() if isinstance(found, dict) else ()
        settings[part] = {key: value for key, value in entries if isinstance(value, dict)}
    safe = all(_roots(door, one) for one in (place, program))
    return {"place": place, "settings": settings, "safe": safe, "last": _report(door, PROGRAMS[name])}


def _report(door: Door, name: str) -> Entry | None:
    path = "/var/lib/%s/report.json" % name
    try:
        content = _object(door, path)
    except Missing:
        return None
    at, problems, broken = content.get("at"), content.get("problems", []), content.get("broken", {})
    if not isinstance(at, (int, float)) or not isinstance(problems, list) or not isinstance(broken, dict):
        raise Unreadable("%s is no report of %s" % (path, name))
    return {
        "at": int(at), "problems": [str(text)[:500] for text in problems[:SHOWN]],
        "broken": {str(route): str(why)[:200] for route, why in list(broken.items())[:SHOWN]},
        "folded": _folded(content.get("folded")),
    }  # fmt: skip


def _folded(found: Any) -> Entry | None:
    if not isinstance(found, dict) or not all(isinstance(found.get(key), (int, float)) for key in ("at", "alerts")):
        return None
    return {"at": int(found["at"]), "alerts": int(found["alerts"])}


def _roots(door: Door, path: str) -> bool:
    try:
        steps = way(door, path)
    except Missing:
        return False
    return all(one["uid"] == 0 and not int(one["mode"], 8) & 0o022 for one in steps)


def _object(door: Door, path: str) -> Entry:
    try:
        content = json.loads(door.read(path))
    except (ValueError, RecursionError):
        raise Unreadable("%s is not JSON" % path) from None
    if not isinstance(content, dict):
        raise Unreadable("%s holds no object" % path)
    return content


def looked_at(door: Door, store: Entry, now: int) -> Entry:
    """Return a store with who can get at it, and which of its files can be changed or removed."""
    path = store["path"]
    if not door.exists(path):
        return {**store, "way": [], "files": 0, "guarded": False, "loose": [], "more": 0}
    loose, count = [], 0
    for one in _files(door, path, DEPTH):
        count += 1
        if count > FILES:
            raise Unreadable("%s holds more than %d files" % (path, FILES))
        if not door.attributes(one) and not _young(door, one, now):
            loose.append(one)
    return {
        **store, "way": way(door, path), "files": count, "guarded": "a" in door.attributes(path),
        "loose": loose[:SHOWN], "more": len(loose[SHOWN:]),
    }  # fmt: skip


def _files(door: Door, folder: str, depth: int) -> Iterator[str]:
    for name in door.list(folder):
        path = "%s/%s" % (folder, name)
        kind = door.stat(path).kind
        if kind == "file":
            yield path
        elif kind == "dir" and not depth:
            raise Unreadable("%s: folders deeper than %d are not looked into" % (path, DEPTH))
        elif kind == "dir":
            yield from _files(door, path, depth - 1)


def _young(door: Door, path: str, now: int) -> bool:
    """Say whether a file began just now, by the moment its first line was received (UTC)."""
    (begin,) = door.pieces(path, [(0, 19)])
    found = RECEIVED.match(begin)
    return not begin or (found is not None and now - timegm(tuple(map(int, found.groups()))) < YOUNG)
