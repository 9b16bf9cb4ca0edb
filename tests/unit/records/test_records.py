# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of a customer: what is wrong with one is told by file and field, and the others still count."""

from __future__ import annotations

import stat
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators import recorded
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Unread
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.records import gather, load
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.writing import KEPT, KIND, note
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.yaml_file import RecordError

TODAY = date(2026, 11, 23)
TEST = {
    "date": "2026-11-23", "system": "web", "backup": "nightly", "snapshot": "3f2a", "scope": "sample",
    "result": "passed", "seconds": 12, "tester": {"name": "kim"},
}  # fmt: skip
ENVELOPE = {
    "id": KIND, "customer_id": "acme", "owner": "kim", "version": "1", "date": "2026-11-23", "next_review": "2027-02-21"
}  # fmt: skip


def record(folder: Path, **fields: Any) -> None:
    """Write a record with these fields beside, or in the place of, those of a good one."""
    (folder / f"{KIND}.yml").write_text(yaml.safe_dump({**ENVELOPE, "tests": [TEST], **fields}), "utf-8")


def test_a_good_record_is_read(tmp_path: Path) -> None:
    record(tmp_path)
    found = gather(tmp_path, "acme", "web")
    assert (found.host, found.problems, list(found.found)) == ("web", {}, [KIND])
    assert found.found[KIND]["tests"] == [TEST]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"customer_id": "globex"}, "customer_id: is not the one of this customer, acme"),
        ({"id": "ev-raci"}, "id: must be ev-restore-test"),
        ({"ownr": "kim"}, "ownr: there is no such field"),
        ({"owner": None}, "owner: is missing"),
        ({"date": "23.11.2026"}, 'date: must be a day such as 2026-11-23, found "23.11.2026"'),
        ({"next_review": "2026-02-30"}, "next_review: must be a day"),
        ({"sha256": "abc"}, "sha256: must be a sha256"),
        ({"tests": "none"}, "tests: must be a list"),
        ({"tests": [{**TEST, "result": "fine"}]}, 'tests[0].result: "fine" is not possible; it is one of passed'),
        ({"tests": [{**TEST, "date": "soon"}]}, "tests[0].date: must be a day"),
        ({"tests": [{**TEST, "tester": {}}]}, "tests[0].tester.name: is missing"),
        ({"tests": [{**TEST, "seconds": "long"}]}, "tests[0].seconds: must be a whole number"),
        ({"approved_by": {"name": "a", "party": "customer", "on": "x"}}, "approved_by.on: must be a day"),
    ],
)
def test_each_fault_is_told_by_its_field(tmp_path: Path, fields: dict[str, Any], reason: str) -> None:
    record(tmp_path, **fields)
    (tmp_path / "ev-gold-image.yml").write_text(
        yaml.safe_dump({**ENVELOPE, "id": "ev-gold-image", "images": []}), "utf-8"
    )
    found = gather(tmp_path, "acme")
    assert reason in found.problems[KIND]
    assert f"{KIND}.yml: " in found.problems[KIND]
    assert list(found.found) == ["ev-gold-image"]


def test_two_records_of_one_kind_are_none(tmp_path: Path) -> None:
    record(tmp_path)
    (tmp_path / f"{KIND}.yaml").write_bytes((tmp_path / f"{KIND}.yml").read_bytes())
    assert "two records of one kind; keep one" in gather(tmp_path, "acme").problems[KIND]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    problem = gather(tmp_path / "none", "acme").problems[KIND]
    assert "none is no directory; set bulwark_evidence_dir" in problem


def test_a_folder_that_cannot_be_looked_into_keeps_nobody_from_the_rest(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    problem = gather(tmp_path / "loop", "acme").problems[KIND]
    assert "loop: too many levels of symbolic links; have the account" in problem


def test_of_another_customers_record_nothing_is_shown(tmp_path: Path) -> None:
    record(tmp_path, customer_id="globex", owner=None, globex_secret="Provider Ltd", date="soon")
    assert gather(tmp_path, "acme").problems[KIND].partition(": ")[2] == (
        "customer_id: is not the one of this customer, acme; keep each customer's records apart"
    )


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (folder := tmp_path / "acme").mkdir()
    (other := tmp_path / "globex").mkdir()
    record(other, owner=None, secret="Provider Ltd")
    (folder / f"{KIND}.yml").symlink_to(other / f"{KIND}.yml")
    problem = gather(folder, "acme").problems[KIND]
    assert problem == f"{folder}/{KIND}.yml leads out of the folder of records; put the file there"
    (folder / f"{KIND}.yml").unlink()
    (folder / "versions").mkdir()
    record(folder / "versions")
    (folder / f"{KIND}.yml").symlink_to(Path("versions", f"{KIND}.yml"))
    assert gather(folder, "acme").problems == {}
    (folder / f"{KIND}.yml").unlink()
    (folder / f"{KIND}.yml").symlink_to(f"{KIND}.yml")
    assert "is a link that leads nowhere" in gather(folder, "acme").problems[KIND]


def test_a_test_is_noted_and_read_back(tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    path = note(folder, "acme", [TEST], TODAY, "kim", 90)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    made = load(folder, KIND, "acme")
    assert made == {**ENVELOPE, "tests": [TEST]}


def test_what_is_entered_by_hand_stays_and_old_tests_go(tmp_path: Path) -> None:
    record(tmp_path, owner="anna", approved_by={"name": "anna", "party": "customer", "on": "2026-01-01"})
    other = {**TEST, "system": "db"}
    for number in range(KEPT + 2):
        note(tmp_path, "acme", [{**TEST, "seconds": number}, *([other] if not number else [])], TODAY, "kim", 90)
    made = load(tmp_path, KIND, "acme")
    assert made is not None
    assert (made["owner"], made["approved_by"]["name"], made["version"]) == ("anna", "anna", str(KEPT + 3))
    assert [test["seconds"] for test in made["tests"] if test["system"] == "web"] == list(range(2, KEPT + 2))
    assert len([test for test in made["tests"] if test["system"] == "db"]) == 1


def test_a_record_that_cannot_be_used_is_not_written_over(tmp_path: Path) -> None:
    record(tmp_path, customer_id="globex")
    before = (tmp_path / f"{KIND}.yml").read_bytes()
    with pytest.raises(RecordError, match="is not the one of this customer"):
        note(tmp_path, "acme", [TEST], TODAY, "kim", 90)
    assert (tmp_path / f"{KIND}.yml").read_bytes() == before


def _note(folder: Path, host: str) -> None:
    note(folder, "acme", [{**TEST, "system": host}], TODAY, "kim", 90)


def test_hosts_that_end_at_once_lose_no_test(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4) as pool:
        for done in [pool.submit(_note, tmp_path, f"web-{number}") for number in range(12)]:
            done.result()
    made = load(tmp_path, KIND, "acme")
    assert made is not None
    assert len({test["system"] for test in made["tests"]}) == 12
    assert made["version"] == "12"


def test_a_draft_is_no_record_of_a_host(tmp_path: Path) -> None:
    (tmp_path / "ev-gold-image.yml").write_text("status: draft\n", "utf-8")
    case = SimpleNamespace(context=SimpleNamespace(records=gather(tmp_path, "acme", "web", ["ev-gold-image"])))
    assert recorded.record(cast(Case, case), "ev-gold-image") is None
    (tmp_path / "ev-gold-image.yml").write_text("status: other\n", "utf-8")
    case.context.records = gather(tmp_path, "acme", "web", ["ev-gold-image"])
    with pytest.raises(Unread, match="status: there is no such field"):
        recorded.record(cast(Case, case), "ev-gold-image")
