# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd's journal comes to: where it lies, how fast it grows, and how large it may become."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .facts import Unread
from .verdict import Case

PERSIST = "lin-lm-journal-persist"
FOLDER = "/var/log/journal"
IN_MEMORY = ("tmpfs", "ramfs")
DAY = 86400.0
KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
#: What journald takes where nothing is set (systemd, journal_reset_metrics): of the file system a tenth may be used and
#: a twentieth stays free, each at most 4 GiB; a file is an eighth of what may be used, at most 128 MiB; 100 files.
USE_SHARE, FREE_SHARE, FILE_SHARE = 10, 20, 8
USE_LIMIT, FILE_LIMIT, FILES = 4 * GIB, 128 * MIB, 100


class Bound(NamedTuple):
    """Bytes that the journal may have, and what says so."""

    bytes: int
    why: str


def lost(case: Case) -> str | None:
    """Return why what is in the journal is gone with the next boot, None where it is kept on disk. Raises Unread."""
    known = case.facts["journal"]
    if known["runtime"]["active"]:
        return "systemd-journald writes to %s" % known["runtime"]["path"]
    if not known["persistent"]["active"]:
        return "systemd-journald writes nothing to %s" % FOLDER
    disk = held_on(case, known["persistent"]["path"])
    return "%s is in memory (%s)" % (disk["point"], disk["kind"]) if disk["kind"] in IN_MEMORY else None


def held_on(case: Case, path: str) -> Mapping[str, Any]:
    """Return the mount point (area `mounts`) that holds a path. Raises Unread where none is known."""
    points = case.facts["mounts"]["points"]
    holding = [one for one in points if path == one["point"] or path.startswith(one["point"].rstrip("/") + "/")]
    if not holding:
        raise Unread("on which file system %s lies isn't known" % path)
    found: Mapping[str, Any] = max(holding, key=lambda one: len(one["point"]))
    return found


def oldest(case: Case) -> int | None:
    """Return when the oldest entry was written that outlives a boot, None without one. Raises Unread."""
    found: int | None = None if lost(case) else case.facts["journal"]["oldest"]
    return found


def daily(case: Case) -> float:
    """Return the bytes that are written in a day, measured: over all that is held or the last week, whichever is more.

    Raises Unread where less than bulwark_log_measured_days are held.
    """
    growth = case.facts["journal"]["growth"]
    held, wanted = (growth["all"]["seconds"] if growth else 0) / DAY, case.policy["bulwark_log_measured_days"]
    if held < wanted:
        text = "the journal holds %d hours only; how much is written in a day isn't known before %d days are"
        raise Unread(text % (held * 24, wanted))
    return float(max(one["bytes"] / (one["seconds"] / DAY) for one in growth.values()))


def bounds(case: Case) -> dict[str, Bound]:
    """Return what bounds the journal on disk, as journald takes it: use, files (where limited) and room. Raises Unread.

    use: SystemMaxUse. files: so many files of so many bytes. room: what is left of the file system.
    """
    known = case.facts["journal"]
    limits, disk = known["limits"], held_on(case, known["persistent"]["path"])
    if disk["size"] is None:
        raise Unread("how large the file system at %s is isn't known" % disk["point"])
    most, said = _either(limits, "max_use", min(disk["size"] // USE_SHARE, USE_LIMIT), "SystemMaxUse")
    file, file_said = _either(limits, "max_file_size", usual_file(most), "SystemMaxFileSize")
    # journald raises what is too little for two files.
    found = {"use": Bound(max(most, 2 * file), said)}
    files, files_said = _either(limits, "max_files", FILES, "SystemMaxFiles")
    if files:
        why = "%d files of %s: %s; %s" % (files, shown(file), files_said, file_said)
        found["files"] = Bound(files * file, why)
    free, free_said = _either(limits, "keep_free", min(disk["size"] // FREE_SHARE, USE_LIMIT), "SystemKeepFree")
    room = known["persistent"]["bytes"] + disk["available"] - free
    why = "%s are free at %s, of which %s stay free: %s" % (
        shown(disk["available"]), disk["point"], shown(free), free_said)  # fmt: skip
    return {**found, "room": Bound(max(room, 0), why)}


def usual_file(most: int) -> int:
    """Return how large journald lets a file become where only what all may take together is set."""
    return min(most // FILE_SHARE, FILE_LIMIT)


def cap(case: Case) -> Bound:
    """Return the least of the bounds."""
    return min(bounds(case).values(), key=lambda one: one.bytes)


def _either(limits: Mapping[str, Any], name: str, usual: int, option: str) -> tuple[int, str]:
    said = limits.get(name)
    return (said["value"], "%s, %s" % (option, said["place"])) if said else (usual, "%s by default" % option)


def shown(number: float) -> str:
    """Return a number of bytes for a report."""
    for unit, name in ((GIB, "GiB"), (MIB, "MiB")):
        if number >= unit:
            return "%.1f %s" % (number / unit, name)
    return "%d KiB" % (number // KIB)
