# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `journal`: how systemd's journal is kept, how far back it goes, how fast it grows, and what shortens it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from .. import journal_file, scheduled, systemd_settings
from ..door import Door, Missing, Unreadable
from ..log_series import series
from ..reading import Area, Reading

PERSISTENT, RUNTIME = "/var/log/journal", "/run/log/journal"
#: The file that journald writes to; the others of its series begin as SYSTEM does.
ACTIVE, SYSTEM = "system.journal", ("system.journal", "system@")
MACHINE_ID = "/etc/machine-id"
#: Fact -> the option of journald.conf(5) that bounds the journal on disk, and what its value is.
LIMITS = {
    "max_use": ("SystemMaxUse", systemd_settings.size),
    "keep_free": ("SystemKeepFree", systemd_settings.size),
    "max_file_size": ("SystemMaxFileSize", systemd_settings.size),
    "max_files": ("SystemMaxFiles", systemd_settings.size),
    "retention": ("MaxRetentionSec", systemd_settings.seconds),
}
CONFIGURED = {"storage": "Storage", "level": "MaxLevelStore"}
#: Growth is measured over the newest so many seconds too: a host may have become busier.
RECENT = 7 * 86400
DAY = 86400
FILES_LIMIT = 10000
#: What shortens a journal: journalctl itself, or whatever deletes its files. Users write such texts as well: no pattern
#: may look at one place more than a few times, or a long line would hold up the whole reading.
VACUUM = re.compile(r"--vacuum-(time|size|files)(?:=|\s+)(?:[\"']\s*)?([0-9A-Za-z.][0-9A-Za-z. ]{0,79})")
CALL = re.compile(r"\bjournalctl\b[^;&|\n]*")
REMOVES = re.compile(r"\b(?:rm|find)[^\S\n][^;&|\n]*")
KEPT_IN = re.compile(r"/(?:var|run)/log/journal\b")
ROTATION = "/etc/logrotate.d"
#: The kinds of units that start another one, and their line that names it.
STARTERS = ("timer", "path")
UNIT = re.compile(r"^[^\S\n]*Unit[^\S\n]*=[^\S\n]*(\S+)", re.MULTILINE)
#: journald's own word that it left messages of a service out; nobody else's has this transport.
SUPPRESSED = ("MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e", "_TRANSPORT=driver")
SUPPRESSED_LIMIT = 200


class File(NamedTuple):
    """A journal file: its name, the bytes that are laid aside for it, and its header."""

    name: str
    size: int
    header: journal_file.Header


def read(host: Reading, area: Area) -> None:
    """Learn how the journal is kept. Times are seconds since 1970, sizes bytes.

    storage, level: {value, place: "file:line"} of Storage= and MaxLevelStore=, None where it is the default.
    limits: {max_use, keep_free, max_file_size, max_files, retention (seconds): {value, place}} of those that are set.
    persistent, runtime: {path, there: whether its folder is, active: whether journald writes there, files, bytes} of
    the journals on disk and in memory. oldest, newest: of the entries on disk that system services wrote, None where
    there are none. gap: when the entries end that lie behind a gap, as of a time before the journal was kept in memory,
    and that nothing else counts; None without. growth: {all, recent: {bytes, seconds}} of the entries on disk, all of
    them and those of the newest RECENT seconds; None without any. vacuum: [{place, kind: "time"|"size"|"files"|
    "delete", value: seconds, bytes or a number, None where it isn't known}] of what shortens it by itself. suppressed:
    [{at, unit, count}] of messages that journald left out, the newest first, at most SUPPRESSED_LIMIT.
    """
    door = host.door
    try:
        area.facts.update(configured(systemd_settings.effective(door, "journald.conf", "Journal")))
    except Unreadable as problem:
        for fact in (*CONFIGURED, "limits"):
            area.unread(fact, str(problem))
    machine = machine_id(door)
    spare = area.learn("runtime", told, door, RUNTIME, machine)
    kept = area.learn("persistent", told, door, PERSISTENT, machine)
    if spare is not None:
        area.facts["runtime"] = spare[0]
    if spare is not None and kept is not None and spare[0]["active"] and kept[0]["active"]:
        # Restarted for another Storage=, journald leaves the file behind that it wrote to.
        left = min(kept, spare, key=lambda one: last_written(one[1]))
        left[0]["active"] = False
    if kept is not None:
        area.facts["persistent"], files = kept
        system, gap = series(
            (one.header for one in files if one.name.startswith(SYSTEM) and one.header.entries), _end, _begin
        )
        since = min(map(_begin, system), default=None)
        area.facts.update(oldest=since, newest=max(map(_end, system), default=None), gap=gap)
        area.facts["growth"] = growth(one.header for one in files if since is None or _end(one.header) >= since)
    else:
        for fact in ("oldest", "newest", "gap", "growth"):
            area.unread(fact, "the journal on disk could not be read")
    area.learn("vacuum", vacuum, host)
    area.learn("suppressed", suppressed, door)


def _begin(header: journal_file.Header) -> int:
    return header.oldest or 0


def _end(header: journal_file.Header) -> int:
    return header.newest or 0


def configured(settings: dict[str, systemd_settings.Setting]) -> dict[str, Any]:
    """Return storage, level and limits; journald passes over a value that it can't take, and over an empty one."""
    found: dict[str, Any] = dict.fromkeys(CONFIGURED)
    for fact, option in CONFIGURED.items():
        said = settings.get(option)
        if said and said.value:
            found[fact] = {"value": said.value.lower(), "place": said.place}
    found["limits"] = {}
    for fact, (option, number) in LIMITS.items():
        said = settings.get(option)
        value = number(said.value) if said else None
        if said and value is not None and value != float("inf"):
            found["limits"][fact] = {"value": int(value), "place": said.place}
    return found


def machine_id(door: Door) -> str:
    """Return the name of this host's own folder; below the same place lie other machines' journals as well."""
    machine = door.read(MACHINE_ID).strip()
    if not re.fullmatch("[0-9a-f]{32}", machine):
        raise Unreadable("%s holds no identity" % MACHINE_ID)
    return machine


def told(door: Door, place: str, machine: str) -> tuple[dict[str, Any], list[File]]:
    """Return what there is of a journal, and its files."""
    path = "%s/%s" % (place, machine)
    files = list(journal_files(door, path))
    return {
        "path": path, "there": door.exists(place), "active": any(one.name == ACTIVE for one in files),
        "files": len(files), "bytes": sum(one.size for one in files),
    }, files  # fmt: skip


def last_written(files: Iterable[File]) -> int:
    """Return when the newest entry was written of the file that is written to, or was last; 0 without any."""
    return max((one.header.newest or 0 for one in files if one.name == ACTIVE), default=0)


def journal_files(door: Door, folder: str) -> Iterator[File]:
    """Yield the journal files in a folder; what was deleted meanwhile is left out."""
    try:
        names = [name for name in door.list(folder) if name.endswith((".journal", ".journal~"))]
    except Missing:
        return
    if len(names) > FILES_LIMIT:
        raise Unreadable("%s holds more than %d files" % (folder, FILES_LIMIT))
    for name in names:
        path = "%s/%s" % (folder, name)
        try:
            (begin,) = door.pieces(path, [(0, journal_file.LENGTH)])
            size = door.stat(path).size
        except Missing:
            continue
        header = journal_file.parse(begin)
        if header is not None:
            yield File(name, size, header)


def growth(headers: Iterable[journal_file.Header]) -> dict[str, Any] | None:
    """Return how many bytes were written in how many seconds, of a file that began before by the share of its time."""
    known = [one for one in headers if one.oldest is not None and one.newest is not None]
    if not known:
        return None
    since, until = min(map(_begin, known)), max(map(_end, known))
    start = max(since, until - RECENT)
    recent = 0.0
    for one in known:
        begin, end = _begin(one), _end(one)
        if end >= start:
            recent += one.written * (1 if end == begin else (end - max(begin, start)) / (end - begin))
    return {
        "all": {"bytes": sum(one.written for one in known), "seconds": until - since},
        "recent": {"bytes": int(recent), "seconds": until - start},
    }


def vacuum(host: Reading) -> list[dict[str, Any]]:
    """Return what shortens the journal by itself: units, crontabs, their scripts, and what logrotate runs."""
    door, found = host.door, []
    enabled = set(host.fact("units", "enabled"))
    timed = _with_templates(started(door, enabled))
    wanted = timed | _with_templates(enabled)
    for place, text in (*scheduled.texts(door), *_more(door, timed)):
        if not _idle(place, wanted):
            found += [{"place": place, **one} for one in shortens(text)]
    return found


def started(door: Door, enabled: Iterable[str]) -> set[str]:
    """Return what enabled timers and paths start: the unit of Unit=, else of their own name (systemd.timer(5))."""
    found = set()
    for unit in enabled:
        name, _dot, kind = unit.rpartition(".")
        if kind in STARTERS:
            texts = (scheduled.read(door, path) for path in scheduled.unit_files(door, _template(unit)))
            said = UNIT.findall("\n".join(texts))
            found.add(said[-1] if said else name + ".service")
    return found


def _with_templates(units: Iterable[str]) -> set[str]:
    return {name for unit in units for name in (unit, _template(unit))}


def _template(unit: str) -> str:
    """Return the name of the file that a unit with an instance is made of, as tidy@.service; of others their own."""
    name, at, rest = unit.partition("@")
    return name + at + "." + rest.rpartition(".")[2] if at else unit


def _more(door: Door, timed: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the texts of packages' units that an enabled timer starts, and of logrotate's stanzas."""
    for unit in sorted(timed):
        path = "/usr/lib/systemd/system/" + unit
        yield path, scheduled.read(door, path)
    try:
        names = door.list(ROTATION)
    except Missing:
        return
    for name in names:
        path = "%s/%s" % (ROTATION, name)
        yield path, scheduled.read(door, path)


def _idle(place: str, wanted: set[str]) -> bool:
    """Say whether a text is a unit of the host's own that neither a target nor a timer starts."""
    folder, _slash, name = place.rpartition("/")
    name = folder.rpartition("/")[2][: -len(".d")] if folder.endswith(".service.d") else name
    if not place.startswith("/etc/systemd/system/"):
        return False
    return name not in wanted


def shortens(text: str) -> list[dict[str, Any]]:
    """Return [{kind, value}] of what a text deletes of the journal; that it deletes files is told once."""
    lines = scheduled.commands(text)
    vacuums = (one for call in CALL.findall(lines) for one in VACUUM.findall(call))
    found: list[dict[str, Any]] = [{"kind": kind, "value": _number(kind, value)} for kind, value in vacuums]
    if any(KEPT_IN.search(call) and _deletes(call) for call in REMOVES.findall(lines)):
        found.append({"kind": "delete", "value": None})
    return found


def _deletes(call: str) -> bool:
    """Say whether a call of rm or find deletes: find does so by itself, or has rm do it."""
    return call.startswith("rm") or "delete" in call or "rm " in call


def _number(kind: str, text: str) -> int | None:
    # What follows a value behind a blank is another argument, unless a quote held both together.
    words = text.rstrip(" .").split()
    for end in range(len(words), 0, -1):
        value = (systemd_settings.seconds if kind == "time" else systemd_settings.size)(" ".join(words[:end]))
        if value is not None and value != float("inf"):
            return int(value)
    return None


def suppressed(door: Door) -> list[dict[str, Any]]:
    """Return what journald says that it left out, since a service said more than it may."""
    fields = "N_DROPPED,UNIT,OBJECT_SYSTEMD_UNIT,_SYSTEMD_UNIT"
    command = ["journalctl", "-q", "--no-pager", "-r", "-n", str(SUPPRESSED_LIMIT), "-o", "json"]
    try:
        lines = door.output([*command, "--output-fields=" + fields, *SUPPRESSED]).split("\n")
    except Unreadable as problem:
        # Newer versions exit so where nothing matches.
        if str(problem).endswith("exited 1: no message"):
            return []
        raise
    return [one for one in map(dropped, lines) if one]


def dropped(line: str) -> dict[str, Any] | None:
    """Return {at, unit, count} of a line in journalctl's JSON, None where it isn't one."""
    try:
        entry = json.loads(line)
        at, count = int(entry["__REALTIME_TIMESTAMP"]) // 1000000, int(entry.get("N_DROPPED", 1))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return {"at": at, "unit": str(entry.get("UNIT") or "a service")[:200], "count": count}
