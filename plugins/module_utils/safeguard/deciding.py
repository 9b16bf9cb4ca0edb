# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends the waiting: a change is confirmed or put back. Tells how things stand."""

from __future__ import annotations

import os
import time
from typing import Any

from . import arming, carrying, ending, kept, pruning, putback, simulating, store
from .call import Call
from .problem import Problem
from .putback import Home

ASKED = "it was asked for"


def confirm(call: Call, home: Home) -> dict[str, Any]:
    """Keep a change for good; raises Problem where nothing waits or it is too late."""
    pending = putback.load(home.pending)
    if pending is None or pending["run"] != call.run:
        reverted = putback.load(home.reverted)
        why = ": %s" % reverted["reason"] if reverted and reverted["run"] == call.run else ""
        raise Problem("run %s does not wait for its confirmation here%s" % (call.run, why))
    if putback.left(pending) <= 0:
        revert_pending(home, putback.LATE)
        raise Problem("run %s was confirmed too late and has been put back" % call.run)
    record = putback.load(home.run(call.run))
    kept.note(home, record.get("keeps", {}))
    _mark(home, call.run, "confirmed")
    if any(item["boot_test"] for item in record["paths"]):
        _leave_boot_test(home, call.run)
    # From here on nothing puts it back any more.
    os.unlink(home.pending)
    putback.disarm(home, pending)
    for undone in record.get("undoes", ()):
        if undone != call.run and os.path.exists(home.run(undone)):
            _mark(home, undone, "undone")
    _prune(home, record)
    return {"changed": True, "confirmed": True, "still_running": ending.end(record.get("ended", ()))}


def _prune(home: Home, record: store.Record) -> None:
    pruning.prune(home, record["keep"]["days"], record["keep"]["runs"])


def _mark(home: Home, run: str, state: str) -> None:
    putback.save(home.run(run), {**putback.load(home.run(run)), "state": state})


def _leave_boot_test(home: Home, run: str) -> None:
    if not putback.has_systemd():
        return
    earlier = putback.load(home.boot_test) or {}
    waiting = earlier if "at" not in earlier else {}
    with simulating.host(home.stage) as here:
        document = {
            "runs": [*waiting.get("runs", []), run],
            "options": carrying.ssh_options(here),
            "service": here.service("sshd"),
        }
    putback.save(home.boot_test, {**document, "folders": [*waiting.get("folders", []), *arming.leave_boot_test(home)]})


def revert(call: Call, home: Home) -> dict[str, Any]:
    """Put a change back before its time is up."""
    pending = putback.load(home.pending)
    if pending and pending["run"] != call.run:
        raise Problem("not run %s waits for its confirmation here but %s" % (call.run, pending["run"]))
    reverted = revert_pending(home, ASKED) if pending else []
    if pending:
        _prune(home, putback.load(home.run(call.run)))
    return {"changed": bool(reverted), "reverted": reverted, "after_reboot": putback.after_reboot(home, call.run)}


def revert_pending(home: Home, reason: str) -> list[str]:
    """Put back what waits; raises Problem where that fails."""
    try:
        return putback.put_back(home, reason)
    except putback.Unfinished as failure:
        raise Problem("putting back failed: %s; the host tries again by itself" % failure) from None


def status(_call: Call, home: Home) -> dict[str, Any]:
    """Return what waits, who holds the lock, the runs, the last putting back and the last boot test."""
    pending, lock = putback.load(home.pending), putback.load(home.lock)
    return {
        "changed": False,
        "pending": pending and {key: pending[key] for key in ("run", "owner", "deadline", "survives_reboot")},
        "lock": lock and {**lock, "expired": lock["expires"] < time.time()},
        "runs": [
            {
                "run": record["run"],
                "at": record["at"],
                "what": record["what"],
                "confirmed": record["state"] == "confirmed",
                "state": record["state"],
                "paths": [item["path"] for item in record["paths"]],
            }
            for record in store.records(home)
        ],
        "reverted": putback.load(home.reverted),
        "boot_test": putback.load(home.boot_test),
    }
