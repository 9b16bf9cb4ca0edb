# SPDX-License-Identifier: GPL-3.0-or-later
"""What installing packages changed beside the packages themselves: recorded before, compared after.

A package's scripts make accounts, enable units and let pam-auth-update write; removing it does not undo all of that.
"""

from __future__ import annotations

import os
from typing import Any

from . import putback, simulating, space, store
from .call import Call
from .host import Host
from .problem import Problem
from .putback import Home
from .store import Record

#: Where packages write beside their own files; ucf keeps a record of what it has put to /etc.
TREES = ("/etc", "/var/lib/pam", "/var/lib/ucf")


def prepare(call: Call, home: Home) -> dict[str, Any]:
    """Record what lies where packages write, and which packages there are."""
    sizes = {path: os.path.getsize(path) for tree in TREES for path in putback.walk(tree) if os.path.isfile(path)}
    problems = space.problems({home.objects + "/any": sum(sizes.values())}, home.folder)
    if problems:
        raise Problem("%s; nothing was changed" % "; ".join(problems))
    record = store.new(home, call, "apply")
    with simulating.host() as here:
        trees = {tree: store.capture_tree(home, tree) for tree in TREES if os.path.isdir(tree)}
        record.update(state="prepared", prepared={"trees": trees, "packages": here.packages()})
    putback.save(home.run(call.run), record)
    return {"changed": True, "prepared": True}


def note(record: Record, home: Home, host: Host) -> None:
    """Note in a prepared record what was installed since, and drop what was recorded for it."""
    prepared = record.pop("prepared", None)
    if prepared is None:
        return
    new = sorted(set(host.packages()) - set(prepared["packages"]))
    paths = []
    for tree, before in prepared["trees"].items():
        after = putback.index(tree)
        for path in putback.differences(before, after) if new else ():
            if path not in putback.BOOT_FILES:
                then = before.get(path, putback.ABSENT)
                paths.append(store.path_item(path, then, after=store.capture(home, path)))
    record["installed"]["packages"] += new
    record["installed"]["paths"] += paths


def settle(home: Home, run: str) -> None:
    """Close the records of earlier runs that were prepared and never went on."""
    for record in store.records(home):
        if record["state"] != "prepared" or record["run"] == run:
            continue
        with simulating.host() as here:
            note(record, home, here)
        if not record["installed"]["packages"]:
            os.unlink(home.run(record["run"]))
            continue
        # Whether its packages or somebody else changed a file in the meantime, nobody knows.
        for item in record["installed"]["paths"]:
            item["after"] = None
        putback.save(home.run(record["run"]), {**record, "state": "confirmed"})
