# SPDX-License-Identifier: GPL-3.0-or-later
"""Applies a plan: everything a simulation checks, then the change itself, to be confirmed in time."""

from __future__ import annotations

import os
from typing import Any

from . import candidate, packages, programs, putback, simulating, store
from .call import Call
from .carrying import UNIT_TREES, Carrier, Change, Move
from .host import Host
from .problem import Problem
from .putback import Home


def apply(call: Call, home: Home) -> dict[str, Any]:
    """Change the host, have it put itself back unless it is confirmed in time, and return what changed."""
    store.prepare(home)
    record = store.new(home, call, "apply")
    with simulating.host(home.stage) as here:
        built, _door = simulating.staged(call, here, _uninstalled(call, here))
        answer = {"changes": built.shown(call.secrets), "refused": simulating.refusals(built, call)}
        packages.note(record, home, here)
        if built.empty():
            _close(record, home)
            return {"changed": False, "armed": False, **answer}
        problems = simulating.problems(built, call, home)
        if problems:
            raise Problem("%s; nothing was changed" % "; ".join(problems))
        record.update(ended=built.ended, keeps=built.keeps)
        pending = Carrier(home, here, call.confirm_seconds).carry(record, change(built, home, here))
    return {"changed": True, "armed": True, **answer, **waiting(pending)}


def _uninstalled(call: Call, here: Host) -> dict[str, str]:
    """Return the controls whose packages are still missing: what counts on them must not be put in place."""
    return {
        step["control"]: "package %s is not installed" % step["name"]
        for step in call.plan
        if step["kind"] == "package" and not here.installed(step["name"])
    }


def _close(record: store.Record, home: Home) -> None:
    """Keep what packages brought where there is nothing to confirm."""
    if record["installed"]["packages"]:
        putback.save(home.run(record["run"]), {**record, "state": "confirmed"})
    elif os.path.exists(home.run(record["run"])):
        os.unlink(home.run(record["run"]))


def change(built: candidate.Candidate, home: Home, here: Host) -> Change:
    """Return what to carry out; the new contents are in the store then."""
    moves = []
    for path, file in built.files.changed().items():
        wanted = putback.ABSENT
        if file.content is not None:
            now = putback.entry(path)
            wanted = {
                "kind": "file", "sha256": store.keep(home, file.content), "mode": file.mode, "uid": file.uid,
                "gid": file.gid, "attributes": now.get("attributes", {}),
            }  # fmt: skip
        moves.append(Move(path, wanted, boot_test=path in built.boot_tested, volatile=path in built.volatile))
    moves += [Move(path, entry) for path, entry in built.changed_folders().items()]
    runs = [(programs.RUN[step["name"]], step["arguments"]) for step in built.programs]
    trees = [tree for program, _arguments in runs for tree in program.trees]
    return Change(
        moves,
        built.units,
        built.services,
        [argv for program, arguments in runs for argv in program.commands(arguments, here)],
        [tree for tree in [*trees, *(UNIT_TREES if built.units else ())] if os.path.lexists(tree)],
    )


def waiting(pending: dict[str, Any]) -> dict[str, Any]:
    """Return what the controller needs to know of a change that waits for its confirmation."""
    return {
        "deadline": pending["deadline"],
        "seconds_left": round(putback.left(pending), 3),
        "survives_reboot": pending["survives_reboot"],
    }
