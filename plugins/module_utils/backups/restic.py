# SPDX-License-Identifier: GPL-3.0-or-later
"""Restic, asked without a lock and without a cache: nothing changes, neither in the repository nor on the host."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

from ..door import Unreadable
from .entry import Entry, without_login
from .snapshots import document, number, rows, snapshot

PROGRAM = "restic"
QUIET = ("--no-lock", "--no-cache", "--json")
REPOSITORY = "RESTIC_REPOSITORY"
#: It opens nothing without a passphrase, unless it is told to by an option that is never given here.
ENCRYPTION = "restic (AES-256)"
#: Of what is added and removed, what a snapshot counts as its files.
NODES = ("files", "dirs", "others")


def listed(entry: Entry) -> tuple[list[dict[str, Any]], str]:
    """Return (snapshots, encryption) of a repository.

    Versions before 0.17 keep no counts with a snapshot: those of the newest two are then worked out.
    """
    found = []
    for row in rows(document(_ask(entry, "snapshots"), PROGRAM), PROGRAM):
        summary = row.get("summary")
        summary = summary if isinstance(summary, dict) else {}
        found.append(
            snapshot(
                row.get("id"),
                row.get("time"),
                row.get("paths"),
                row.get("hostname"),
                row.get("excludes"),
                summary.get("total_files_processed"),
                summary.get("total_bytes_processed"),
                summary.get("data_added"),
            )
        )
    return found, ENCRYPTION


def measured(entry: Entry, snapshots: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return two snapshots at least, in the order of their times, with the counts of the last two worked out."""
    *earlier, before, newest = snapshots
    held = document(_ask(entry, "stats", newest["id"]), PROGRAM)
    difference = document(_ask(entry, "diff", before["id"], newest["id"]).strip().rpartition("\n")[2], PROGRAM)
    try:
        added, removed = difference["added"], difference["removed"]
        files, size = held["total_file_count"], held["total_size"]
        fewer = sum(added[kind] - removed[kind] for kind in NODES)
        smaller = added["bytes"] - removed["bytes"]
    except (KeyError, TypeError):
        raise Unreadable("restic printed no counts") from None
    return [
        *earlier,
        {**before, "files": number(files - fewer), "bytes": number(size - smaller)},
        {**newest, "files": number(files), "bytes": number(size), "added": number(added["bytes"])},
    ]


def holds(entry: Entry, newest: Mapping[str, Any], path: str) -> bool:
    """Say whether a snapshot has a file."""
    lines = _ask(entry, "ls", newest["id"], posixpath.dirname(path)).splitlines()
    for line in lines:
        try:
            node = json.loads(line)
        except ValueError:
            raise Unreadable("restic printed no JSON") from None
        if isinstance(node, dict) and node.get("path") == path:
            return True
    return False


def _ask(entry: Entry, command: str, *arguments: str) -> str:
    more = {"RESTIC_PASSWORD_FILE": entry.declared["key_file"]} if entry.declared.get("key_file") else {}
    return entry.ask([PROGRAM, *QUIET, *_repository(entry), command, *arguments], more)


def _repository(entry: Entry) -> list[str]:
    """Return the option that names the repository; none where the environment does, with the login it needs."""
    wanted, given = entry.declared["repository"], entry.variables.get(REPOSITORY)
    if given is None:
        return ["--repo", wanted]
    if without_login(given).rstrip("/") != without_login(wanted).rstrip("/"):
        raise Unreadable("%s names another repository than bulwark_backups" % entry.declared["environment"])
    return []
