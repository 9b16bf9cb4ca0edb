# SPDX-License-Identifier: GPL-3.0-or-later
"""What judges remember from run to run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.results import MANIFEST, Run
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs import memory

NOW = "20261123T020000Z-00000f"
PENDING, KEV = "lin-up-pending", "lin-up-kev"
SEEN = {"openssl 3.0.17": "2026-11-01"}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path


def ran(store: Path, name: str, findings: Mapping[str, Mapping[str, str] | None], sealed: bool = True) -> None:
    run = Run(store / name)
    path = run.host_file("acme", "web")
    path.parent.mkdir(parents=True)
    listed = [{"control": control, **({"remembered": kept} if kept else {})} for control, kept in findings.items()]
    path.write_text(json.dumps({"findings": listed}), encoding="utf-8")
    if sealed:
        (run.folder / MANIFEST).write_text("{}", encoding="utf-8")


def earlier(store: Path, *controls: str, policy: Mapping[str, Any] | None = None) -> memory.Memory | None:
    given = policy or {"bulwark_history_dir": ""}
    return memory.earlier(Run(store / NOW), given, "acme", "web", controls or (PENDING,))


def test_without_an_earlier_run_nothing_is_known(store: Path) -> None:
    assert earlier(store) is None
    assert earlier(store / "missing") is None


def test_the_last_run_that_judged_the_control_counts(store: Path) -> None:
    ran(store, "20261101T020000Z-000001", {PENDING: {"old": "2026-10-01"}})
    ran(store, "20261120T020000Z-000002", {PENDING: SEEN})
    ran(store, "20261121T020000Z-000003", {KEV: None})  # narrowed to another control
    assert earlier(store) == {PENDING: SEEN}
    assert earlier(store, PENDING, KEV) == {PENDING: SEEN, KEV: {}}


def test_a_control_that_had_nothing_to_remember_was_judged_all_the_same(store: Path) -> None:
    ran(store, "20261120T020000Z-000002", {PENDING: None})
    assert earlier(store) == {PENDING: {}}


def test_runs_that_were_not_completed_and_later_ones_do_not_count(store: Path) -> None:
    ran(store, "20261120T020000Z-000002", {PENDING: SEEN}, sealed=False)
    ran(store, "20261124T020000Z-000003", {PENDING: SEEN})
    assert earlier(store) is None


def test_another_folder_may_hold_the_history(store: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("history")
    ran(elsewhere, "20261120T020000Z-000002", {PENDING: SEEN})
    assert earlier(store, policy={"bulwark_history_dir": str(elsewhere)}) == {PENDING: SEEN}


@pytest.mark.parametrize("text", ["", "[]", '{"findings": 3}', '{"findings": [{"remembered": {}}]}', "{\x00"])
def test_a_result_that_is_broken_is_passed_over(store: Path, text: str) -> None:
    ran(store, "20261119T020000Z-000001", {PENDING: SEEN})
    ran(store, "20261120T020000Z-000002", {PENDING: {"x": "y"}})
    Run(store / "20261120T020000Z-000002").host_file("acme", "web").write_text(text, encoding="utf-8")
    assert earlier(store) == {PENDING: SEEN}


def test_what_is_remembered_is_bounded() -> None:
    long = "x" * (memory.LONGEST + 1)
    many = {"%06d" % number: "" for number in range(memory.MOST_KEYS + 5)}
    assert memory.bounded({long: "a", "b": long, "c": "d"}) == {"c": "d"}
    assert len(memory.bounded(many)) == memory.MOST_KEYS
