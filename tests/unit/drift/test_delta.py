# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each finding: every change of status, narrowed runs, ages, and one customer's delta alone."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift import delta
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.shapes import KINDS, Change
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats import writing

from tests.checkout import ROOT
from tests.unit.drift.fleet import KNOWN, METHODS, PAM, ROOT_LOGIN, TRIES, Fleet, waiver

EXPIRED = {"status": "waived", "waiver": waiver(date(2026, 11, 1))}


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path / "reports")


def changes(fleet: Fleet, *days: Any) -> dict[str, Change]:
    """Return what the last of daily runs of one host says, by control."""
    for day, controls in enumerate(days):
        run = fleet.run(day, {"acme-web": {METHODS: controls}})
    return {change.control: change for change in fleet.model(run).fleet.delta.changes if change.host}


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        ("pass", "fail", "new"),
        ("not_applicable", "fail", "new"),
        ("unknown", "fail", "back"),
        ("fail", "fail", "still_open"),
        ("fail", {"status": "fail", "what": "something else"}, "changed"),
        (EXPIRED, "fail", "waiver_expired"),
        ("waived", "fail", "waiver_ended"),
        ("pass", "unknown", "newly_unknown"),
        ("fail", "unknown", "newly_unknown"),
        ("waived", "stale", "newly_unknown"),
        ("fail", "waived", "waived"),
        ("pass", "waived", "waived"),
        ("fail", "pass", "fixed"),
        ("waived", "not_applicable", "fixed"),
        ("unknown", "pass", "known_again"),
        ("pass", "pass", None),
        ("unknown", "unknown", None),
        ("waived", "waived", None),
        ("pass", "not_applicable", None),
    ],
)
def test_each_change_has_its_kind(fleet: Fleet, before: Any, now: Any, kind: str | None) -> None:
    change = changes(fleet, before, now).get(METHODS)
    assert (change and change.kind) == kind


def test_the_first_run_has_nothing_new(fleet: Fleet) -> None:
    change = changes(fleet, "fail")[METHODS]
    assert (change.kind, change.days, change.previous_run) == ("first_look", 0, None)


def test_unknown_is_no_break_in_what_is_open(fleet: Fleet) -> None:
    change = changes(fleet, "fail", "unknown", "fail")[METHODS]
    assert (change.kind, change.days, change.since) == ("back", 2, date(2026, 11, 1))


def test_what_was_open_before_it_was_unknown_is_fixed_when_it_passes(fleet: Fleet) -> None:
    assert changes(fleet, "fail", "unknown", "pass")[METHODS].kind == "fixed"


def test_a_pass_begins_the_age_anew(fleet: Fleet) -> None:
    assert changes(fleet, "fail", "pass", "fail", "fail")[METHODS].days == 1


def test_what_was_not_looked_at_is_not_fixed(fleet: Fleet) -> None:
    fleet.run(0, {"acme-web": {METHODS: "fail", TRIES: "fail"}, "acme-db": {METHODS: "fail"}})
    narrowed = fleet.model(fleet.run(1, {"acme-web": {METHODS: "fail"}}, left=("acme-db",))).fleet.delta
    assert [(change.host, change.kind) for change in narrowed.changes if change.host] == [("acme-web", "still_open")]
    assert [(gap.host, gap.open) for gap in narrowed.not_looked_at] == [("acme-db", 1)]
    assert [(gap.control, gap.open) for gap in narrowed.controls_not_looked_at] == [(TRIES, 1)]
    assert narrowed.no_longer_seen == ()
    whole = fleet.model(fleet.run(5, {"acme-web": {METHODS: "fail", TRIES: "pass"}, "acme-db": {METHODS: "fail"}}))
    found = {(change.host, change.control): change for change in whole.fleet.delta.changes if change.host}
    assert found["acme-web", TRIES].kind == "fixed"
    assert (found["acme-db", METHODS].kind, found["acme-db", METHODS].days) == ("still_open", 5)


def test_a_host_that_left_the_inventory_is_named_once(fleet: Fleet) -> None:
    fleet.run(0, {"acme-web": {METHODS: "pass"}, "acme-db": {METHODS: "fail"}})
    gone = fleet.model(fleet.run(1, {"acme-web": {METHODS: "pass"}})).fleet.delta
    assert [(gap.host, gap.open) for gap in gone.no_longer_seen] == [("acme-db", 1)]
    assert gone.counts["fixed"] == 0
    assert fleet.model(fleet.run(2, {"acme-web": {METHODS: "pass"}})).fleet.delta.no_longer_seen == ()


def test_a_host_that_can_not_be_read_is_one_line_and_not_fixed(fleet: Fleet) -> None:
    fleet.run(0, {"acme-web": {METHODS: "fail", ROOT_LOGIN: "pass"}})
    report = fleet.model(fleet.run(1, {"acme-web": None})).fleet.delta
    assert report.newly_unread == ("acme-web",)
    assert {change.kind for change in report.changes if change.host} == {"newly_unknown"}
    assert not any(change.host_read for change in report.changes if change.host)


def test_what_only_follows_is_told_and_not_counted(fleet: Fleet) -> None:
    follows = {"status": "fail", "caused_by": METHODS}
    fleet.run(0, {"acme-web": {METHODS: "pass", PAM: "pass"}})
    report = fleet.model(fleet.run(1, {"acme-web": {METHODS: "fail", PAM: follows}})).fleet
    assert report.delta.counts["new"] == 1
    assert {change.control for change in report.delta.changes if change.kind == "new"} == {METHODS, PAM}
    (action,) = [action for action in report.actions if action.control == METHODS]
    assert dict(action.ends) == {PAM: 1}
    assert PAM not in {action.control for action in report.actions}


def test_ages_outlive_the_runs_that_are_pruned(fleet: Fleet) -> None:
    fleet.options = {"bulwark_keep_runs": 2}
    change = changes(fleet, "fail", "fail", "fail", "fail", "fail", "fail")[METHODS]
    assert len(list(fleet.folder.glob("2026*"))) == 2
    assert (change.kind, change.days) == ("still_open", 5)


def test_the_last_run_left_by_pruning_still_says_since_when(fleet: Fleet) -> None:
    fleet.options = {"bulwark_keep_runs": 1}
    change = changes(fleet, "fail", "fail", "fail")[METHODS]
    assert (change.kind, change.days, change.previous_run) == ("still_open", 2, None)


def test_a_run_that_was_cut_off_is_no_measure(fleet: Fleet) -> None:
    fleet.run(0, {"acme-web": {METHODS: "fail"}})
    cut = fleet.run(1, {"acme-web": {METHODS: "pass"}}, complete=False)
    report = fleet.model(fleet.run(2, {"acme-web": {METHODS: "fail"}}))
    assert [change.kind for change in report.fleet.delta.changes if change.host] == ["still_open"]
    assert [problem.path for problem in report.problems] == [cut.name]


def test_the_files_are_valid_equal_when_made_anew_and_hold_one_customer(fleet: Fleet) -> None:
    fleet.run(0, {"acme-web": {METHODS: "pass"}, "globex-db": {METHODS: "fail"}})
    run = fleet.run(1, {"acme-web": {METHODS: "fail"}, "globex-db": {METHODS: "pass"}})
    schema = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/schemas/delta.json").read_text("utf-8")))
    names = ("delta.json", "morning.md", "report.md", "customers/acme/delta.json", "customers/globex/delta.json",
             "report.html", "customers/acme.html")  # fmt: skip
    written = []
    for _ in range(2):
        writing.write(run, fleet.model(run), KNOWN)
        written.append([(run.folder / name).read_bytes() for name in names])
    assert written[0] == written[1]
    for name in names:
        if name.endswith(".json"):
            schema.validate(json.loads((run.folder / name).read_text("utf-8")))
    index = json.loads((ROOT / "docs/schemas/index.json").read_text("utf-8"))
    for line in (run.folder / "index.jsonl").read_text("utf-8").splitlines()[1:-1]:
        jsonschema.validate(json.loads(line), index)
    jsonschema.validate(run.read("fleet.json"), json.loads((ROOT / "docs/schemas/fleet.json").read_text("utf-8")))
    acme = (run.folder / "customers/acme/delta.json").read_text("utf-8")
    assert "globex" not in acme
    assert [change["host"] for change in json.loads(acme)["changes"]["new"]] == ["acme-web"]


def test_fail_on_new_names_what_did_not_fail_before(fleet: Fleet) -> None:
    fleet.options = {"bulwark_fail_on_new": "high"}
    hosts = {"acme-web": {METHODS: "fail", TRIES: "pass"}}
    assert fleet.run(0, hosts).read()["reasons"] == []
    assert fleet.run(1, hosts).read()["reasons"] == []
    reasons = fleet.run(2, {**hosts, "acme-db": {METHODS: "fail"}}).read()["reasons"]
    assert reasons == ["acme-db: 1 newly failing at high or above (bulwark_fail_on_new)"]
    assert fleet.run(3, {**hosts, "globex-db": {METHODS: "fail"}}).read()["reasons"] == []


def test_every_kind_is_explained() -> None:
    schema = json.loads((ROOT / "docs/schemas/delta.json").read_text("utf-8"))
    assert set(schema["properties"]["changes"]["properties"]) == set(KINDS)
    assert set(delta.NEWLY_FAILING) < set(KINDS)
