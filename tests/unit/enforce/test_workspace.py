# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of a run hand each other: an entry point may ask for what a run of all that fails passes over."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import Registers
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import unit
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.workspace import Workspace
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case

NEVER, OTHER = "lin-lm-store-immutable", "lin-bk-immutable"
STEP = unit("rsyslog.service", active=True)


def begun(folder: Path) -> Workspace:
    made = Workspace("acme-log", folder)
    made.begin(Case(Facts({}), {}, Registers(), date(2026, 11, 23)), {}, [], dict.fromkeys((NEVER, OTHER), "never"))
    return made


def test_what_is_passed_over_is_done_once_a_task_asks_for_it(tmp_path: Path) -> None:
    workspace = begun(tmp_path)
    assert workspace.left() == {NEVER: "never", OTHER: "never"}
    workspace.add(NEVER, "Keep what came", [STEP])
    assert workspace.left() == {OTHER: "never"}
    assert [step["control"] for step in workspace.plan()] == [NEVER]


def test_what_one_task_leaves_no_other_task_does(tmp_path: Path) -> None:
    workspace = begun(tmp_path)
    workspace.leave(NEVER, "nobody said whose logs")
    workspace.add(NEVER, "Keep what came", [STEP])
    assert workspace.left() == {NEVER: "nobody said whose logs", OTHER: "never"}
    assert workspace.plan() == []
