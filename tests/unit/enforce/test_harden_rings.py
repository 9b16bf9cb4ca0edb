# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook harden itself, ring by ring, over hosts whose state is recorded: none is connected to."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.work_windows import DAYS

from tests.integration.fleet import Played, play
from tests.unit.enforce.login_host import state

HOSTS = ["a", "b", "c", "d", "e"]
VARIABLES = {
    "bulwark_customer": "acme",
    "bulwark_change": "CHG-7",
    "bulwark_rings": [1, "40%", "100%"],
    # Never enforced, so that harden has nothing to do on a host.
    "bulwark_controls": ["lin-mf-hosts-redirect"],
}


@pytest.fixture
def states(tmp_path: Path) -> Path:
    """Return a folder with the state of each host."""
    folder = tmp_path / "states"
    folder.mkdir()
    read = {
        "schema": "bulwark/host-state/1", "collected_at": "2026-11-22T02:00:00Z", "seconds": 0.1, "areas": state(),
        "errors": [],
    }  # fmt: skip
    for host in HOSTS:
        (folder / f"{host}.json").write_text(json.dumps(read), encoding="utf-8")
    return folder


def hardened(states: Path, *arguments: str, **variables: Any) -> Played:
    inventory = states.parent / "inventory.json"
    common = {**VARIABLES, "bulwark_state_dir": str(states), **variables}
    hosts = {"hosts": {host: {} for host in HOSTS}, "vars": common}
    inventory.write_text(json.dumps({"all": hosts}), encoding="utf-8")
    return play("harden", inventory, states.parent / "reports", *arguments)


def test_rings_of_the_inventory_end_in_one_complete_run(states: Path) -> None:
    played = hardened(states, "--check")
    assert played.rc == 0, played.output
    assert played.output.count("PLAY [Harden]") == 3
    about = played.document("run.json")
    assert (about["state"], about["change"], about["rings"], about["check"]) == (
        "complete", "CHG-7", ["1", "40%", "100%"], True,
    )  # fmt: skip
    assert (about["coverage"]["read"], about["coverage"]["not_reached"]) == (5, [])


def test_a_ring_that_fails_is_the_last(states: Path) -> None:
    (states / "c.json").unlink()
    played = hardened(states)
    assert played.rc != 0
    assert played.output.count("PLAY [Harden]") == 2
    about = played.document("run.json")
    assert about["state"] == "complete"
    assert (about["coverage"]["unread"], about["coverage"]["not_reached"]) == (["c"], ["d", "e"])
    assert about["reasons"][-1] == "2 not reached, since the run stopped before: d, e"


def test_nothing_is_connected_to_outside_the_windows(states: Path) -> None:
    another_day = DAYS[(datetime.now(timezone.utc).weekday() + 3) % len(DAYS)]
    played = hardened(states, bulwark_windows=[{"days": [another_day], "start": "02:00", "end": "03:00"}])
    closed = "every window of bulwark_windows is closed; the next opens at"
    assert played.rc != 0 and closed in played.output, played.output
    assert "PLAY [Harden]" not in played.output
