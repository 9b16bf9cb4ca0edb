# SPDX-License-Identifier: GPL-3.0-or-later
"""Waivers turn fail into waived, within their rules, and nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.declared import DeclarationError, declare
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.waivers import LONGEST_DAYS, Waiver, apply
from hypothesis import given
from hypothesis import strategies as st

KNOWN = catalogue.load()
TODAY = date(2026, 11, 22)
BINDING = next(
    id_ for id_, control in KNOWN.controls.items() if KNOWN.binds_provider(id_) and control.severity == "high"
)
FREE = next((id_ for id_ in KNOWN.controls if not KNOWN.binds_provider(id_)), None)


def entry(**changes: Any) -> dict[str, Any]:
    approval = {"name": "Ann", "party": "customer", "on": "2026-11-01", **changes.pop("approved_by", {})}
    return {
        "control": BINDING, "kind": "risk_accepted", "owner": "Olga", "reason": "old", "expires": "2026-12-31",
        "approved_by": approval, **changes,
    }  # fmt: skip


def made(**changes: Any) -> Waiver:
    (waiver,) = declare({"bulwark_waivers": [entry(**changes)]}, KNOWN, TODAY).waivers
    return waiver


def told(**changes: Any) -> list[str]:
    with pytest.raises(DeclarationError) as error:
        made(**changes)
    return [str(problem) for problem in error.value.problems]


@pytest.mark.parametrize("key", ["on", True, "true"])
def test_the_day_of_the_approval_is_found_as_yaml_gives_it(key: object) -> None:
    waiver = entry()
    waiver["approved_by"][key] = waiver["approved_by"].pop("on")
    (only,) = declare({"bulwark_waivers": [waiver]}, KNOWN, TODAY).waivers
    assert only.shown(TODAY)["approved_by"] == {"name": "Ann", "party": "customer", "on": "2026-11-01"}


@pytest.mark.parametrize("day", ["2026-12-31", "2026-12-31T00:00:00", date(2026, 12, 31)])
def test_a_day_counts_with_and_without_quotes(day: object) -> None:
    assert made(expires=day).expires == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"control": "lin-mf-sshd"}, 'bulwark_waivers[0].control: there is no control "lin-mf-sshd"'),
        ({"expires": "soon"}, 'bulwark_waivers[0].expires: "soon" is no date; write it as YYYY-MM-DD'),
        ({"expires": "2026-02-30"}, 'bulwark_waivers[0].expires: "2026-02-30" is no date; write it as YYYY-MM-DD'),
        ({"expires": "2026-12-31 or so"}, None),
        ({"expires": "31.12.2026"}, 'bulwark_waivers[0].expires: "31.12.2026" is no date; write it as YYYY-MM-DD'),
        ({"expires": None}, "bulwark_waivers[0].expires: is missing"),
        ({"expires": "2026-10-01"}, "bulwark_waivers[0].expires: 2026-10-01 is before the approval, 2026-11-01"),
        ({"expires": "2027-05-01"},
         "bulwark_waivers[0].expires: 2027-05-01 is too late: a waiver of a high control lasts 180 days from "
         "approved_by.on, so 2027-04-30 at the latest"),
        ({"approved_by": {"on": "2026-11-23"}}, "bulwark_waivers[0].approved_by.on: 2026-11-23 lies in the future"),
        ({"approved_by": {"on": "yesterday"}}, 'bulwark_waivers[0].approved_by.on: "yesterday" is no date; write it'),
        ({"approved_by": {"party": "msp:north"}},
         f"bulwark_waivers[0].approved_by.party: msp:north can't approve this one: {BINDING} binds the provider, "
         "so only the customer may (party: customer)"),
        ({"approved_by": {"party": "us"}}, 'bulwark_waivers[0].approved_by.party: "us" is no party; write customer,'),
        ({"approved_by": {"name": None}}, "bulwark_waivers[0].approved_by.name: is missing"),
        ({"kind": "whim"}, 'bulwark_waivers[0].kind: "whim" is not possible; it is one of alternate_control, risk_'),
    ],
)  # fmt: skip
def test_a_rule_that_is_broken_is_told(changes: dict[str, Any], text: str | None) -> None:
    (only,) = told(**changes)
    assert only.startswith(text or "bulwark_waivers[0].expires:")


def test_every_fault_of_a_waiver_is_told_at_once() -> None:
    found = told(control="lin-none", expires="soon", approved_by={"party": "us", "on": "2027-01-01"})
    assert [text.split(":")[0].partition("].")[2] for text in found] == [
        "expires", "control", "approved_by.party", "approved_by.on",
    ]  # fmt: skip


@pytest.mark.skipif(FREE is None, reason="every control binds the provider")
def test_where_nothing_binds_the_provider_it_may_approve() -> None:
    assert made(control=FREE, approved_by={"party": "msp:north"}).control == FREE


@given(st.sampled_from(sorted(KNOWN.controls)), st.integers(0, 400), st.integers(0, 400))
def test_no_waiver_lives_longer_than_its_severity_allows(control: str, ago: int, life: int) -> None:
    approved = TODAY - timedelta(ago)
    changes = {"control": control, "expires": str(approved + timedelta(life)), "approved_by": {"on": str(approved)}}
    if life <= LONGEST_DAYS[KNOWN.control(control).severity]:
        assert made(**changes).expired(TODAY) == (life < ago)
    else:
        assert "is too late" in told(**changes)[0]


class TestApply:
    def outcome(self, *waivers: Waiver, found: str = "f", host: str = "web", today: date = TODAY) -> tuple[bool, str]:
        waived = apply(waivers, BINDING, found, today, lambda pattern: pattern == host)
        return waived.waiver is not None, waived.remark

    def test_in_force_until_the_end_of_its_last_day(self) -> None:
        assert self.outcome(made(), today=date(2026, 12, 31)) == (True, "")
        assert self.outcome(made(), today=date(2027, 1, 1)) == (False, "The waiver of Olga expired on 2026-12-31.")

    def test_only_its_own_control_and_hosts(self) -> None:
        other = next(id_ for id_ in KNOWN.controls if id_ != BINDING and KNOWN.control(id_).severity == "high")
        assert self.outcome(made(control=other)) == (False, "")
        assert self.outcome(made(hosts="db")) == (False, "")
        assert self.outcome(made(hosts="web")) == (True, "")

    def test_bound_to_what_was_found_it_ends_when_that_changes(self) -> None:
        bound = made(finding="f")
        assert self.outcome(bound) == (True, "")
        told_of = "A waiver of Olga no longer holds: what was found has changed since."
        assert self.outcome(bound, found="g") == (False, told_of)

    def test_one_in_force_goes_before_one_that_expired(self) -> None:
        expired = made(expires="2026-11-02", owner="Otto")
        assert self.outcome(expired, made()) == (True, "")
        assert self.outcome(made(), expired) == (True, "")
