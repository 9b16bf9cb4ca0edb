# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of record by its rules: the example passes, and each rule is broken by a case of its own."""

from __future__ import annotations

import re
from datetime import date

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Verdict
from ansible_collections.bulwark.msp.plugins.plugin_utils.fleet.all import FLEET_JUDGES
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.records.all import RULES
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.records.case import Seen
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.records.promises import PROMISED, PROMISES
from ansible_collections.bulwark.msp.plugins.plugin_utils.records import plausible, structure
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.example import example
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.kinds.all import KINDS
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.kinds.transparency import TOPICS

from .broken import ALSO, BROKEN, SHARED
from .room import CUSTOMER, KNOWN, TODAY, World

CASES = [
    (kind, rule.id, (SHARED.get(rule.id) or BROKEN[kind].get(rule.id, ()))) for kind in KINDS for rule in RULES[kind]
] + list(ALSO)


def named(verdict: Verdict) -> set[str]:
    """Return the rules that a verdict says are broken or can't be told."""
    texts = [*(each.text for each in verdict.wrong), *verdict.unread, *verdict.aged]
    return {text.partition(": ")[0] for text in texts}


def test_the_kinds_are_those_of_the_catalogue() -> None:
    assert list(KINDS) == list(KNOWN.records) == list(RULES)


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_is_well_formed_and_passes(kind: str) -> None:
    fields = KINDS[kind].every_field(kind)
    assert list(structure.problems_in(fields, example(kind))) == []
    assert list(plausible.problems_in(fields, example(kind), TODAY)) == []
    verdict = World().judged(kind)
    assert (verdict.status, verdict.reason, verdict.wrong) == ("pass", "", ())
    assert verdict.assurance == "attested"


@pytest.mark.parametrize("kind", KINDS)
def test_each_rule_has_a_case_and_each_case_a_rule(kind: str) -> None:
    own = {rule.id for rule in RULES[kind]} - set(SHARED)
    assert own == set(BROKEN[kind])
    assert all(rule.text and rule.text.endswith(".") for rule in RULES[kind])


@pytest.mark.parametrize(("kind", "rule", "changes"), CASES, ids=[f"{kind}-{rule}" for kind, rule, _ in CASES])
def test_a_broken_rule_is_named_and_no_other(kind: str, rule: str, changes: tuple) -> None:  # type: ignore[type-arg]
    world = World()
    for change in changes:
        change(world, kind)
    fields = KINDS[kind].every_field(kind)
    assert list(structure.problems_in(fields, world.records[kind])) == []
    verdict = world.judged(kind)
    aged = next(each.aged for each in RULES[kind] if each.id == rule)
    assert named(verdict) == {rule}
    assert verdict.status == ("stale" if aged else "fail")


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_whose_review_is_overdue_is_stale(kind: str) -> None:
    world = World()
    world.records[kind]["next_review"] = "2026-11-22"
    assert world.judged(kind).status == "stale"


@pytest.mark.parametrize("kind", KINDS)
def test_in_years_no_record_passes(kind: str) -> None:
    world = World()
    world.today = date(2036, 1, 1)
    assert world.judged(kind).status in ("stale", "fail")


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_compared_never_passes(kind: str) -> None:
    world = World()
    world.records = {kind: world.records[kind]}
    world.registers, world.hosts, world.promised = {}, (), {}
    verdict = world.judged(kind)
    assert not verdict.wrong or verdict.status == "fail"
    assert all(re.search("not declared for any host|there is none|has no host|no host was", text)
               for text in verdict.unread)  # fmt: skip
    compares = {"ev-contract", "ev-zone-map", "ev-soc", "ev-log-plan", "ev-scan-declared", "ev-register-approval"}
    assert verdict.status in ("fail", "unknown") or kind not in compares


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_names_every_variable_that_it_goes_by(kind: str) -> None:
    known = KNOWN.argument_spec()
    for rule in RULES[kind]:
        world = World()
        assert set(rule.variables) <= set(known), rule.id
        if rule.id == "schedule":  # which looks at whatever the contract names
            continue
        if kind != "ev-register-approval":  # which looks at all of both
            world.policy = {name: value for name, value in world.policy.items() if name in rule.variables}
            world.registers = {name: value for name, value in world.registers.items() if name in rule.variables}
        assert list(rule.check(world.case(kind))) == [], rule.id


def test_what_the_policy_names_is_told_with_its_origin() -> None:
    world = World()
    assert "bulwark_log_retention_days 180 (AA22-131A (six months" in world.judged("ev-log-plan").expected
    assert "bulwark_record_yearly_days 365 (DEF)" in world.judged("ev-phishing").expected


def test_a_record_is_as_severe_as_what_it_serves() -> None:
    for id_ in KINDS:
        served = {each.severity for each in KNOWN.recommendations_of(id_)}
        assert KNOWN.severity_of(id_) in served
    assert KNOWN.severity_of("ev-backup-plan") == "critical"


def test_a_record_is_proven_only_where_runs_made_it() -> None:
    world = World()
    for test in world.records["ev-restore-test"]["tests"]:
        test.update(run="20261112T020000Z-abcdef", assurance="proven")
    assert world.judged("ev-restore-test").assurance == "proven"
    del world.records["ev-restore-test"]["tests"][0]["run"]
    assert world.judged("ev-restore-test").assurance == "attested"


def test_what_a_record_promises_is_judged_on_hosts() -> None:
    assert set(PROMISED) <= {*JUDGES, *FLEET_JUDGES}
    assert set(PROMISES) <= set(KINDS)
    assert set(PROMISES["ev-contract"]) <= set(TOPICS)


def test_a_contradiction_names_clause_control_and_hosts() -> None:
    world = World()
    world.promised["lin-mf-ssh-methods"] = Seen(failing=("acme-db", "acme-web"))
    texts = [each.text for each in world.judged("ev-contract").wrong]
    assert (
        "kept: the contract promises mfa_msp_accounts (clause 4.2), and lin-mf-ssh-methods fails on acme-db, acme-web"
        in texts
    )


@pytest.mark.parametrize(
    ("seen", "hosts"),
    [
        (Seen(), "acme-db, acme-web"),
        (Seen(decided=("acme-web",)), "acme-db"),
    ],
)
def test_what_hosts_leave_open_keeps_no_promise(seen: Seen, hosts: str) -> None:
    world = World()
    world.promised["lin-bk-fresh"] = seen
    assert world.judged("ev-contract").reason == (
        "kept: it is not known whether these promises are kept: backup (lin-bk-fresh on %s)" % hosts
    )
    world.promised["lin-bk-scope"] = Seen(failing=("acme-db",))
    assert world.judged("ev-contract").status == "fail"


def test_a_promise_that_no_version_can_judge_is_left_to_people() -> None:
    world = World()
    del world.promised["lin-bk-fresh"]
    assert world.judged("ev-contract").status == "pass"


def test_what_was_signed_before_this_version_is_told_with_both_days() -> None:
    world = World()
    world.records["ev-raci"]["signed_by"][1]["on"] = "2026-10-31"
    assert [each.text for each in world.judged("ev-raci").wrong] == [
        "signed: nobody of the provider's signed it since this version was written on 2026-11-02, but before, on "
        "2026-10-31"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "empty", "place"),
    [
        ("ev-supplier-register", "suppliers", ""),
        ("ev-net-monitor", "zones", "ev-zone-map"),
    ],
)
def test_without_a_provider_nothing_has_to_stand_there(kind: str, empty: str, place: str) -> None:
    world = World()
    world.records[place or kind][empty] = []
    world.registers["bulwark_contracts"] = []
    assert world.judged(kind).status == "pass"
    del world.registers["bulwark_contracts"]
    assert "bulwark_contracts is not declared" in world.judged(kind).reason


def test_where_no_account_is_declared_a_leavers_own_entry_counts() -> None:
    world = World()
    del world.registers["bulwark_accounts"]
    assert world.judged("ev-leavers").status == "pass"
    world.records["ev-leavers"]["transitions"][0]["accounts"] = []
    assert world.judged("ev-leavers").status == "pass"
    world.registers["bulwark_leavers"][0]["accounts"] = ["sam"]
    assert [each.text for each in world.judged("ev-leavers").wrong] == [
        "agree: Sam Example: the account sam is not in the record"
    ]


@pytest.mark.parametrize(
    ("threshold", "value", "fault"),
    [
        ("bulwark_log_retention_days", 90, ""),
        ("bulwark_log_retention_days", 365, "says bulwark_log_retention_days 365, and 180 is in force"),
        ("bulwark_record_yearly_days", 400, ""),
        ("bulwark_record_yearly_days", 30, "says bulwark_record_yearly_days 30, and 365 is in force"),
        ("bulwark_mfa_method", 1, "has bulwark_mfa_method, which is no threshold with a number"),
        ("bulwark_nothing", 1, "has bulwark_nothing, which is no threshold with a number"),
    ],
)
def test_a_contract_is_held_to_its_schedule(threshold: str, value: int, fault: str) -> None:
    world = World()
    world.records["ev-contract"]["schedule"] = [{"threshold": threshold, "value": value}]
    verdict = world.judged("ev-contract")
    assert [each.text for each in verdict.wrong] == (["schedule: the schedule %s" % fault] if fault else [])


def test_a_contract_without_a_schedule_is_unknown() -> None:
    world = World()
    del world.records["ev-contract"]["schedule"]
    verdict = world.judged("ev-contract")
    assert (verdict.status, named(verdict)) == ("unknown", {"schedule"})
    assert "attach the report's contract-schedule.md" in verdict.reason


def test_a_proposed_entry_makes_nothing_pass() -> None:
    world = World()
    for entry in world.registers["bulwark_contracts"]:
        entry["status"] = "proposed"
    assert named(world.judged("ev-contract")) == {"registered"}


def test_a_rule_that_breaks_hides_no_other() -> None:
    world = World()
    world.records["ev-notification"].update(contacts=[{}], provider_infrastructure=False)
    verdict = world.judged("ev-notification")
    assert [each.text.partition(":")[0] for each in verdict.wrong] == ["provider-scope"]
    assert verdict.unread == ("contacts: the rule failed: KeyError: 'always'",)


def test_the_strictest_policy_of_the_customers_hosts_counts() -> None:
    case = World().case("ev-log-plan")
    assert case.bound("bulwark_log_retention_days") == 180
    longer = {**case.policies[0], "bulwark_log_retention_days": {"value": 200}}
    both = type(case)(**{**case.__dict__, "policies": (case.policies[0], longer)})
    assert both.bound("bulwark_log_retention_days") == 200
    assert case.customer == CUSTOMER
