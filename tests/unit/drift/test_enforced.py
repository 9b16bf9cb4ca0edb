# SPDX-License-Identifier: GPL-3.0-or-later
"""What enforcement did, from its documents to the model: counted, sealed, merged, and of each customer apart."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift import finish, merge, verify
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.record import record
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats import writing
from ansible_collections.bulwark.msp.plugins.plugin_utils.results import Run, Store

from tests.unit.drift.fleet import KNOWN, METHODS, OPTIONS, ROOT_LOGIN, TRIES, Fleet, customer_of

AT = "2026-11-01T02:05:00Z"
HOSTS: dict[str, Any] = {
    "acme-web": {METHODS: "fail", TRIES: "pass", ROOT_LOGIN: "pass"},
    "acme-db": {METHODS: "fail", TRIES: "fail"},
    "globex-web": {METHODS: "fail"},
}
TASK = {"task": TRIES + " | Few tries", "changes": [
    {"kind": "file", "name": "/etc/ssh/x", "before": None, "after": "MaxAuthTries 3\n", "masked": False}]}  # fmt: skip


def told(outcome: str, reason: str = "", check: bool = False, **states: tuple[str, str]) -> record.Told:
    """Return what a run told of a host; states: (state, reason) by control, with _ for -."""
    controls = {name.replace("_", "-"): state for name, state in states.items()}
    made = record.Told(check, before=dict.fromkeys(controls, "fail"), judged_again=outcome == "confirmed")
    made.take({"outcome": outcome, "reason": reason, "seconds": 2.5, "controls": {
        control: {"state": state, "reason": why, "tasks": [TASK] if "change" in state else []}
        for control, (state, why) in controls.items()
    }})  # fmt: skip
    return made


DONE = {
    "acme-web": told("confirmed", lin_ic_ssh_max_tries=("changed", ""), lin_mf_ssh_methods=("left", "no factors")),
    "acme-db": told("reverted", "a fresh login failed", lin_ic_ssh_max_tries=("reverted", "a fresh login failed")),
    "globex-web": told("refused", "locked by ops@north", lin_mf_ssh_methods=("refused", "locked by ops@north")),
}  # fmt: skip
WOULD = {
    host: told("would_change", check=True, lin_ic_ssh_max_tries=("would_change", ""))
    for host in ("acme-web", "acme-db")
}  # fmt: skip


def enforced(fleet: Fleet, hosts: dict[str, Any], done: dict[str, record.Told], day: int = 0) -> Run:
    """Return a complete run with the documents of these hosts."""
    run = fleet.run(day, hosts, complete=False)
    for host, one in done.items():
        run.write_enforcement(record.document(run.name, host, customer_of(host), one, hosts[host]))
    finish.finish(run, OPTIONS, KNOWN, AT)
    return run


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path / "reports")


def test_what_was_done_is_counted_for_the_fleet_and_each_customer(fleet: Fleet) -> None:
    model = fleet.model(enforced(fleet, HOSTS, DONE))
    done = model.fleet.enforcement
    assert done is not None and not done.check
    assert done.line == (
        "1 failing control changed on 1 of 3 hosts, 1 mended; 1 left as they are; 1 refused; "
        "1 host put back as before."
    )  # fmt: skip
    assert [(host.host, host.outcome) for host in done.hosts] == [
        ("acme-db", "reverted"), ("globex-web", "refused"), ("acme-web", "confirmed")]  # fmt: skip
    controls = {each.control: each for each in done.controls}
    assert controls[TRIES].states == {"reverted": 1, "changed": 1}
    assert (controls[TRIES].mended, controls[TRIES].tasks) == (1, (TASK["task"],))
    assert controls[METHODS].title == KNOWN.control(METHODS).title
    assert set(controls[METHODS].reasons) == {
        ("left", "no factors", (("acme", "acme-web"),)),
        ("refused", "locked by ops@north", (("globex", "globex-web"),)),
    }
    acme, globex = model.customers
    assert acme.enforcement and {host.host for host in acme.enforcement.hosts} == {"acme-web", "acme-db"}
    assert globex.enforcement and "acme" not in repr(globex.enforcement)
    assert "globex" not in repr(acme.enforcement)


def test_each_host_comes_with_its_document(fleet: Fleet) -> None:
    model = fleet.model(enforced(fleet, HOSTS, {"acme-web": DONE["acme-web"]}))
    found = {page.row.host: page.enforcement for page in model.documents()}
    assert found["acme-db"] is None and found["globex-web"] is None
    assert found["acme-web"] and found["acme-web"]["controls"][TRIES]["after"] == "pass"
    assert model.customers[1].enforcement is None


def test_a_preview_says_so(fleet: Fleet) -> None:
    done = fleet.model(enforced(fleet, HOSTS, WOULD)).fleet.enforcement
    assert done and done.check
    assert done.line == "2 failing controls would change on 2 of 2 hosts."


def test_an_audit_has_none(fleet: Fleet) -> None:
    model = fleet.model(enforced(fleet, HOSTS, {}))
    assert model.fleet.enforcement is None
    assert {page.enforcement for page in model.documents()} == {None}


def test_pages_of_a_customer_hold_no_other_ones_enforcement(fleet: Fleet) -> None:
    run = enforced(fleet, HOSTS, DONE)
    writing.write(run, fleet.model(run), KNOWN)
    acme, globex = ((run.folder / "customers" / name).read_text("utf-8") for name in ("acme.html", "globex.html"))
    assert "a fresh login failed" in acme and "locked by ops@north" not in acme
    assert "locked by ops@north" in globex and "a fresh login failed" not in globex
    text = (run.folder / "report.md").read_text("utf-8")
    assert "Enforcement: **Changed**, fails \u2192 passes" in text and "locked by ops@north" in text
    assert "Enforcement" not in (run.folder / "morning.md").read_text("utf-8")


def test_verifying_names_a_changed_document(fleet: Fleet) -> None:
    run = enforced(fleet, HOSTS, DONE)
    assert verify.verify(Store(fleet.folder)).faults == ()
    path = run.enforcement_file("acme", "acme-web")
    path.write_text(path.read_text("utf-8").replace("MaxAuthTries 3", "MaxAuthTries 9"), "utf-8")
    run.enforcement_file("acme", "acme-db").unlink()
    run.enforcement_file("acme", "acme-db").with_name("new.json").write_text("{}", "utf-8")
    assert verify.verify(Store(fleet.folder)).faults == (
        f"{run.name}/enforcement/acme/acme-db.json: is missing",
        f"{run.name}/enforcement/acme/acme-web.json: was changed since it was sealed",
        f"{run.name}/enforcement/acme/new.json: was added since the run was sealed",
    )


def test_merged_runs_take_it_over_byte_for_byte(fleet: Fleet, tmp_path: Path) -> None:
    one = enforced(fleet, {"acme-web": HOSTS["acme-web"]}, {"acme-web": DONE["acme-web"]})
    two = enforced(fleet, {"globex-web": HOSTS["globex-web"]}, {"globex-web": DONE["globex-web"]})
    store = Store(tmp_path / "merged")
    run = merge.merge([one.folder, two.folder], store, datetime(2026, 11, 1, 4, tzinfo=timezone.utc))
    finish.finish(run, OPTIONS, KNOWN, "2026-11-01T04:00:00Z")
    for part, place in ((one, ("acme", "acme-web")), (two, ("globex", "globex-web"))):
        assert run.enforcement_file(*place).read_bytes() == part.enforcement_file(*place).read_bytes()
        assert run.enforcement_file(*place).stat().st_mode & 0o777 == 0o600
    done = Fleet(store.folder).model(run).fleet.enforcement
    assert done and len(done.hosts) == 2
    assert verify.verify(store).faults == ()


def entry(**keys: Any) -> dict[str, Any]:
    return {"state": "changed", "reason": "", "before": "fail", "after": None, "tasks": [], **keys}


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"schema": "bulwark/enforcement/2"}, "newer than this version reads"),
        ({"schema": "bulwark/host-result/1"}, "has schema 'bulwark/host-result/1', not bulwark/enforcement/1"),
        ({"run": "20251101T020000Z-000000"}, "belongs to another run"),
        ({"host": "acme-db"}, "tells of another host than its name"),
        ({"customer": "globex"}, "tells of another host than its name"),
        ({"outcome": "splendid"}, "has no usable outcome"),
        ({"check": "no"}, "has no usable check"),
        ({"seconds": "2"}, "has no usable seconds"),
        ({"reason": None}, "has no usable reason"),
        ({"controls": []}, "has no usable controls"),
        ({"controls": {TRIES: entry(state="mended")}}, "has no usable controls"),
        ({"controls": {TRIES: entry(after="good")}}, "has no usable controls"),
        ({"controls": {TRIES: entry(tasks=[{"task": "t", "changes": [{"kind": "file", "name": "x", "diff": 7}]}])}},
         "has no usable controls"),
    ],
)  # fmt: skip
def test_a_damaged_document_is_named_and_left_out(fleet: Fleet, keys: dict[str, Any], reason: str) -> None:
    run = enforced(fleet, HOSTS, DONE)
    path = run.enforcement_file("acme", "acme-web")
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **keys}), "utf-8")
    model = fleet.model(run)
    (problem,) = model.problems
    assert problem.path == f"{run.name}/enforcement/acme/acme-web.json"
    assert reason in problem.reason
    assert {page.row.host: page.enforcement is None for page in model.documents()} == {
        "acme-db": False, "acme-web": True, "globex-web": False}  # fmt: skip
    assert [bool(view.problems) for view in model.customers] == [True, False]


def test_a_document_of_a_host_that_was_not_targeted(fleet: Fleet) -> None:
    run = enforced(fleet, HOSTS, DONE)
    run.write_enforcement(record.document(run.name, "acme-new", "acme", record.Told(), {}))
    (problem,) = fleet.model(run).problems
    assert problem.reason == "tells of a host that the run did not target"
