# SPDX-License-Identifier: GPL-3.0-or-later
"""A customer's records as they are kept: what is missing, what is never written over, and what falls due when."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.drafting import due, keeping
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.dumping import dumped
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.kinds.all import KINDS
from ansible_collections.bulwark.msp.plugins.plugin_utils.results import ResultsError, write_new
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.begin import Plan, Target

from tests.unit.records.room import KNOWN, TODAY, World

RACI = "task,responsible,accountable\nbackup,msp:northwind,customer\n"


def plan(evidence: dict[str, set[str]], customers: tuple[str, ...] = ("acme",), **registers: Any) -> Plan:
    made = Plan(evidence=evidence, policies={"p": World().policy})
    made.targets = [Target(f"{name}-web", name, "p", 1, None) for name in customers]
    made.registers = {
        name: {key: {str(number): entry for number, entry in enumerate(value)} for key, value in registers.items()}
        for name in customers
    }
    return made


def test_what_is_there_is_not_drafted(tmp_path: Path) -> None:
    (tmp_path / "ev-contract.yaml").write_text("broken: [", "utf-8")
    (tmp_path / "ev-raci.yml").symlink_to(tmp_path / "nowhere")
    names = {path.name for path in keeping.missing("acme", tmp_path)}
    assert names == {f"{kind}.yml" for kind in KINDS} - {"ev-contract.yml", "ev-raci.yml", "ev-restore-test.yml"}


def test_nothing_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "acme" / "ev-raci.yml"
    write_new(path, "first\n")
    with pytest.raises(ResultsError, match=r"ev-raci\.yml: is there already and is not written over"):
        write_new(path, "second\n")
    assert path.read_text("utf-8") == "first\n"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    source = tmp_path / "raci.csv"
    source.write_text(RACI, "utf-8")
    with pytest.raises(keeping.KeepingError, match="is there and is not written over; move it away"):
        keeping.imported(source, "ev-raci", "acme", path.parent, TODAY)


def test_a_table_is_a_draft_and_a_bad_one_names_its_file(tmp_path: Path) -> None:
    source = tmp_path / "raci.csv"
    source.write_text(RACI, "utf-8")
    path, text = keeping.imported(source, "ev-raci", "acme", tmp_path / "acme", TODAY)
    assert path == tmp_path / "acme" / "ev-raci.yml"
    assert "status: draft" in text
    assert "task: backup" in text
    source.write_text(RACI.replace("customer", "us"), "utf-8")
    with pytest.raises(keeping.KeepingError, match=r"raci\.csv: row 2, column accountable: must be"):
        keeping.imported(source, "ev-raci", "acme", tmp_path / "acme", TODAY)
    with pytest.raises(keeping.KeepingError, match="there is no file"):
        keeping.imported(tmp_path / "none.csv", "ev-raci", "acme", tmp_path, TODAY)


def test_each_customer_has_one_folder_of_its_own() -> None:
    customers = ("acme", "globex", "initech", "umbrella")
    evidence = {"acme": {"/r/a"}, "globex": {"/r/a"}, "initech": {"/r/i", "/r/j"}}
    found, problems = keeping.folders(plan(evidence, customers))
    assert found == {"acme": Path("/r/a")}
    assert [problem.split(":")[0] for problem in problems] == ["globex", "initech", "umbrella"]


def test_a_folder_that_cannot_be_looked_into_is_named_and_left(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    evidence = {"acme": {str(tmp_path / "loop")}, "globex": {str(tmp_path)}}
    found, problems = keeping.folders(plan(evidence, ("acme", "globex")))
    assert found == {"globex": tmp_path}
    (problem,) = problems
    assert problem.startswith(f"acme: {tmp_path}/loop: too many levels of symbolic links")


def looked_at(folder: Path, **registers: Any) -> keeping.Kept:
    return keeping.looked_at("acme", folder, plan({"acme": {str(folder)}}, **registers), KNOWN, TODAY)


def test_what_falls_due_is_told_once_by_its_notice(tmp_path: Path) -> None:
    world = World()
    days = {"ev-phishing": "2026-11-22", "ev-raci": "2026-11-23", "ev-contract": "2026-11-30",
            "ev-ir-plan": "2026-12-07", "ev-backup-plan": "2026-12-23", "ev-zone-map": "2026-12-24"}  # fmt: skip
    for kind, day in days.items():
        (tmp_path / f"{kind}.yml").write_text(dumped({**world.records[kind], "next_review": day}), "utf-8")
    waivers = [
        {"control": "lin-bk-fresh", "owner": "Kim", "hosts": "acme-db", "expires": day}
        for day in ("2026-11-22", "2026-12-04", "2027-01-01")
    ]
    told = {
        notice: [each.told(TODAY) for each in falls if "review" in each.text or "waiver" in each.text]
        for notice, falls in looked_at(tmp_path, bulwark_waivers=waivers).due.items()
    }
    review = "The day of the next review has not passed."
    assert told == {
        "overdue": [
            "ev-phishing (overdue): %s" % review,
            "lin-bk-fresh (overdue): the waiver of Kim on acme-db",
        ],
        "7 days": [
            "ev-raci (until 2026-11-23): %s" % review,
            "ev-contract (until 2026-11-30): %s" % review,
        ],
        "14 days": [
            "lin-bk-fresh (until 2026-12-04): the waiver of Kim on acme-db",
            "ev-ir-plan (until 2026-12-07): %s" % review,
        ],
        "30 days": ["ev-backup-plan (until 2026-12-23): %s" % review],
    }


def test_the_end_of_a_contract_falls_due_and_what_is_wrong_already_does_not() -> None:
    world = World()
    world.records["ev-contract"]["end"] = "2026-12-10"
    found = [each for each in due.records_due([world.case("ev-contract")]) if "in force" in each.text]
    assert found == [due.Due(17, "ev-contract", "The contract is in force today.")]
    world.records["ev-contract"]["end"] = "2026-11-01"
    assert not [each for each in due.records_due([world.case("ev-contract")]) if "in force" in each.text]


def test_an_age_falls_due_on_its_last_day() -> None:
    world = World()
    world.records["ev-raci"]["date"] = "2025-11-30"
    assert due.Due(7, "ev-raci", "The record is not older than bulwark_record_yearly_days.") in set(
        due.records_due([world.case("ev-raci")])
    )
    assert date(2026, 11, 30).toordinal() - date(2025, 11, 30).toordinal() == world.policy[
        "bulwark_record_yearly_days"
    ]["value"]  # fmt: skip


def test_drafts_and_problems_are_told_apart(tmp_path: Path) -> None:
    for path, text in list(keeping.missing("acme", tmp_path).items())[:2]:
        write_new(path, text)
    (tmp_path / "ev-contract.yml").write_text("x: 1\n", "utf-8")
    kept = looked_at(tmp_path)
    assert (len(kept.drafts), len(kept.problems)) == (2, 1)
    assert "ev-contract.yml" in kept.problems[0]
