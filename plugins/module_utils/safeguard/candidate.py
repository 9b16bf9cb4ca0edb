# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan would make of the host, worked out in memory: every step in order, on the result of those before it."""

from __future__ import annotations

import grp
import pwd
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..edits.all import EDITS
from ..edits.refused import Refused
from . import ending, kept, masking, places, putback
from .files import ABSENT, File, Files, content_of
from .host import Host
from .problem import Problem
from .programs import RUN, STAGED, TAKEN_UP_BY

Step = dict[str, Any]
Change = dict[str, Any]


class Candidate:
    """The files, units, packages and programs of a plan, without the controls that are refused.

    changes: [{control, task, kind, name, before, after}], what each step changes. refused: {control: reason}.
    units: the unit steps that change something. programs: those that can't be tried beforehand, and must be run.
    packages: names that are not installed yet. services: {name: "reload" or "restart"} to take the changes up.
    touched: {path: the controls whose steps changed it}. boot_tested, volatile: paths. folders: {path: entry} of those
    whose permission bits change. ended: accounts whose processes end. keeps: {path: what its steps keep out, see kept}.
    """

    def __init__(self) -> None:
        self.files = Files()
        self.folders: dict[str, putback.Entry] = {}
        self.ended: list[str] = []
        self.keeps: dict[str, list[Step]] = {}
        self.changes: list[Change] = []
        self.refused: dict[str, str] = {}
        self.units: list[Step] = []
        self.programs: list[Step] = []
        self.packages: list[str] = []
        self.provides: list[str] = []
        self.services: dict[str, str] = {}
        self.touched: dict[str, list[str]] = {}
        self.boot_tested: set[str] = set()
        self.volatile: set[str] = set()
        self._masked: set[str] = set()

    def empty(self) -> bool:
        """Say whether there is nothing to do beside packages."""
        return not (self.files.changed() or self.changed_folders() or self.units or self.programs or self.ended)

    def changed_folders(self) -> dict[str, putback.Entry]:
        """Return the folders that are not to keep their permission bits."""
        return {path: entry for path, entry in self.folders.items() if entry["mode"] != putback.entry(path)["mode"]}

    def shown(self, secrets: Mapping[str, str]) -> list[Change]:
        """Return the changes fit to leave the host."""
        return [_shown(change, self._masked, secrets) for change in self.changes]

    def note(self, step: Step, path: str, before: File, after: File) -> None:
        """Note that a step changed a file."""
        self.touched.setdefault(path, []).append(step["control"])
        self.changes.append({**_of(step), "kind": "file", "name": path, "files": (before, after)})
        if step.get("secret"):
            self._masked.add(path)
        if step.get("volatile"):
            self.volatile.add(path)
        if step.get("boot_test"):
            self.boot_tested.add(path)
        for verb in ("reload", "restart"):
            for service in step.get(verb, ()):
                if self.services.get(service) != "restart":
                    self.services[service] = verb


def build(plan: Iterable[Step], refused: Mapping[str, str], secrets: Mapping[str, str], host: Host) -> Candidate:
    """Return what the plan makes of the host. refused: controls that are left out, and why."""
    steps, left = list(plan), dict(refused)
    strange = {step["kind"] for step in steps} - KINDS.keys()
    if strange:
        raise Problem("plan: no such kind: %s" % ", ".join(sorted(strange)))
    while True:
        candidate = Candidate()
        # What a package brings counts wherever in the plan the package stands: packages are installed first.
        for step in steps:
            if step["kind"] == "package" and step["control"] not in left:
                _package(candidate, step, host)
        for step in steps:
            if step["control"] in left:
                continue
            try:
                KINDS[step["kind"]](candidate, step, secrets, host)
            except Refused as reason:
                if step.get("optional"):
                    continue
                left[step["control"]] = str(reason)
                break
        else:
            candidate.refused = left
            return candidate


def _package(candidate: Candidate, step: Step, host: Host) -> None:
    if step["name"] in candidate.packages or host.installed(step["name"]):
        return
    candidate.packages.append(step["name"])
    candidate.provides += step["provides"]
    candidate.changes.append(
        {**_of(step), "kind": "package", "name": step["name"], "before": None, "after": "installed"}
    )


def _file(candidate: Candidate, step: Step, _secrets: Mapping[str, str], _host: Host) -> None:
    path = places.real(step["path"])
    uid, gid = _owner(step["owner"], step["group"])
    _set(candidate, step, path, File(step["content"].encode(), int(step["mode"], 8), uid, gid))


def _absent(candidate: Candidate, step: Step, _secrets: Mapping[str, str], _host: Host) -> None:
    _set(candidate, step, places.real(step["path"]), ABSENT)


def _edit(candidate: Candidate, step: Step, secrets: Mapping[str, str], _host: Host) -> None:
    path = places.real(step["path"])
    if step["edit"] not in EDITS:
        raise Refused("there is no edit %s" % step["edit"])
    before = candidate.files[path]
    arguments = step["arguments"]
    if step.get("reads"):
        arguments = {**arguments, "texts": {one: candidate.files[places.real(one)].text() for one in step["reads"]}}
    content = content_of(EDITS[step["edit"]](before.text(), arguments, secrets))
    if content is None:
        _set(candidate, step, path, ABSENT)
        return
    uid, gid = _owner(step["owner"], step["group"], before)
    mode = step["mode"] or (None if before.content is not None else step["create"])
    _set(candidate, step, path, File(content, before.mode if mode is None else int(mode, 8), uid, gid))


def _mode(candidate: Candidate, step: Step, _secrets: Mapping[str, str], _host: Host) -> None:
    path, bits = places.real(step["path"], folder=True), int(step["mode"], 8)
    now = candidate.folders.get(path) or putback.entry(path)
    if now["kind"] == "absent":
        raise Refused("%s does not exist" % path)
    if now["kind"] == "dir":
        before, candidate.folders[path] = now["mode"], {**now, "mode": bits}
    else:
        before = candidate.files[path].mode
        candidate.files[path] = candidate.files[path]._replace(mode=bits)
    if before != bits:
        candidate.touched.setdefault(path, []).append(step["control"])
        words = {"before": "mode %04o" % before, "after": "mode %04o" % bits}
        candidate.changes.append({**_of(step), "kind": "file", "name": path, **words})


def _ended(candidate: Candidate, step: Step, _secrets: Mapping[str, str], _host: Host) -> None:
    name = step["name"]
    if name not in candidate.ended and ending.processes(ending.uid_of(name)):
        candidate.ended.append(name)
        words = {"before": "running", "after": "ended once the change is confirmed; nothing brings them back"}
        candidate.changes.append({**_of(step), "kind": "task", "name": "processes and sessions of %s" % name, **words})


def _set(candidate: Candidate, step: Step, path: str, after: File) -> None:
    before = candidate.files[path]
    if step.get("keeps_out"):
        candidate.keeps.setdefault(path, []).append(kept.of(step))
    if after != before:
        candidate.files[path] = after
        candidate.note(step, path, before, after)


def _unit(candidate: Candidate, step: Step, _secrets: Mapping[str, str], host: Host) -> None:
    if not putback.has_systemd():
        raise Refused("%s can't be set: this host does not run systemd" % step["name"])
    before = host.unit(step["name"])
    if before is None:
        if not (step["active"] or step["enabled"]):
            return
        # One of a package that is yet to come is known when it is there, one of the plan's own when it is loaded.
        ours = candidate.files["%s/%s" % (putback.UNITS, step["name"])].content is not None
        if not candidate.packages and not ours:
            raise Refused("there is no unit %s" % step["name"])
        before = {"active": False, "enabled": False, "masked": False}
    wanted = {
        key: step[key]
        for key, now in before.items()
        if step[key] is not None and step[key] != now and (key, now) != ("enabled", None)
    }
    if wanted:
        candidate.units.append(step)
        words = {"before": _state(before), "after": _state({**before, **wanted})}
        candidate.changes.append({**_of(step), "kind": "unit", "name": step["name"], **words})


def _program(candidate: Candidate, step: Step, _secrets: Mapping[str, str], host: Host) -> None:
    name = step["name"]
    if name in STAGED:
        step = {**step, "reload": [TAKEN_UP_BY[name]] if name in TAKEN_UP_BY else []}
        for path, file in STAGED[name](step["arguments"], candidate.files, host).items():
            _set(candidate, step, path, file)
        return
    if name not in RUN:
        raise Refused("there is no program %s" % name)
    before, after = RUN[name].effect(step["arguments"], host)
    if before != after:
        candidate.programs.append(step)
        candidate.changes.append({**_of(step), "kind": "program", "name": name, "before": before, "after": after})


def _nothing(_candidate: Candidate, _step: Step, _secrets: Mapping[str, str], _host: Host) -> None:
    """A package was looked at before all other steps."""


KINDS: dict[str, Callable[[Candidate, Step, Mapping[str, str], Host], None]] = {
    "file": _file,
    "absent": _absent,
    "edit": _edit,
    "mode": _mode,
    "ended": _ended,
    "unit": _unit,
    "program": _program,
    "package": _nothing,
}


def _owner(owner: str | None, group: str | None, before: File = ABSENT) -> tuple[int, int]:
    try:
        uid = before.uid if owner is None else pwd.getpwnam(owner).pw_uid
        gid = before.gid if group is None else grp.getgrnam(group).gr_gid
    except KeyError as error:
        raise Refused("no such account or group here: %s" % error) from None
    return uid, gid


def _of(step: Step) -> Change:
    return {"control": step["control"], "task": step["task"]}


def _state(unit: Mapping[str, Any]) -> str:
    if unit["masked"]:
        return "%s, masked" % ("active" if unit["active"] else "inactive")
    return "%s, %s" % (
        "active" if unit["active"] else "inactive",
        "disabled" if unit["enabled"] is False else "enabled",
    )


def _shown(change: Change, masked: set[str], secrets: Mapping[str, str]) -> Change:
    if "files" not in change:
        return change
    path, files = change["name"], change["files"]
    return shown_file(_of(change), path, files, path in masked or masking.hidden(path, files, secrets.values()))


def shown_file(of: Mapping[str, str], path: str, files: tuple[File, File], hidden: bool) -> Change:
    """Return a file's change fit to leave the host; `hidden`: without its texts."""
    before, after = files
    known: Change = {**of, "kind": "file", "name": path}
    if before.rights() != after.rights():
        known["rights"] = {"before": before.rights(), "after": after.rights()}
    if hidden:
        return {**known, "before": None, "after": None, "masked": True}
    return {**known, "before": _readable(before), "after": _readable(after)}


def _readable(file: File) -> str | None:
    return None if file.content is None else file.content.decode("utf-8", "replace")
