# SPDX-License-Identifier: GPL-3.0-or-later
"""Goes back to before a run, through all runs since, and finds what somebody else changed meanwhile.

Packages are removed by the controller between two calls: the first puts back all but what belongs to the packages, the
second, of the same run, what their own scripts left.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Sequence
from typing import Any

from . import accounts, applying, candidate, files, kept, masking, putback, simulating, space, store
from .call import Call
from .carrying import Carrier, Change, Move
from .host import Host
from .problem import Problem
from .putback import Entry, Home
from .store import Record

Item = dict[str, Any]
#: No name of a run can end like this.
FIRST_PASS = "~1"
#: Folders are made first and removed last.
ORDER = {"dir": 0, "absent": 2}
#: Where audit rules lie.
AUDIT = "/etc/audit/"
#: Put back while its packages are still there: PAM must not name modules that are about to go.
BEFORE_PACKAGES = ("/etc/pam.d/", "/var/lib/pam/")


def restore(call: Call, home: Home) -> dict[str, Any]:
    """Put the host back to before a run, to be confirmed; in check mode or against conflicts only say what it takes."""
    target = _target(call, home)
    if target is None:
        return {
            "changed": False, "armed": False, "changes": [], "conflicts": [], "packages": [], "target": None,
            "kept_out": [], "after_reboot": [],
        }  # fmt: skip
    gone_through = [
        record
        for record in store.records(home)
        if record["number"] >= target["number"] and record["state"] in ("confirmed", "undone", "reverted")
    ]
    with simulating.host() as here:
        there = [name for record in gone_through for name in record["installed"]["packages"] if here.installed(name)]
        items = by_path(gone_through, bool(there))
        keeps = kept.in_force(home, _text(files.read(kept.SHADOW).content))
        moves = sorted(
            (move for path, chain in items.items() for move in wanted(path, chain, home, keeps.get(path, ()))),
            key=_order,
        )
        conflicts = [
            found
            for path, chain in by_path(gone_through, False).items()
            if path not in keeps
            for found in conflict(path, chain)
        ]
        units = _units(gone_through, here)
        answer: dict[str, Any] = {
            "changes": [_shown(move, home) for move in moves] + [_shown_unit(unit) for unit in units],
            "conflicts": conflicts,
            "packages": sorted(set(there)),
            "target": target["run"],
            "kept_out": _kept_out(keeps[path] for path in by_path(gone_through, False) if path in keeps),
            "after_reboot": [],
        }
        if any(move.path.startswith(AUDIT) for move in moves) and putback.audit_enabled() == putback.LOCKED:
            answer["after_reboot"] = [putback.LOCKED_RULES]
        if not moves and not units:
            if answer["kept_out"] and not call.check:
                _close(gone_through, home)
            return {"changed": False, "armed": False, **answer}
        if call.check or (conflicts and not call.force):
            return {"changed": True, "armed": False, **answer}
        problems = space.problems({move.path: _size(move, home) for move in moves}, home.folder)
        if problems:
            raise Problem("%s; nothing was changed" % "; ".join(problems))
        record = _record(call, home, target, gone_through)
        change = Change(moves, units, _services(gone_through, here), [], [])
        pending = Carrier(home, here, call.confirm_seconds).carry(record, change)
    return {"changed": True, "armed": True, **answer, **applying.waiting(pending)}


def _kept_out(keeps: Iterable[Iterable[kept.Keep]]) -> list[dict[str, str]]:
    """Return whom and what is not given back, each once."""
    found = {
        keep["account"] if keep["disables"] else "a key of %s" % keep["account"]: keep["why"]
        for known in keeps
        for keep in known
    }
    return [{"account": account, "why": why} for account, why in sorted(found.items())]


def _close(records: Iterable[Record], home: Home) -> None:
    """Be done with runs of which all is kept, so that the next restore goes further back."""
    for record in records:
        if record["state"] == "confirmed":
            putback.save(home.run(record["run"]), {**record, "state": "undone"})


def _order(move: Move) -> tuple[int, int]:
    rank, depth = ORDER.get(move.wanted["kind"], 1), move.path.count("/")
    return rank, -depth if rank == ORDER["absent"] else depth


def _target(call: Call, home: Home) -> Record | None:
    """Return the run to go back before, None where there is none left."""
    known = store.records(home)
    # The second of two passes goes where the first one went.
    passes = [record for record in known if record["run"] in (call.run, call.run + FIRST_PASS)]
    to_run = next((one["target"] for one in passes if _is_first_pass(one)), call.to_run)
    kept = [record for record in known if record["what"] == "apply" and _left_something(record)]
    if to_run in ("newest", "first"):
        return (kept[-1] if to_run == "newest" else kept[0]) if kept else None
    found = next((record for record in known if record["run"] == to_run and record["what"] == "apply"), None)
    if found is None:
        raise Problem("to_run: no run %s is known here; there are: %s" % (to_run, _names(kept)))
    return found


def _is_first_pass(record: Record) -> bool:
    return (record["what"], record["state"]) == ("restore", "confirmed")


def _left_something(record: Record) -> bool:
    return record["state"] == "confirmed" or (record["state"] == "reverted" and bool(record["installed"]["packages"]))


def _names(records: Iterable[Record]) -> str:
    return ", ".join(record["run"] for record in records) or "none"


def by_path(records: Iterable[Record], with_packages: bool) -> dict[str, list[Item]]:
    """Return {path: [what each run did to it, the oldest first]}.

    with_packages: packages of these runs are still installed, so that their own files have to wait.
    """
    found: dict[str, list[Item]] = {}
    for record in records:
        items = [
            item
            for item in record["installed"]["paths"]
            if not with_packages or (item["path"].startswith(BEFORE_PACKAGES) and item["before"]["kind"] == "file")
        ]
        for item in [*items, *record["paths"]]:
            found.setdefault(item["path"], []).append({**item, "run": record["run"]})
    return found


def wanted(path: str, chain: list[Item], home: Home, keeps: Sequence[kept.Keep] = ()) -> list[Move]:
    """Return the move that takes a path back, none where it is as it was. keeps: what must not come back with it."""
    now, before = putback.entry(path), chain[0]["before"]
    if path in accounts.FILES and now["kind"] == before["kind"] == "file":
        before = _account_file(path, chain, home, {keep["account"] for keep in keeps})
    elif any(keep["edit"] is None for keep in keeps):
        return []
    elif keeps and before["kind"] == "file":
        before = _without(before, keeps, home)
    # A merged file is of no time in particular.
    if putback.equal(now, before) or (before.get("mtime_ns", 0) is None and putback.same(now, before)):
        return []
    return [Move(path, before, boot_test=any(item["boot_test"] for item in chain))]


def _without(before: Entry, keeps: Sequence[kept.Keep], home: Home) -> Entry:
    content = files.content_of(kept.without(_text(home.content(before["sha256"])), keeps))
    if content is None:
        return putback.ABSENT
    return {**before, "sha256": store.keep(home, content), "mtime_ns": None}


def _account_file(path: str, chain: list[Item], home: Home, held: Container[str]) -> Entry:
    text = _text(files.read(path).content)
    for item in reversed(chain):
        if item["after"] and item["after"]["kind"] == item["before"]["kind"] == "file":
            before, after = (_text(home.content(item[when]["sha256"])) for when in ("before", "after"))
            text = accounts.undone(before, after, text, held)
    content = text.encode("utf-8", "surrogateescape")
    if content == home.content(chain[0]["before"]["sha256"]):
        return dict(chain[0]["before"])
    return {**chain[0]["before"], "sha256": store.keep(home, content), "mtime_ns": None}


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "surrogateescape")


def conflict(path: str, chain: list[Item]) -> list[dict[str, str]]:
    """Return what somebody else did to a path since the first run, or between the runs, that touched it."""
    if path in accounts.FILES or any(item["volatile"] for item in chain):
        return []
    for place, later in enumerate(chain[1:]):
        earlier = chain[place]
        if earlier["after"] and not putback.same(earlier["after"], later["before"]):
            why = "somebody changed it between run %s and run %s" % (earlier["run"], later["run"])
            return [{"path": path, "why": why}]
    now, last = putback.entry(path), chain[-1]
    if putback.same(now, chain[0]["before"]) or (last["after"] and putback.same(now, last["after"])):
        return []
    if last["after"] is None:
        return [{"path": path, "why": "the packages of run %s or somebody else changed it" % last["run"]}]
    return [{"path": path, "why": "somebody changed it since run %s" % last["run"]}]


def _units(records: Iterable[Record], here: Host) -> list[dict[str, Any]]:
    """Return units whose being active is to be put back; their links are paths like any other."""
    before: dict[str, bool] = {}
    for record in records:
        for name, state in record["units"].items():
            before.setdefault(name, state["active"])
    found = []
    for name, active in before.items():
        now = here.unit(name)
        if now and now["active"] != active:
            found.append({"name": name, "active": active, "enabled": None, "masked": None})
    return found


def _services(records: Iterable[Record], here: Host) -> dict[str, str]:
    found: dict[str, str] = {}
    for record in records:
        for name, how in record["services"].items():
            if here.serves(name):
                found[name] = "restart" if "restart" in (how["verb"], found.get(name)) else how["verb"]
    return found


def _record(call: Call, home: Home, target: Record, gone_through: list[Record]) -> Record:
    mine = putback.load(home.run(call.run))
    if mine and _is_first_pass(mine):
        # It keeps its place in the history.
        putback.save(home.run(call.run + FIRST_PASS), {**mine, "run": call.run + FIRST_PASS})
        os.unlink(home.run(call.run))
    elif mine and mine["what"] != "restore":
        raise Problem("run %s changed this host already; restoring needs a name of its own" % call.run)
    record = store.new(home, call, "restore")
    record["installed"] = {"packages": [], "paths": []}
    record.update(target=target["run"], undoes=[one["run"] for one in gone_through])
    return record


def _size(move: Move, home: Home) -> int:
    return len(home.content(move.wanted["sha256"])) if move.wanted["kind"] == "file" else 0


def _shown(move: Move, home: Home) -> dict[str, Any]:
    both = (_seen(move.path), _file(move.wanted, home))
    hidden = masking.hidden(move.path, both, ())
    return candidate.shown_file({"control": "", "task": "restore"}, move.path, both, hidden)


def _seen(path: str) -> files.File:
    now = putback.entry(path)
    return (
        files.read(path) if now["kind"] == "file" else files.File(_link(now)) if now["kind"] == "link" else files.ABSENT
    )


def _file(entry: Entry, home: Home) -> files.File:
    if entry["kind"] == "file":
        return files.File(home.content(entry["sha256"]), entry["mode"], entry["uid"], entry["gid"])
    return files.File(_link(entry)) if entry["kind"] == "link" else files.ABSENT


def _link(entry: Entry) -> bytes:
    return ("-> %s\n" % entry["target"]).encode("utf-8", "surrogateescape")


def _shown_unit(unit: dict[str, Any]) -> dict[str, Any]:
    states = ("inactive", "active") if unit["active"] else ("active", "inactive")
    return {
        "control": "",
        "task": "restore",
        "kind": "unit",
        "name": unit["name"],
        "before": states[0],
        "after": states[1],
    }
