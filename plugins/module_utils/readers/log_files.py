# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `log_files`: the files in which logs are kept: who may read them, how much there is, how far back it goes.

Of what the files say only the time of the oldest line leaves the host.
"""

from __future__ import annotations

import re
import zlib
from typing import Any, NamedTuple

from ..door import Door, Missing, Status, Unreadable
from ..log_series import series
from ..log_times import moment
from ..reading import Area, Reading

ROOT = "/var/log"
FILES_LIMIT = 10000
DEPTH = 6
#: Folders that hold a tree of their own making: what counts is who gets in.
CLOSED = ("/var/log/sudo-io", "/var/log/bulwark-collector", "/var/log/journal/remote")
PROGRAMS = tuple("/sbin/" + name for name in ("auditctl", "auditd", "ausearch", "aureport", "autrace", "augenrules"))
PACK = r"\.(?:gz|xz|bz2|zst|lz4|Z)"
ROTATED = re.compile(r"(?P<name>.+?)[-._]\d[\d._-]*(?P<end>\.[a-z]+)?(?:%s)?" % PACK)
GZIP = 16 + zlib.MAX_WBITS
#: Of the oldest file, so many bytes are looked at for its first line.
BEGIN = 16 * 1024
SHORT = 4096


class One(NamedTuple):
    """A file: its path, whether it was rotated, how it stands, and when it was last written."""

    path: str
    rotated: bool
    status: Status
    modified: int


def read(host: Reading, area: Area) -> None:
    """Learn `files`, `folders`, `programs`, `logs`, `oldest` and `gaps`; modes are octal, times seconds since 1970.

    files: [{folder, mode, uid, gid, names}] of all files below /var/log, those alike together. folders: [{path, mode,
    uid, gid}]. programs: the same of what administers the kernel's audit. logs: {path: {live: the file itself is there,
    rotated: how many, bytes: of all, unpacked, None where that can't be told, stored: as they lie on the disk, packed:
    {bytes, seconds} of those on the disk that are packed, None without, newest: when one was last written}}, what was
    rotated of a log belonging to it, in logrotate's olddir too. oldest: {path: when the oldest line of it was written
    that is kept} of those that hold any; where the line doesn't tell, when its file was last written: it can't be
    younger. Files behind a gap, such as those left over from another way of rotating, are no part of their log. gaps:
    {path: when the newest of these was last written}.
    """
    door = host.door
    area.learn("programs", programs, door)
    stanzas = host.fact("rotation", "stanzas")
    named = host.fact("rotation", "logs")
    moved = {
        "%s/%s" % (old.rstrip("/"), path.rpartition("/")[2]): path
        for path, index in named.items()
        for old in [stanzas[index]["olddir"]]
        if old and old.startswith("/")
    }
    outside = {path.rpartition("/")[0] for path in moved} - {ROOT}
    walked = Walk(door)
    for root in (ROOT, *sorted(outside)):
        if not root.startswith(CLOSED):
            walked.enter(root, DEPTH if root == ROOT else 0)
    area.facts.update(files=walked.alike(), folders=walked.folders)
    kept: dict[str, list[One]] = {}
    for path, ones in walked.logs.items():
        kept.setdefault(moved.get(path, path), []).extend(ones)
    area.facts.update(logs={}, oldest={}, gaps={})
    for path, ones in kept.items():
        whole, gap = series(ones, lambda one: one.modified, lambda one: begun(door, one))
        since = oldest(door, whole)
        area.facts["logs"][path] = amount(door, whole, since)
        area.facts["oldest"].update({} if since is None else {path: since})
        area.facts["gaps"].update({} if gap is None else {path: gap})


class Walk:
    """What is found below folders, each entered once."""

    def __init__(self, door: Door) -> None:
        self.folders: list[dict[str, Any]] = []
        self.logs: dict[str, list[One]] = {}
        self._door = door
        self._seen: set[str] = set()
        self._alike: dict[tuple[str, str, int, int], list[str]] = {}
        self._count = 0

    def enter(self, path: str, depth: int) -> None:
        """Look at a folder and, so many levels deep, at those below it; links to folders are not followed."""
        try:
            if path in self._seen or self._door.real(path) != path:
                return
            self._seen.add(path)
            own, names = self._door.stat(path), self._door.list(path)
        except Missing:
            return
        self.folders.append({"path": path, "mode": "%04o" % own.mode, "uid": own.uid, "gid": own.gid})
        for name in names:
            one = "%s/%s" % (path, name)
            try:
                status = self._door.stat(one)
            except Missing:
                continue
            if status.kind == "file":
                self._file(path, name, status)
            elif status.kind == "dir" and depth and one not in CLOSED:
                self.enter(one, depth - 1)
            elif status.kind == "dir" and one in CLOSED:
                self.folders.append({"path": one, "mode": "%04o" % status.mode, "uid": status.uid, "gid": status.gid})

    def _file(self, folder: str, name: str, status: Status) -> None:
        self._count += 1
        if self._count > FILES_LIMIT:
            raise Unreadable("there are more than %d files of logs" % FILES_LIMIT)
        self._alike.setdefault((folder, "%04o" % status.mode, status.uid, status.gid), []).append(name)
        of = belongs(name)
        one = One("%s/%s" % (folder, name), of != name, status, self._door.modified("%s/%s" % (folder, name)))
        self.logs.setdefault("%s/%s" % (folder, of), []).append(one)

    def alike(self) -> list[dict[str, Any]]:
        """Return the files, those of one folder, mode and owner together."""
        return [
            {"folder": folder, "mode": mode, "uid": uid, "gid": gid, "names": names}
            for (folder, mode, uid, gid), names in self._alike.items()
        ]


def belongs(name: str) -> str:
    """Return the name of the log that a file was rotated from (auth-20260101.log, auth.log.1), its own otherwise."""
    found = ROTATED.fullmatch(name)
    if not found:
        return name
    end = found.group("end") or ""
    return found.group("name") + ("" if re.fullmatch(PACK, end) else end)


def amount(door: Door, ones: list[One], since: int | None) -> dict[str, Any]:
    """Return how much is kept of a log, its files being the newest first."""
    sizes = [unpacked(door, one) for one in ones]
    tight = [one for one in ones if packed(one.path)]
    return {
        "live": any(not one.rotated for one in ones),
        "rotated": sum(one.rotated for one in ones),
        "bytes": None if None in sizes else sum(size for size in sizes if size is not None),
        "stored": sum(one.status.size for one in ones),
        "packed": None if not tight or since is None else {
            "bytes": sum(one.status.size for one in tight), "seconds": max(0, tight[0].modified - since),
        },
        "newest": ones[0].modified,
    }  # fmt: skip


def unpacked(door: Door, one: One) -> int | None:
    """Return the bytes that a file holds, None where its packing doesn't tell."""
    if one.path.endswith(".gz"):
        try:
            # Its last four bytes say so, modulo 4 GiB.
            return int.from_bytes(door.tail(one.path, 4), "little")
        except Unreadable:
            return None
    return None if packed(one.path) else one.status.size


def packed(path: str) -> bool:
    """Say whether a file is compressed, by its name."""
    return re.search(PACK + "$", path) is not None


def oldest(door: Door, ones: list[One]) -> int | None:
    """Return when the oldest line was written that is kept of a log, its files being the newest first; None without."""
    held = [one for one in ones if one.status.size]
    return begun(door, held[-1]) if held else None


def begun(door: Door, one: One) -> int:
    """Return when the first line of a file was written; where it doesn't tell, when the file was last written."""
    try:
        (begin,) = door.pieces(one.path, [(0, BEGIN)])
    except Unreadable:
        return one.modified
    for line in opened(one.path, begin).split(b"\n")[:3]:
        said = moment(line[:SHORT].decode("utf-8", "replace"), one.modified)
        if said is not None:
            return said
    return one.modified


def opened(path: str, begin: bytes) -> bytes:
    """Return the beginning of a file, unpacked; nothing where it can't be."""
    try:
        if path.endswith(".gz"):
            return zlib.decompressobj(GZIP).decompress(begin, BEGIN)
    except zlib.error:
        return b""
    return b"" if packed(path) else begin


def programs(door: Door) -> list[dict[str, Any]]:
    """Return the programs that administer the kernel's audit."""
    found = []
    for path in PROGRAMS:
        try:
            status = door.stat(path)
        except Missing:
            continue
        found.append({"path": path, "mode": "%04o" % status.mode, "uid": status.uid, "gid": status.gid})
    return found
