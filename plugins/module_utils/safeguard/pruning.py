# SPDX-License-Identifier: GPL-3.0-or-later
"""Bounds what is kept: old runs are folded into the first, so that going back before all of them stays possible."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from . import accounts, putback, store
from .putback import Home
from .store import Record

DAY = 86400
#: States of runs that are yet to be decided.
WAITING = ("armed", "begun", "prepared")


def prune(home: Home, days: int, runs: int) -> None:
    """Fold and remove runs older than `days` or beyond the newest `runs`; never one that waits or is prepared."""
    records = store.records(home)
    oldest = time.time() - days * DAY

    def too_old(some: list[Record]) -> list[Record]:
        return [record for place, record in enumerate(some) if record["at"] < oldest or place < len(some) - runs]

    kept = [record for record in records if record["state"] == "confirmed" and record["what"] == "apply"]
    for record in too_old(kept[1:]):
        fold(kept[0], record)
        putback.save(home.run(kept[0]["run"]), kept[0])
        os.unlink(home.run(record["run"]))
    closed = [record for record in records if record not in kept and record["state"] not in WAITING]
    for record in too_old(closed):
        if record["state"] != "reverted" or not record["installed"]["packages"]:
            os.unlink(home.run(record["run"]))
    _collect(home)


def fold(first: Record, record: Record) -> None:
    """Make `first` stand for both runs: what was before it, and what was after the later one."""
    for ours, theirs in (
        (first["paths"], record["paths"]),
        (first["installed"]["paths"], record["installed"]["paths"]),
    ):
        known = {item["path"]: item for item in ours}
        for item in theirs:
            if item["path"] in known:
                _join(known[item["path"]], item)
            else:
                ours.append(item)
    first["installed"]["packages"] += record["installed"]["packages"]
    first["units"] = {**record["units"], **first["units"]}
    first["services"] = {**first["services"], **record["services"]}


def _join(item: dict[str, Any], later: dict[str, Any]) -> None:
    # Where somebody else changed it between, nothing is known to be ours: going back then asks first.
    unbroken = item["after"] and putback.same(item["after"], later["before"])
    item["after"] = later["after"] if unbroken else None


def _collect(home: Home) -> None:
    """Remove contents that no record needs."""
    needed = {sha256 for record in store.records(home) for sha256 in _needed(record)}
    for name in set(os.listdir(home.objects)) - needed:
        with suppress(OSError):
            os.unlink("%s/%s" % (home.objects, name))


def _needed(record: Record) -> Iterator[str]:
    for item in [*record["paths"], *record["installed"]["paths"]]:
        entries = [item["before"]]
        if item["path"] in accounts.FILES and item["after"]:
            entries.append(item["after"])
        yield from (entry["sha256"] for entry in entries if entry["kind"] == "file")
    trees = [record["trees"], record.get("prepared", {}).get("trees", {})]
    for index in [index for tree in trees for index in tree.values()]:
        yield from (entry["sha256"] for entry in index.values() if entry["kind"] == "file")
