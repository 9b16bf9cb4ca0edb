# SPDX-License-Identifier: GPL-3.0-or-later
"""The declared backups of a host beside what was read of them, and which of their snapshots look wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from ..declared.backups import Backup
from .facts import AreaFacts, Unread
from .verdict import Case, NotApplicable

#: How many times more than usual a snapshot brings, for it to stand out.
FACTOR = 3
SHORT = 12


@dataclass(frozen=True)
class Seen:
    """A declared backup and what was read of it, part by part: a part that was not read raises Unread."""

    backup: Backup
    facts: AreaFacts

    def __getitem__(self, part: str) -> Any:
        name = self.backup.name
        parts = self.facts["sets"].get(name, {})
        if part not in parts:
            raise Unread("%s: %s" % (name, self.facts.reason("%s.%s" % (name, part)) or "%s was not read" % part))
        return parts[part]


def seen(case: Case) -> list[Seen]:
    """Return the declared backups; raises NotApplicable where none is needed, Undeclared where nobody said."""
    declared: tuple[Backup, ...] = case.registers.declared("backups")
    if not declared:
        raise NotApplicable("bulwark_backups is empty: the host needs no backup")
    return [Seen(backup, case.facts["backups"]) for backup in declared]


def hours_old(snapshot: Mapping[str, Any], now: float) -> float:
    """Return the age of a snapshot in hours, by the host's clock."""
    moment = datetime.fromisoformat(snapshot["time"].replace("Z", "+00:00"))
    return (now - moment.timestamp()) / 3600


def told(snapshot: Mapping[str, Any]) -> str:
    """Return the name of a snapshot and its time, for a reader."""
    return "%s of %s" % (snapshot["id"][:SHORT], snapshot["time"][:16].replace("T", " "))


def below(path: str, folders: Sequence[str]) -> bool:
    """Say whether a path is one of these, or lies in one."""
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in folders)


def abnormal(snapshots: Sequence[Mapping[str, Any]], policy: Mapping[str, Any]) -> dict[str, str]:
    """Return {id: what is unusual} of the newest snapshots, each held against the normal ones before it.

    A snapshot stands out where much of what it holds is new, far more than usual, as when files are encrypted in place;
    or where much of what was there is gone. What the tool doesn't count isn't judged.
    """
    found: dict[str, str] = {}
    recent = snapshots[-policy["bulwark_backup_compared"] :]
    for index, one in enumerate(recent):
        before = [early for early in recent[:index] if early["id"] not in found and early["paths"] == one["paths"]]
        unusual = _unusual(one, before, policy) if before else ""
        if unusual:
            found[one["id"]] = unusual
    return found


def _unusual(one: Mapping[str, Any], before: Sequence[Mapping[str, Any]], policy: Mapping[str, Any]) -> str:
    limit = policy["bulwark_backup_change_percent"]
    share = _share(one) or 0.0
    # The oldest may be the first of all, of which everything is new.
    shares = [early for early in map(_share, before[1:]) if early is not None]
    much = share and one["added"] >= policy["bulwark_backup_change_least_kb"] * 1024
    if much and share >= max(limit, FACTOR * (median(shares) if shares else 0)):
        return "%d %% of what it holds is new" % min(share, 100)
    for key, what in (("files", "files"), ("bytes", "bytes")):
        counts = [early[key] for early in before if early[key] is not None]
        if counts and one[key] is not None and one[key] < median(counts) * (100 - limit) / 100:
            return "it holds %d %s, where %d are usual" % (one[key], what, median(counts))
    return ""


def _share(one: Mapping[str, Any]) -> float | None:
    """Return how much of a snapshot was new with it, in percent."""
    if one["added"] is None or not one["bytes"]:
        return None
    return float(one["added"] * 100 / one["bytes"])
