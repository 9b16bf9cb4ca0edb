# SPDX-License-Identifier: GPL-3.0-or-later
"""What the last checks of the backups found is believed where root alone wrote it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.deep import checks
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door, Unreadable
from hypothesis import given
from hypothesis import strategies as st

CHECK = {"at": "2026-11-23T02:00:00Z", "seconds": 3.1, "percent": 5, "whole": True, "reason": ""}


def host(root: Path, content: Any, mode: str = "0600", uid: int = 0) -> Door:
    """Return the door to a recorded host on which this lies in the place of the checks."""
    path = root / checks.PATH.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    (root / "commands.json").write_text("{}", "utf-8")
    (root / "owners.json").write_text(json.dumps({checks.PATH: {"uid": uid, "mode": mode}}), "utf-8")
    return Door(str(root))


def test_checks_are_read_back(tmp_path: Path) -> None:
    made = {"schema": checks.SCHEMA, "checks": {"nightly": CHECK}}
    assert checks.stored(host(tmp_path, made)) == {"nightly": CHECK}


def test_a_new_check_leaves_the_others(tmp_path: Path) -> None:
    door = host(tmp_path, {"schema": checks.SCHEMA, "checks": {"nightly": CHECK, "weekly": CHECK}})
    damaged = {**CHECK, "whole": False}
    assert checks.merged(door, {"weekly": damaged})["checks"] == {"nightly": CHECK, "weekly": damaged}


@pytest.mark.parametrize(("mode", "uid"), [("0644", 0), ("0600", 1000)])
def test_what_others_may_have_written_counts_for_nothing(tmp_path: Path, mode: str, uid: int) -> None:
    door = host(tmp_path, {"schema": checks.SCHEMA, "checks": {"nightly": CHECK}}, mode, uid)
    with pytest.raises(Unreadable, match="not root's alone"):
        checks.stored(door)
    assert checks.merged(door, {"weekly": CHECK})["checks"] == {"weekly": CHECK}


@given(st.text(max_size=60) | st.just('{"schema": "bulwark/backup-checks/1", "checks": []}'))
def test_anything_else_is_no_check(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    with pytest.raises(Unreadable):
        checks.stored(host(tmp_path_factory.mktemp("host"), text.replace("\r", "")))
