# SPDX-License-Identifier: GPL-3.0-or-later
"""What the safeguard keeps on a host: contents by their hash, and a record of each run."""

from __future__ import annotations

import hashlib
import os
import time
from typing import Any

from . import putback
from .call import Call
from .problem import Problem
from .putback import Entry, Home

Record = dict[str, Any]
DECIDED = ("armed", "confirmed", "undone")


def prepare(home: Home) -> None:
    """Make our folders, for root only."""
    for folder in (home.folder, home.objects, home.runs):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        os.chmod(folder, 0o700)


def keep(home: Home, content: bytes) -> str:
    """Store a content and return its hash."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = "%s/%s" % (home.objects, sha256)
    if not os.path.exists(path):
        with putback.parent(path) as (folder, name):
            putback.write(folder, name, content, {"mode": 0o600})
    return sha256


def capture(home: Home, path: str) -> Entry:
    """Return what is at `path`, its content stored."""
    found = putback.entry(path)
    if found["kind"] == "file" and not os.path.exists("%s/%s" % (home.objects, found["sha256"])):
        with open(path, "rb") as file:
            # What was hashed may have changed since; what is stored is what counts.
            found["sha256"] = keep(home, file.read())
    return found


def capture_tree(home: Home, folder: str) -> dict[str, Entry]:
    """Return what lies below a folder, all contents stored."""
    return {path: capture(home, path) for path in putback.walk(folder)}


def records(home: Home) -> list[Record]:
    """Return the records of all runs, the oldest first."""
    try:
        names = [name for name in os.listdir(home.runs) if name.endswith(".json") and not name.startswith(".")]
    except FileNotFoundError:
        return []
    return sorted((putback.load("%s/%s" % (home.runs, name)) for name in names), key=lambda record: record["number"])


def new(home: Home, call: Call, what: str) -> Record:
    """Return the record of a run that begins, or goes on where `prepare` began it or an attempt was put back.

    Raises Problem where the run changed this host already.
    """
    earlier = putback.load(home.run(call.run))
    if earlier and earlier["state"] in DECIDED:
        raise Problem("run %s is %s on this host already" % (call.run, earlier["state"]))
    record: Record = {
        "run": call.run,
        "owner": call.owner,
        "what": what,
        "state": "begun",
        "at": time.time(),
        "number": 1 + max((known["number"] for known in records(home)), default=0),
        "paths": [],
        "units": {},
        "services": {},
        "trees": {},
        "installed": {"packages": [], "paths": []},
        "keep": {"days": call.keep_days, "runs": call.keep_runs},
    }
    if earlier:
        record.update(number=earlier["number"], installed=earlier["installed"])
        if "prepared" in earlier:
            record["prepared"] = earlier["prepared"]
    return record


def path_item(path: str, before: Entry, **more: Any) -> dict[str, Any]:
    """Return a record's line about one path."""
    return {"path": path, "before": before, "after": None, "boot_test": False, "volatile": False, **more}
