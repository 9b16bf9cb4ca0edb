# SPDX-License-Identifier: GPL-3.0-or-later
"""bulwark.msp.changes: what a play changes is in the run's folder when the report is made, and no play fails by it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
from ansible_collections.bulwark.msp.plugins.callback.changes import CallbackModule
from ansible_collections.bulwark.msp.plugins.plugin_utils.results import Run

from tests.checkout import ROOT
from tests.unit.drift.fleet import METHODS, PAM, ROOT_LOGIN, TRIES, Fleet

SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/schemas/enforcement.json").read_text("utf-8")))
SHIM = ROOT / "playbooks/callback_plugins/bulwark_changes.py"
HOST = "acme-web"
BEFORE = {TRIES: "fail", ROOT_LOGIN: "fail", PAM: "pass"}
JUDGED = {
    "before": BEFORE, "failing": {"initial_access": [TRIES]}, "left": {ROOT_LOGIN: "not asked"}, "unread": [],
    "unwaived": {},
}  # fmt: skip
DONE = {
    "outcome": "confirmed", "reason": "", "seconds": 3.2, "check": False, "changed": True,
    "controls": {TRIES: {"state": "changed", "reason": "", "tasks": [
        {"task": TRIES + " | Few tries", "changes": [
            {"kind": "file", "name": "/etc/ssh/x", "before": "MaxAuthTries 6\n", "after": "MaxAuthTries 3\n",
             "masked": False}]}]}},
}  # fmt: skip


class Play:
    """Plays results to a callback as Ansible does."""

    def __init__(self, run: Run, check: bool = False) -> None:
        self.run, self.check = run, check
        self.warnings: list[str] = []
        self.callback = CallbackModule(SimpleNamespace(warning=self.warnings.append, verbosity=0))
        self.ok("begin", {"run_dir": str(run.folder)})

    def ok(self, action: str, result: dict[str, Any], host: str = HOST) -> None:
        self.callback.v2_runner_on_ok(self.result(action, result, host))

    def result(self, action: str, result: dict[str, Any], host: str = HOST, name: str = "A task") -> Any:
        action = action if "." in action else "bulwark.msp." + action
        task = SimpleNamespace(resolved_action=action, action=action, check_mode=self.check, name=name)
        return SimpleNamespace(
            _task=task, _result=result, _task_fields={"args": {}}, _host=SimpleNamespace(get_name=lambda: host),
            is_changed=lambda: bool(result.get("changed")),
        )  # fmt: skip

    def report(self) -> dict[str, dict[str, Any]]:
        """Return the documents there are when the report begins, by host."""
        action = "bulwark.msp.report"
        self.callback.v2_playbook_on_task_start(SimpleNamespace(resolved_action=action, action=action), False)
        found = {}
        for path in self.run.folder.glob("enforcement/*/*.json"):
            found[path.stem] = json.loads(path.read_text("utf-8"))
            SCHEMA.validate(found[path.stem])
        return found


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run of two hosts that goes on."""
    hosts = {HOST: {TRIES: "pass", ROOT_LOGIN: "fail", PAM: "pass"}, "globex-db": {METHODS: "fail"}}
    return Fleet(tmp_path).run(0, hosts, complete=False)


def test_what_was_changed_and_judged_again(run: Run) -> None:
    play = Play(run)
    play.ok("posture", JUDGED)
    play.ok("safeguard", DONE)
    play.ok("posture", {"counts": {}})
    document = play.report()[HOST]
    assert (document["run"], document["customer"], document["outcome"], document["check"]) == (
        run.name, "acme", "confirmed", False)  # fmt: skip
    entry = document["controls"][TRIES]
    assert (entry["state"], entry["before"], entry["after"]) == ("changed", "fail", "pass")
    assert entry["tasks"][0]["changes"][0]["diff"] == "@@ -1 +1 @@\n-MaxAuthTries 6\n+MaxAuthTries 3"
    left = document["controls"][ROOT_LOGIN]
    assert (left["state"], left["reason"], left["before"], left["after"]) == ("left", "not asked", "fail", "fail")
    assert (run.enforcement_file("acme", HOST).stat().st_mode & 0o777) == 0o600
    assert play.warnings == []


def test_what_was_patched(run: Run) -> None:
    play = Play(run)
    play.ok("posture", {"counts": {}})
    change = {"kind": "package", "name": "nginx", "before": "nginx 1\n", "after": "nginx 2\n", "masked": False}
    entry = {"state": "changed", "reason": "", "tasks": [{"task": TRIES + " | Upgrade", "changes": [change]}]}
    play.ok("patch", {**DONE, "before": BEFORE, "controls": {TRIES: entry}})
    play.ok("posture", {"counts": {}})
    document = play.report()[HOST]
    shown = document["controls"][TRIES]
    assert (document["outcome"], shown["before"], shown["after"]) == ("confirmed", "fail", "pass")
    assert shown["tasks"][0]["changes"][0]["diff"] == "@@ -1 +1 @@\n-nginx 1\n+nginx 2"


def test_what_check_mode_would_change(run: Run) -> None:
    play = Play(run, check=True)
    play.ok("posture", JUDGED)
    entry = {**DONE["controls"][TRIES], "state": "would_change"}  # type: ignore[index]
    play.ok("safeguard", {**DONE, "outcome": "would_change", "check": True, "controls": {TRIES: entry}})
    document = play.report()[HOST]
    assert (document["check"], document["outcome"]) == (True, "would_change")
    assert [entry["after"] for entry in document["controls"].values()] == [None, None]


def test_a_run_that_enforces_nothing_leaves_nothing(run: Run) -> None:
    play = Play(run)
    play.ok("posture", {"counts": {"fail": 3}, "unread": []})
    play.ok("ansible.builtin.copy", {"changed": True})
    assert play.report() == {}
    assert not (run.folder / "enforcement").exists()


def test_a_host_where_nothing_failed(run: Run) -> None:
    play = Play(run)
    play.ok("posture", {**JUDGED, "failing": {}, "left": {}})
    assert (play.report()[HOST]["outcome"], play.report()[HOST]["controls"]) == ("unchanged", {})


def test_a_host_that_could_not_be_read_or_was_lost(run: Run) -> None:
    play = Play(run)
    unread = {"before": {TRIES: "unknown"}, "failing": {}, "left": {}, "unread": ["unreachable: no route"]}
    play.ok("posture", {**unread, "unwaived": {}})
    play.ok("posture", {**JUDGED}, "globex-db")
    play.callback.v2_runner_on_unreachable(play.result("safeguard", {"unreachable": True, "msg": "lost"}, "globex-db"))
    documents = play.report()
    assert {host: (each["outcome"], each["reason"]) for host, each in documents.items()} == {
        HOST: ("failed", "unreachable: no route"),
        "globex-db": ("failed", "lost"),
    }


def test_a_failing_safeguard_still_tells(run: Run) -> None:
    play = Play(run)
    play.ok("posture", JUDGED)
    entry = {"state": "reverted", "reason": "a fresh login failed", "tasks": []}
    reverted = {**DONE, "outcome": "reverted", "reason": "a fresh login failed", "controls": {TRIES: entry},
                "failed": True, "msg": "reverted: a fresh login failed"}  # fmt: skip
    play.callback.v2_runner_on_failed(play.result("safeguard", reverted))
    document = play.report()[HOST]
    assert (document["outcome"], document["reason"]) == ("reverted", "a fresh login failed")
    assert document["controls"][TRIES]["after"] is None


def test_each_batch_is_written_and_let_go(run: Run) -> None:
    play = Play(run)
    play.ok("posture", JUDGED)
    assert list(play.report()) == [HOST]
    run.enforcement_file("acme", HOST).unlink()
    play.ok("posture", JUDGED, "globex-db")
    assert list(play.report()) == ["globex-db"]


def test_ordinary_modules_are_told_by_the_names_of_their_tasks(run: Run) -> None:
    play = Play(run)
    play.ok("posture", JUDGED)
    for name, result in (
        (TRIES + " | Write the drop-in", {"changed": True, "dest": "/etc/x", "diff": {"before": "", "after": "a\n"}}),
        (TRIES + " | Nothing to do", {"changed": False}),
        (METHODS + " | Keep a secret", {"changed": True, "censored": "hidden", "diff": {"after": "hunter2"}}),
        ("Something else", {"changed": True}),
    ):
        play.callback.v2_runner_on_ok(play.result("ansible.builtin.copy", result, name=name))
    play.callback.v2_runner_on_ok(play.result("stage", {"changed": True}, name=PAM + " | Is no change yet"))
    controls = play.report()[HOST]["controls"]
    assert {control: entry["state"] for control, entry in controls.items()} == {
        TRIES: "changed", METHODS: "changed", ROOT_LOGIN: "left"}  # fmt: skip
    assert [task["task"] for task in controls[TRIES]["tasks"]] == [TRIES + " | Write the drop-in"]
    assert controls[METHODS]["tasks"][0]["changes"] == [
        {"kind": "task", "name": "ansible.builtin.copy", "diff": None, "masked": True}]  # fmt: skip


def test_a_host_of_no_run_and_a_sealed_run_are_left_alone(run: Run) -> None:
    play = Play(run)
    play.ok("posture", JUDGED, "stranger")
    assert play.report() == {}
    (run.folder / "manifest.json").write_text("{}")
    play.ok("posture", JUDGED)
    assert play.report() == {}


@pytest.mark.parametrize("spoil", ["run.json", "host", "result"])
def test_what_goes_wrong_is_a_warning(run: Run, spoil: str) -> None:
    play = Play(run)
    play.ok("posture", {"before": 7} if spoil == "result" else JUDGED)
    play.ok("safeguard", DONE)
    play.ok("posture", {"counts": {}})
    if spoil != "result":
        (run.folder / "run.json" if spoil == "run.json" else run.host_file("acme", HOST)).write_text("{")
    play.report()
    assert play.warnings
    for warning in play.warnings:
        assert warning.startswith("bulwark: the report lacks a part of what was enforced: ")


PLAYBOOK = """
- hosts: all
  gather_facts: false
  tasks:
    - bulwark.msp.begin: {playbook: harden}
      run_once: true
      register: bulwark_run
    - bulwark.msp.posture:
        run: "{{ bulwark_run }}"
        enforce: true
    - name: lin-ic-no-cleartext | Write something
      ansible.builtin.copy: {content: "one\\n", dest: "{{ target }}/one", mode: "0600"}
      delegate_to: localhost
    - name: lin-lm-ssh-verbose | Write something that nobody may see
      ansible.builtin.copy: {content: "hunter2\\n", dest: "{{ target }}/two", mode: "0600"}
      delegate_to: localhost
      no_log: true
    - bulwark.msp.report:
        run_dir: "{{ bulwark_run.run_dir }}"
      run_once: true
"""
STATE = {"schema": "bulwark/host-state/1", "collected_at": "2026-11-22T02:00:00Z", "seconds": 0.1, "areas": {},
         "errors": []}  # fmt: skip


@pytest.fixture(params=["by path", "by name"])
def playbook(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A playbook with the shim beside it, of no collection or of one that is called by its name."""
    below = "playbooks" if request.param == "by path" else "collections/ansible_collections/tests/plays/playbooks"
    (tmp_path / below / "callback_plugins").mkdir(parents=True)
    (tmp_path / below / "enforce.yml").write_text(PLAYBOOK, "utf-8")
    shutil.copy(SHIM, tmp_path / below / "callback_plugins")
    yield str(tmp_path / below / "enforce.yml") if request.param == "by path" else "tests.plays.enforce"


@pytest.mark.parametrize("check", [False, True], ids=["apply", "check"])
def test_a_play_with_the_shim_beside_it(playbook: str, check: bool, tmp_path: Path) -> None:
    (tmp_path / "states").mkdir()
    (tmp_path / "states" / "web.json").write_text(json.dumps(STATE), "utf-8")
    (tmp_path / "ansible.cfg").touch()
    collections = "%s:%s" % (tmp_path / "collections", ROOT / ".ansible/collections")
    variables = {"bulwark_report_dir": str(tmp_path / "reports"), "bulwark_state_dir": str(tmp_path / "states"),
                 "bulwark_customer": "acme", "ansible_connection": "local", "target": str(tmp_path),
                 "ansible_python_interpreter": sys.executable}  # fmt: skip
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    command = [program, "-i", "web,", "-e", json.dumps(variables), playbook]
    done = subprocess.run(
        [*command, "--diff", *(["--check"] if check else [])], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"), "ANSIBLE_COLLECTIONS_PATH": collections},
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    run = Run((tmp_path / "reports" / "latest").resolve())
    path = run.enforcement_file("acme", "web")
    document = json.loads(path.read_text("utf-8"))
    SCHEMA.validate(document)
    state = "would_change" if check else "changed"
    assert (document["check"], document["outcome"]) == (check, "would_change" if check else "confirmed")
    assert {name: (one["state"], one["before"]) for name, one in document["controls"].items()} == {
        "lin-ic-no-cleartext": (state, "unknown"), "lin-lm-ssh-verbose": (state, "unknown")}  # fmt: skip
    (shown,) = document["controls"]["lin-ic-no-cleartext"]["tasks"][0]["changes"]
    assert (shown["kind"], shown["name"], shown["diff"]) == ("file", str(tmp_path / "one"), "@@ -0,0 +1 @@\n+one")
    assert "hunter2" not in path.read_text("utf-8")
    assert "enforcement/acme/web.json" in run.read("manifest.json")["files"]
