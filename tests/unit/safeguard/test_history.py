# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of runs: account files undone line by line, old runs folded, conflicts found, locks and calls."""

from __future__ import annotations

import base64
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard import (
    accounts,
    arming,
    call,
    carrying,
    deciding,
    pruning,
    putback,
    restoring,
    space,
    store,
)
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard.host import Host
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard.problem import Problem
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard.putback import Home
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.sampled_from(["root", "alice", "boxd", "_chrony"])
TEXTS = st.dictionaries(NAMES, st.sampled_from(["x:1", "x:2", "y:1"])).map(
    lambda found: "".join(f"{name}:{rest}\n" for name, rest in found.items())
)
PARAMETERS: dict[str, Any] = {
    "operation": "apply", "run": "r1", "owner": "me", "plan": [], "subjects": [], "areas": [], "secrets": "",
    "leave": [], "to_run": "newest", "force": False, "confirm_seconds": 5.0, "keep_days": 30, "keep_runs": 2,
    "seconds": 5.0,
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(str(tmp_path / "state"))
    store.prepare(made)
    return made


@given(TEXTS, TEXTS)
def test_what_nobody_touched_since_comes_back_whole(before: str, after: str) -> None:
    assert accounts.undone(before, after, after) == before


@given(TEXTS, TEXTS, TEXTS)
def test_lines_that_somebody_changed_since_stay(before: str, after: str, now: str) -> None:
    made, result = after.split("\n"), accounts.undone(before, after, now).split("\n")
    assert {line for line in now.split("\n") if line not in made} <= {*result, ""}


def test_an_account_goes_and_a_new_password_stays() -> None:
    before, after = "root:a:1\nalice:b:1\n", "root:a:1\nalice:b:1\nboxd:!:2\n"
    assert accounts.undone(before, after, "root:a:1\nalice:new:3\nboxd:!:2\nbob:c:3\n") == (
        "root:a:1\nalice:new:3\nbob:c:3\n"
    )


def entry(content: str, home: Home) -> putback.Entry:
    sha256 = store.keep(home, content.encode())
    return {"kind": "file", "sha256": sha256, "mode": 0o644, "uid": 0, "gid": 0, "mtime_ns": 1, "attributes": {}}


def run(home: Home, number: int, *changes: tuple[str, str, str], at: float | None = None) -> dict[str, Any]:
    record = {
        **store.new(home, call.of({**PARAMETERS, "run": f"r{number}"}, False), "apply"),
        "state": "confirmed",
        "at": time.time() if at is None else at,
        "paths": [
            store.path_item(path, entry(before, home), after=entry(after, home)) for path, before, after in changes
        ],
    }
    putback.save(home.run(record["run"]), record)
    return record


def test_old_runs_are_folded_into_the_first(home: Home) -> None:
    run(home, 1, ("/a", "1", "2"), at=0)
    run(home, 2, ("/a", "2", "3"), ("/b", "x", "y"))
    run(home, 3, ("/a", "3", "4"))
    run(home, 4, ("/c", "p", "q"))
    pruning.prune(home, days=30, runs=2)
    first, *others = store.records(home)
    assert [first["run"], *(record["run"] for record in others)] == ["r1", "r3", "r4"]
    found = {item["path"]: (home.content(item["before"]["sha256"]), item["after"]["sha256"]) for item in first["paths"]}
    assert {path: before for path, (before, _after) in found.items()} == {"/a": b"1", "/b": b"x"}
    assert found["/a"][1] == entry("3", home)["sha256"]


def test_runs_that_wait_are_never_pruned(home: Home) -> None:
    for number in range(1, 5):
        record = run(home, number, ("/a", str(number), str(number + 1)), at=0)
        if number == 4:
            putback.save(home.run("r4"), {**record, "state": "armed"})
    pruning.prune(home, days=1, runs=0)
    assert [record["run"] for record in store.records(home)] == ["r1", "r4"]
    assert home.content(entry("4", home)["sha256"]) == b"4"


def test_contents_that_no_run_needs_are_removed(home: Home) -> None:
    record = run(home, 1, ("/a", "before", "after"))
    store.keep(home, b"nobody's")
    pruning.prune(home, days=30, runs=5)
    assert os.listdir(home.objects) == [record["paths"][0]["before"]["sha256"]]


def test_a_change_by_somebody_else_is_a_conflict(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("mine")
    ours = putback.entry(str(path))
    chain = [{**store.path_item(str(path), entry("1", home), after=ours), "run": "r1"}]
    assert restoring.conflict(str(path), chain) == []
    path.write_text("theirs")
    assert restoring.conflict(str(path), chain)[0]["why"] == "somebody changed it since run r1"
    assert restoring.conflict(str(path), [{**chain[0], "volatile": True}]) == []
    between = [chain[0], {**chain[0], "before": entry("3", home), "run": "r2"}]
    assert restoring.conflict(str(path), between)[0]["why"] == "somebody changed it between run r1 and run r2"
    unknown = [{**chain[0], "after": None}]
    assert "or somebody else" in restoring.conflict(str(path), unknown)[0]["why"]


def test_the_lock_names_its_holder_and_runs_out(home: Home) -> None:
    arming.lock(home, "r1", "first@there", 10)
    arming.lock(home, "r1", "first@there", 10)
    with pytest.raises(Problem, match=r"locked by first@there \(run r1\) until 20"):
        arming.lock(home, "r2", "second@there", 10)
    putback.save(home.lock, {**putback.load(home.lock), "expires": time.time() - 1})
    assert arming.holder(home, "r2") is None
    arming.lock(home, "r2", "second@there", 10)
    assert putback.load(home.lock)["owner"] == "second@there"


def locking(home: Home) -> None:
    """Have a run wait for its confirmation that locked the kernel's audit rules."""
    record = run(home, 1)
    putback.save(home.run("r1"), {**record, "state": "armed", "audit": "1"})
    putback.save(home.pending, {"run": "r1", "folders": []})


def test_a_run_that_is_put_back_says_what_stays(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(putback, "audit_enabled", lambda: putback.LOCKED)
    locking(home)
    answer = deciding.revert(call.of({**PARAMETERS, "operation": "revert"}, False), home)
    assert answer["after_reboot"] == [putback.LOCKED_RULES]
    locking(home)
    carrier = carrying.Carrier(home, Host(Door(), ""), 5.0)
    said = carrier.undone(Problem("sshd is gone"), "r1")
    assert said.startswith("sshd is gone; everything was put back; only the next start of the host takes back the ker")


def test_space_is_asked_for_before(home: Home, tmp_path: Path) -> None:
    assert space.problems({str(tmp_path / "new"): 10}, home.folder) == []
    (problem,) = space.problems({str(tmp_path / "new"): 1 << 60}, home.folder)
    assert problem.startswith("no space:")


def test_secrets_come_packed() -> None:
    packed = base64.b64encode(json.dumps({"seed": "1"}).encode()).decode()
    assert call.of({**PARAMETERS, "secrets": packed}, False).secrets == {"seed": "1"}
    for wrong in ("{'seed': 1}", base64.b64encode(b"[1]").decode(), base64.b64encode(b'{"a": 1}').decode()):
        with pytest.raises(Problem, match="secrets"):
            call.of({**PARAMETERS, "secrets": wrong}, False)


@pytest.mark.parametrize("name", ["../x", "a/b", "", "x" * 65, "-x", "a~1"])
def test_names_of_runs_are_plain(name: str) -> None:
    if name:
        with pytest.raises(Problem, match="name of a run"):
            call.of({**PARAMETERS, "run": name}, False)
