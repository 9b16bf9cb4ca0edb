# SPDX-License-Identifier: GPL-3.0-or-later
"""Drafts as the playbooks write them: of records that are missing, of tables, and of waivers. No host is asked.

The hosts of these inventories are a port of the test, which counts who comes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.dumping import dumped
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.example import example

from tests.integration.fleet import Played, play
from tests.integration.listener import ADDRESS, Listener, silent_listener
from tests.unit.drift.fleet import METHODS, TRIES, Fleet

RACI = "task,customer,msp:northwind\npatching,A,R\nbackup,A,R\n"


@pytest.fixture
def listener() -> Iterator[Listener]:
    with silent_listener() as listening:
        yield listening


@pytest.fixture
def inventory(tmp_path: Path, listener: Listener) -> Path:
    """Return an inventory of acme, which has a folder for its records, and of globex, which has none."""
    reached = {"ansible_host": ADDRESS, "ansible_port": listener.port}
    acme = {"bulwark_customer": "acme", "bulwark_evidence_dir": str(tmp_path / "evidence")}
    groups: dict[str, Any] = {
        "acme": {"hosts": {"acme-web": reached, "acme-db": reached}, "vars": acme},
        "globex": {"hosts": {"globex-db": reached}, "vars": {"bulwark_customer": "globex"}},
    }
    path = tmp_path / "hosts.yml"
    path.write_text(json.dumps({"all": {"children": groups}}), "utf-8")
    return path


def drafted(inventory: Path, *arguments: str) -> Played:
    return play("records", inventory, inventory.parent / "reports", *arguments, directory=inventory.parent)


def test_what_is_missing_is_drafted_once_and_no_host_is_asked(inventory: Path, listener: Listener) -> None:
    folder = inventory.parent / "evidence"
    folder.mkdir()
    own = folder / "ev-contract.yml"
    own.write_text(dumped({**example("ev-contract"), "next_review": "2026-01-01", "date": "2026-01-01"}), "utf-8")
    before = own.read_bytes()
    checked = drafted(inventory, "--check")
    assert checked.rc == 0, checked.output
    assert "35 drafts would be written" in checked.output
    assert [path.name for path in folder.iterdir()] == ["ev-contract.yml"]
    first = drafted(inventory)
    assert first.rc == 0, first.output
    assert "35 drafts written, 35 to be filled in" in first.output
    assert "globex: bulwark_evidence_dir is not set" in first.output
    assert "ev-contract (overdue): The day of the next review has not passed." in first.output
    texts = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert (len(texts), texts["ev-contract.yml"]) == (36, before)
    again = drafted(inventory)
    assert "0 drafts written, 35 to be filled in" in again.output
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == texts
    assert listener.connections == 0


def test_a_table_is_of_one_customer_and_a_bad_cell_is_named(inventory: Path) -> None:
    table = inventory.parent / "raci.csv"
    table.write_text(RACI, "utf-8")
    given = ("-e", "bulwark_import=raci.csv")
    assert "narrow the run with --limit, it has acme, globex" in drafted(inventory, *given).output
    table.write_text(RACI.replace("backup,A", "backup,Z"), "utf-8")
    refused = drafted(inventory, *given, "--limit", "acme")
    assert refused.rc != 0
    assert "raci.csv: row 3, column customer: must be letters of R, A, C and I" in refused.output
    assert not (inventory.parent / "evidence").exists()
    table.write_text(RACI, "utf-8")
    assert drafted(inventory, *given, "--limit", "acme").rc == 0
    draft = yaml.safe_load((inventory.parent / "evidence" / "ev-raci.yml").read_text("utf-8"))
    assert (draft["status"], [row["task"] for row in draft["matrix"]]) == ("draft", ["patching", "backup"])
    assert draft["owner"] is None


def test_waivers_are_drafted_for_one_customer_and_refused_as_they_are(inventory: Path) -> None:
    Fleet(inventory.parent / "reports").run(
        1, {"acme-web": {METHODS: "fail", TRIES: "pass"}, "acme-db": {METHODS: "fail"}, "globex-db": {TRIES: "fail"}}
    )
    given = ("-e", "bulwark_draft_waivers=waivers.yml")

    def report(*arguments: str) -> Played:
        return play("report", inventory, inventory.parent / "reports", *arguments, directory=inventory.parent)

    assert "narrow the play with --limit, it has acme, globex" in report(*given).output
    made = report(*given, "--limit", "acme")
    assert made.rc == 0, made.output
    text = (inventory.parent / "waivers.yml").read_text("utf-8")
    assert "globex" not in text
    ((_name, (entry,)),) = yaml.safe_load(text).items()
    assert (entry["control"], entry["hosts"], entry["owner"]) == (METHODS, "acme-db,acme-web", None)
    assert "is there already and is not written over" in report(*given, "--limit", "acme").output
    assert (inventory.parent / "waivers.yml").read_text("utf-8") == text
    begun = drafted(inventory, "-e", "@waivers.yml", "--limit", "acme")
    assert begun.rc != 0
    assert "[0].owner: is missing" in begun.output
