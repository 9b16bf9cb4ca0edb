# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy drift: weaker thresholds, waivers, accounts let in and controls switched off, each told once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.looseness import weaker
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats import writing

from tests.unit.drift.fleet import KNOWN, METHODS, TRIES, Fleet

HOSTS = {"acme-web": {METHODS: "pass", TRIES: "pass"}, "acme-db": {METHODS: "pass", TRIES: "pass"}}
EVE = {"name": "eve", "kind": "person", "party": "customer"}


def waiver(expires: str, **keys: Any) -> dict[str, Any]:
    return {
        "control": TRIES, "kind": "risk_accepted", "owner": "Eve", "reason": "r", "expires": expires,
        "approved_by": {"name": "Ann", "party": "customer", "on": "2026-10-30"}, **keys,
    }  # fmt: skip


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path / "reports")


@pytest.mark.parametrize(
    ("value", "than", "looser", "choices", "is_weaker"),
    [
        (6, 4, "higher", (), True),
        (3, 4, "higher", (), False),
        (10, 15, "lower", (), True),
        (0.5, 1, "lower", (), True),
        ("10:30:100", "10:30:60", "higher", (), True),
        ("10:30:60", "10:30:60", "higher", (), False),
        ("5:30:60", "10:30:60", "higher", (), False),
        ("yes", "no", "higher", ("no", "prohibit-password", "yes"), True),
        ("no", "yes", "higher", ("no", "prohibit-password", "yes"), False),
        ("sk", "totp", "lower", ("totp", "sk"), False),
        ("totp", "sk", "lower", ("totp", "sk"), True),
        (["a", "b"], ["a"], "higher", (), True),
        (["b"], ["a"], "higher", (), True),
        ([], ["a"], "higher", (), False),
        (["a"], ["a", "b"], "lower", (), True),
        ({"a": [1]}, {"a": [1], "b": [2]}, "lower", (), True),
        ({"a": [1]}, {"a": [1, 2]}, "lower", (), True),
        ({"a": [1, 2]}, {"a": [1]}, "lower", (), False),
        (9, 1, "none", (), False),
    ],
)
def test_the_catalogue_says_which_direction_weakens(
    value: Any, than: Any, looser: str, choices: tuple[str, ...], is_weaker: bool
) -> None:
    assert weaker(value, than, looser, choices) is is_weaker


def test_a_threshold_weaker_than_the_default_is_told_and_when_it_became_so(fleet: Fleet) -> None:
    fleet.run(0, HOSTS)
    fleet.variables = {"acme": {"bulwark_ssh_max_auth_tries": 9, "bulwark_password_min": 20}}
    run = fleet.run(1, HOSTS)
    (line,) = fleet.model(run).fleet.policy.thresholds
    assert (line.variable, line.value, line.default, line.hosts, line.newly, line.before) == (
        "bulwark_ssh_max_auth_tries", 9, 4, 2, 2, 4,
    )  # fmt: skip
    (line,) = fleet.model(fleet.run(2, HOSTS)).fleet.policy.thresholds
    assert (line.hosts, line.newly, line.before) == (2, 0, None)


@pytest.mark.parametrize(
    ("before", "now", "changes"),
    [
        ([], [waiver("2027-02-01")], [("added",)]),
        ([waiver("2027-02-01")], [waiver("2027-02-01")], [()]),
        ([waiver("2026-11-20")], [waiver("2027-02-01")], [("extended",)]),
        ([waiver("2026-11-01")], [waiver("2026-11-01")], [("expired",)]),
        ([waiver("2026-11-09")], [waiver("2026-11-09")], [("expiring",)]),
        ([waiver("2027-02-01")], [], [("removed",)]),
    ],
)
def test_waivers(fleet: Fleet, before: list[Any], now: list[Any], changes: list[tuple[str, ...]]) -> None:
    fleet.variables = {"acme": {"bulwark_waivers": before}}
    fleet.run(0, HOSTS)
    fleet.variables = {"acme": {"bulwark_waivers": now}}
    policy = fleet.model(fleet.run(1, HOSTS)).customers[0].policy
    assert [each.changes for each in policy.waivers] == changes
    ends_soon = ("expiring",) in changes
    assert (bool(policy.expiring(7)), bool(policy.expiring(14))) == (ends_soon, ends_soon)
    assert not policy.expiring(6)


def test_a_waiver_that_is_withdrawn_ends_no_more(fleet: Fleet) -> None:
    fleet.variables = {"acme": {"bulwark_waivers": [waiver("2026-11-09")]}}
    fleet.run(0, HOSTS)
    fleet.variables = {}
    policy = fleet.model(fleet.run(1, HOSTS)).customers[0].policy
    assert [each.in_force for each in policy.waivers] == [False]
    assert policy.expiring(30) == ()


@pytest.mark.parametrize(
    ("web", "db", "ended"),
    [
        ("other", "pass", True),
        ("other", "other", True),
        ("what it was", "other", False),
        ("pass", "what it was", False),
        ("pass", "pass", False),  # nothing to waive: it was mended
        ("other", "unknown", False),  # it may be that
    ],
)
def test_a_waiver_whose_finding_changed_is_not_told_as_in_force(fleet: Fleet, web: str, db: str, ended: bool) -> None:
    fails = {what: {TRIES: {"status": "fail", "what": what}} for what in ("other", "what it was")}
    seen: Any = {**fails, "pass": {TRIES: "pass"}, "unknown": {TRIES: "unknown"}}
    before = fleet.run(0, {"acme-web": fails["what it was"]})
    (found,) = (
        each["found"] for each in json.loads(before.host_file("acme", "acme-web").read_text("utf-8"))["findings"]
    )
    fleet.variables = {"acme": {"bulwark_waivers": [waiver("2026-11-20", finding=found)]}}
    run = fleet.run(1, {"acme-web": seen[web], "acme-db": seen[db]})
    view = fleet.model(run).customers[0]
    (told,) = view.policy.waivers
    assert (told.in_force, "finding changed" in told.changes, bool(view.policy.expiring(30))) == (
        not ended, ended, not ended,
    )  # fmt: skip
    writing.write(run, fleet.model(run), KNOWN)
    page = run.folder.joinpath("customers", "acme.html").read_text("utf-8")
    assert ("holds no more" in page, "since what was found has changed" in page) == (ended, ended)


def test_accounts_let_in_and_made_administrators(fleet: Fleet) -> None:
    fleet.variables = {"acme": {"bulwark_accounts": [EVE]}}
    first = fleet.run(0, HOSTS)
    assert fleet.model(first).fleet.policy.accounts == ()
    proposed = {**EVE, "name": "later", "status": "proposed"}
    fleet.variables = {"acme": {"bulwark_accounts": [{**EVE, "admin": True}, {**EVE, "name": "bob"}, proposed]}}
    accounts = fleet.model(fleet.run(1, HOSTS)).fleet.policy.accounts
    assert [(each.name, each.change) for each in accounts] == [("bob", "added"), ("eve", "admin")]


def test_a_narrowed_run_takes_nothing_out_of_a_register(fleet: Fleet) -> None:
    fleet.variables = {"acme": {"bulwark_waivers": [waiver("2027-02-01")], "bulwark_accounts": [EVE]}}
    fleet.run(0, HOSTS)
    fleet.variables = {}
    narrowed = fleet.run(1, {"acme-web": {METHODS: "pass"}}, left=("acme-db",))
    assert fleet.model(narrowed).fleet.policy.waivers == ()
    fleet.variables = {"acme": {"bulwark_accounts": [EVE]}}
    whole = fleet.model(fleet.run(2, HOSTS)).fleet.policy
    assert whole.accounts == ()
    assert [each.changes for each in whole.waivers] == [("removed",)]


def test_a_control_that_is_switched_off_is_told(fleet: Fleet) -> None:
    fleet.run(0, HOSTS)
    run = fleet.run(1, {"acme-web": {METHODS: "pass"}, "acme-db": {METHODS: "pass", TRIES: "pass"}})
    left = {each.control: each for each in fleet.model(run).fleet.policy.left_out}
    assert (left[TRIES].hosts, left[TRIES].newly) == (1, 1)
    assert METHODS not in left
    assert not {each.newly for control, each in left.items() if control != TRIES} - {0}


def test_a_threshold_that_is_a_list_is_told_on_the_page(fleet: Fleet) -> None:
    fleet.variables = {"acme": {"bulwark_cleartext_services": []}}
    run = fleet.run(0, HOSTS)
    writing.write(run, fleet.model(run), KNOWN)
    assert "bulwark_cleartext_services" in (run.folder / "customers/acme.html").read_text("utf-8")
