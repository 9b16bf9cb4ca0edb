# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries a prepared change out: record what is, arm the way back, move everything into place, take it up, look.

Whatever goes wrong on the way puts the host back before this returns.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ..door import Unreadable
from ..readers import sshd
from . import arming, putback, space, store
from .host import Host
from .problem import Problem, error_text
from .putback import Entry, Home
from .store import Record

SSH_SECONDS = 10
#: Where enabling, disabling and masking a unit leaves its traces.
UNIT_TREES = (putback.UNITS, *("/etc/rc%s.d" % level for level in "0123456S"))

Command = list[str]


class Move:
    """One path to change: what is to be there, and what its record says beside."""

    def __init__(self, path: str, wanted: Entry, **more: Any) -> None:
        self.path = path
        self.wanted = wanted
        self.more = more


class Change:
    """Everything to carry out. units: [{name, active, enabled, masked}]; services: {name: "reload" or "restart"}."""

    def __init__(
        self, moves: list[Move], units: list[dict[str, Any]], services: Mapping[str, str],
        commands: list[Command], trees: list[str],
    ) -> None:  # fmt: skip
        self.moves = moves
        self.units = units
        self.services = services
        self.commands = commands
        self.trees = trees


class Carrier:
    """Carries out one change on one host, for one run, within its time."""

    def __init__(self, home: Home, host: Host, seconds: float) -> None:
        self.home = home
        self.host = host
        self.seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._answered = False

    def carry(self, record: Record, change: Change) -> dict[str, Any]:
        """Carry a change out and return the pending mark; raises Problem, with the host as it was."""
        home, run = self.home, record["run"]
        earlier = putback.load(home.run(run))
        arming.lock(home, run, record["owner"], self.seconds)
        try:
            self._snapshot(record, change)
            self._deadline = time.monotonic() + self.seconds
            pending = arming.arm(home, run, record["owner"], self.seconds, record["units"])
        except (OSError, Problem, Unreadable) as error:
            self._forget(run, earlier)
            raise Problem("%s; nothing was changed" % _said(error)) from None
        try:
            self._carry_out(record, change)
        except BaseException as error:
            raise Problem(self.undone(error, run)) from None
        return pending

    def undone(self, error: BaseException, run: str) -> str:
        """Put a run back that failed and return what became of it."""
        reason = _said(error)
        try:
            putback.put_back(self.home, reason)
        except (putback.Unfinished, OSError) as failure:
            return "%s; putting it back failed: %s; the host tries again by itself" % (reason, _said(failure))
        stays = ["only the next start of the host takes back %s" % one for one in putback.after_reboot(self.home, run)]
        return "; ".join([reason, "everything was put back", *stays])

    def _snapshot(self, record: Record, change: Change) -> None:
        record["paths"] = [
            *(store.path_item(folder, putback.ABSENT, wanted=_FOLDER) for folder in _new_folders(change.moves)),
            *(
                store.path_item(move.path, store.capture(self.home, move.path), wanted=move.wanted, **move.more)
                for move in change.moves
            ),
        ]
        record["trees"] = {folder: store.capture_tree(self.home, folder) for folder in change.trees}
        record["units"] = {unit["name"]: self.host.unit(unit["name"]) or _NO_UNIT for unit in change.units}
        names = {self.host.service(name): verb for name, verb in change.services.items()}
        options = ssh_options(self.host)
        record["services"] = {
            name: {"verb": verb, "active": putback.runs(name), "options": options}
            for name, verb in names.items()
            if self.host.serves(name)
        }
        # Also where its unit waits for a socket to start it.
        self._answered = any(name.startswith("ssh") for name in record["services"]) and self._answers()
        # Whether it is this run that locks it.
        record["audit"] = putback.audit_enabled()
        record["state"] = "armed"
        putback.save(self.home.run(record["run"]), record)
        space.reserve(self.home.reserve, sum(_size(item["before"], self.home) for item in record["paths"]))

    def _carry_out(self, record: Record, change: Change) -> None:
        # While its file is still there, since that says how a unit is stopped.
        for unit in change.units:
            if unit["active"] is False:
                self._stopped(unit["name"])
        for item in record["paths"]:
            self._in_time()
            putback.put(self.home, item["path"], item["wanted"])
        self._label([item["path"] for item in record["paths"] if item["before"] == putback.ABSENT])
        for argv in change.commands:
            self._must(argv)
        if any(item["path"].startswith(putback.UNITS) for item in record["paths"]):
            self._must(["systemctl", "daemon-reload"])
        for unit in change.units:
            self._set_unit(unit)
        for service, how in record["services"].items():
            self._in_time()
            # What did not run was started just now, if at all: it has read the new files and may not bear a restart.
            if not how["active"]:
                continue
            succeeded, said = putback.take_up(how["verb"], service)
            if not succeeded:
                raise Problem("%s did not %s: %s" % (service, how["verb"], said[-300:]))
        self._look_at_sshd(record)
        self._note_after(record)

    def _set_unit(self, unit: dict[str, Any]) -> None:
        name = unit["name"]
        if unit["masked"] is False:
            self._must(["systemctl", "unmask", name])
        if unit["enabled"] is not None:
            self._must(["systemctl", "enable" if unit["enabled"] else "disable", name])
        if unit["active"]:
            self._must(["systemctl", "start", name])
        if unit["masked"]:
            self._must(["systemctl", "mask", name])

    def _look_at_sshd(self, record: Record) -> None:
        if not self._answered:
            return
        ours = [name for name, how in record["services"].items() if name.startswith("ssh") and how["active"]]
        until = min(time.monotonic() + SSH_SECONDS, self._deadline)
        while not (all(map(putback.runs, ours)) and self._answers()):
            if time.monotonic() > until:
                raise Problem("sshd does not answer on this host after the change")
            time.sleep(0.2)

    def _answers(self) -> bool:
        """Say whether sshd answers anywhere; which address must is what the controller's own login shows."""
        return any(putback.greets(*place) for place in putback.listening(ssh_options(self.host)))

    def _note_after(self, record: Record) -> None:
        for item in record["paths"]:
            item["after"] = store.capture(self.home, item["path"])
            del item["wanted"]
        known = {item["path"] for item in record["paths"]}
        for folder, before in record["trees"].items():
            after = putback.index(folder)
            for path in putback.differences(before, after):
                if path not in known and path not in putback.BOOT_FILES:
                    then, now = before.get(path, putback.ABSENT), after.get(path, putback.ABSENT)
                    record["paths"].append(store.path_item(path, then, after=now))
        record["trees"] = {}
        putback.save(self.home.run(record["run"]), record)

    def _label(self, paths: list[str]) -> None:
        if paths and os.path.isdir("/sys/fs/selinux") and self.host.door.which("restorecon"):
            self._must(["restorecon", *paths])

    def _must(self, argv: Command) -> None:
        self._in_time()
        rc, said = putback.command(argv, max(1.0, self._deadline - time.monotonic()))
        if rc != 0:
            raise Problem("%s failed: %s" % (" ".join(argv), said.strip()[-300:]))

    def _stopped(self, unit: str) -> None:
        self._in_time()
        succeeded, said = putback.stop(unit)
        if not succeeded:
            raise Problem("%s did not stop: %s" % (unit, said.strip()[-300:]))

    def _in_time(self) -> None:
        if time.monotonic() > self._deadline:
            raise Problem("it took longer than %g seconds" % self.seconds)

    def _forget(self, run: str, earlier: Record | None) -> None:
        """Leave nothing of a run that changed nothing but what `prepare` noted."""
        pending = putback.load(self.home.pending) or {"run": run, "folders": []}
        with suppress(FileNotFoundError):
            os.unlink(self.home.pending)
        if earlier:
            putback.save(self.home.run(run), earlier)
        else:
            with suppress(FileNotFoundError):
                os.unlink(self.home.run(run))
        putback.disarm(self.home, pending)


_FOLDER: Entry = {"kind": "dir", "mode": 0o755, "uid": 0, "gid": 0}
_NO_UNIT = {"active": False, "enabled": False, "masked": False}


def ssh_options(host: Host) -> list[str]:
    """Return what the SSH server was started with beside its configuration."""
    try:
        return sshd.serving(host.door)[1]
    except Unreadable:
        return []


def _new_folders(moves: list[Move]) -> list[str]:
    found: list[str] = []
    moved = {move.path for move in moves}
    for move in moves:
        above = os.path.dirname(move.path)
        missing: list[str] = []
        while move.wanted["kind"] != "absent" and not os.path.lexists(above):
            missing.insert(0, above)
            above = os.path.dirname(above)
        found += [folder for folder in missing if folder not in found and folder not in moved]
    return found


def _size(entry: Entry, home: Home) -> int:
    return os.path.getsize("%s/%s" % (home.objects, entry["sha256"])) if entry["kind"] == "file" else 0


def _said(error: BaseException) -> str:
    if isinstance(error, OSError):
        return error_text(error)
    if isinstance(error, (Problem, Unreadable, putback.Unfinished)):
        return str(error)
    return "it broke off (%s)" % type(error).__name__
