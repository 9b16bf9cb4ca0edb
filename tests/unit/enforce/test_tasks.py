# SPDX-License-Identifier: GPL-3.0-or-later
"""The task files of the roles: one for each control that can be enforced, asking for measures that exist."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.all import MEASURES

ROLES = Path(__file__).resolve().parents[3] / "roles"
CATALOGUE = catalogue.load()
FILES = sorted(ROLES.glob("*/tasks/???-*.yml"))


def tasks(path: Path) -> list[dict[str, Any]]:
    """Return the tasks of a file."""
    loaded: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def named(value: Any) -> Iterator[str]:
    """Yield the policy variables that a measure's arguments name."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from named(inner)
    elif isinstance(value, str) and value.startswith("bulwark_"):
        yield value


def test_every_judged_control_of_class_safe_or_guarded_has_a_task_file() -> None:
    enforceable = {
        control.id
        for control in CATALOGUE.controls.values()
        if control.judged and control.enforce in ("safe", "guarded") and control.lane == "fast"
    }
    assert enforceable <= CATALOGUE.enforced()


def test_nothing_is_enforced_that_must_never_be() -> None:
    assert not [id_ for id_ in CATALOGUE.enforced() if CATALOGUE.control(id_).enforce == "never"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_task_file_is_its_controls_and_asks_for_what_exists(path: Path) -> None:
    control = CATALOGUE.control(path.stem)
    assert control.section == path.parent.parent.name
    for task in tasks(path):
        assert task["name"].startswith(control.id + " | "), task["name"]
        stage = task["bulwark.msp.stage"]
        assert stage["control"] == control.id
        for measure in stage["measures"]:
            assert len(measure) == 1 and set(measure) <= set(MEASURES), measure
            assert set(named(measure)) <= set(CATALOGUE.defaults("baseline")), measure
