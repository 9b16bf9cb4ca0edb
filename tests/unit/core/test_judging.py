# SPDX-License-Identifier: GPL-3.0-or-later
"""From a state to a host's result: what is missing is unknown, what is hostile is harmless, what is waived says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import jsonschema
import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.declared import declare
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import (
    Case,
    NotApplicable,
    Verdict,
    item,
    verdict,
)
from ansible_collections.bulwark.msp.plugins.plugin_utils.fleet.fingerprints import Key
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.finding import Subject, digest
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.judging import (
    StateError,
    check_state,
    judge_state,
    unread_host,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.checkout import ROOT

KNOWN = catalogue.load()
TODAY = date(2026, 11, 22)
AT = "2026-11-22T02:00:00Z"
CONTROL = "lin-ic-ssh-no-root"
RUN = {"run": "20261122T020000Z-000000", "sequence": 1}
SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/schemas/host-result.json").read_text("utf-8")))
HOSTILE = "\x1b]0;owned\x07<script>{{ 7*7 }}\n| # " + "x" * 50_000


def state(**changes: Any) -> dict[str, Any]:
    basis = {
        "schema": "bulwark/host-state/1",
        "collected_at": AT,
        "seconds": 0.2,
        "areas": {"a": {"x": 1}},
        "errors": [],
    }
    return {**basis, **changes}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
any_state = json_values | st.fixed_dictionaries(
    {
        "schema": st.just("bulwark/host-state/1"),
        "collected_at": st.just(AT),
        "seconds": st.just(1),
        "areas": st.dictionaries(
            st.sampled_from(["system", "sshd", "pam", "accounts", "keys", "sockets"]), json_values
        ),
        "errors": st.lists(
            st.fixed_dictionaries(
                {"area": st.text(max_size=9), "fact": st.none() | st.text(max_size=9), "reason": st.text()}
            )
        ),
    }
)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    def by(
        judge: Callable[[Case], Verdict], document: dict[str, Any] | None = None, **variables: Any
    ) -> dict[str, Any]:
        monkeypatch.setitem(JUDGES, CONTROL, judge)
        subject = Subject("web", declare(variables, KNOWN, TODAY), lambda pattern: pattern == "web")
        result = judge_state(check_state(document or state()), subject, [CONTROL], KNOWN, TODAY, RUN, Key("key"))
        SCHEMA.validate(result)
        (finding,) = result["findings"]
        return {**finding, "document": result}

    return by


def wrong(*identities: str, **more: Any) -> Callable[[Case], Verdict]:
    return lambda case: verdict("it is right", [item(identity) for identity in identities], **more)


class TestStatus:
    def test_pass_fail_and_unknown(self, judged: Any) -> None:
        assert judged(wrong())["status"] == "pass"
        assert judged(wrong("bad"))["status"] == "fail"
        assert judged(wrong("bad", unread=["a file"]))["status"] == "fail"
        unknown = judged(wrong(unread=["a file", "another"]))
        assert (unknown["status"], unknown["reason"]) == ("unknown", "a file; another")

    def test_a_fact_that_was_not_read_is_unknown_with_the_readers_reason(self, judged: Any) -> None:
        errors = [{"area": "sshd", "fact": "settings", "reason": "sshd -T exited 1"}]
        finding = judged(lambda case: case.facts["sshd"]["settings"], state(errors=errors))
        assert (finding["status"], finding["reason"], finding["assurance"]) == ("unknown", "sshd -T exited 1", None)

    @pytest.mark.parametrize(
        ("errors", "reason"),
        [
            ([], "pam.services was not read"),
            ([{"area": "pam", "fact": None, "reason": "the reader failed"}], "the reader failed"),
            ([{"area": "pam", "fact": "other", "reason": "no"}], "pam.services was not read"),
        ],
    )
    def test_an_area_that_was_not_read(self, errors: list[dict[str, Any]], reason: str, judged: Any) -> None:
        assert judged(lambda case: case.facts["pam"]["services"], state(errors=errors))["reason"] == reason

    def test_a_register_that_nobody_declared_is_unknown_and_names_the_variable(self, judged: Any) -> None:
        finding = judged(lambda case: case.registers.declared("accounts"))
        assert finding["status"] == "unknown"
        assert "bulwark_accounts is not declared" in finding["reason"]

    def test_not_applicable_says_what_was_looked_for(self, judged: Any) -> None:
        def judge(case: Case) -> Verdict:
            raise NotApplicable("no SSH server is installed")

        finding = judged(judge)
        assert (finding["status"], finding["reason"]) == ("not_applicable", "no SSH server is installed")

    def test_a_judge_that_breaks_is_unknown(self, judged: Any) -> None:
        finding = judged(lambda case: case.facts["a"]["x"]["y"])
        assert finding["status"] == "unknown"
        assert finding["reason"].startswith("the judge failed: TypeError")


WAIVER = {
    "control": CONTROL, "kind": "risk_accepted", "owner": "Olga", "reason": "old", "expires": "2026-12-01",
    "approved_by": {"name": "Ann", "party": "customer", "on": "2026-11-01"},
}  # fmt: skip


class TestWaiver:
    def test_fail_becomes_waived_and_nothing_else_does(self, judged: Any) -> None:
        waived = judged(wrong("bad"), bulwark_waivers=[WAIVER])
        assert (waived["status"], waived["waiver"]["owner"], waived["waiver"]["days_left"]) == ("waived", "Olga", 9)
        for judge, status in ((wrong(), "pass"), (wrong(unread=["x"]), "unknown")):
            other = judged(judge, bulwark_waivers=[WAIVER])
            assert (other["status"], "waiver" in other) == (status, False)

    def test_expired_it_fails_again_and_says_why(self, judged: Any) -> None:
        finding = judged(wrong("bad"), bulwark_waivers=[{**WAIVER, "expires": "2026-11-21"}])
        assert (finding["status"], finding["reason"]) == ("fail", "The waiver of Olga expired on 2026-11-21.")

    def test_bound_to_a_finding_it_holds_for_that_one(self, judged: Any) -> None:
        bound = {**WAIVER, "finding": judged(wrong("bad"))["found"]}
        assert judged(wrong("bad"), bulwark_waivers=[bound])["status"] == "waived"
        changed = judged(wrong("bad", "worse"), bulwark_waivers=[bound])
        assert (changed["status"], "has changed since" in changed["reason"]) == ("fail", True)

    def test_on_other_hosts_it_does_not_hold(self, judged: Any) -> None:
        assert judged(wrong("bad"), bulwark_waivers=[{**WAIVER, "hosts": "db"}])["status"] == "fail"


class TestHostile:
    def test_what_a_host_says_is_bounded_and_visible(self, judged: Any) -> None:
        finding = judged(wrong(*(f"{number}{HOSTILE}" for number in range(500)), evidence=[HOSTILE]))
        assert len(finding["actual"]) == 201
        assert finding["actual"][-1] == "and 300 more"
        assert not [line for line in (*finding["actual"], *finding["evidence"]) if "\x1b" in line or len(line) > 2000]

    def test_errors_platform_and_account_too(self, judged: Any) -> None:
        system = {"account": HOSTILE, "family": HOSTILE, "release": {"pretty_name": HOSTILE, "version_id": HOSTILE}}
        errors = [{"area": HOSTILE, "fact": HOSTILE, "reason": HOSTILE}]
        document = judged(wrong(), state(areas={"system": system}, errors=errors))["document"]
        text = json.dumps([document["errors"], document["platform"], document["identity"]])
        assert "\\u001b" not in text
        assert len(text) < 20_000

    @pytest.mark.parametrize("release", ["text", 7, [], None, {"pretty_name": {"a": 1}}])
    def test_a_platform_of_another_shape(self, release: Any, judged: Any) -> None:
        assert judged(wrong(), state(areas={"system": {"release": release}}))["status"] == "pass"

    @pytest.mark.parametrize(
        "changes",
        [
            {"schema": "bulwark/host-state/2"}, {"areas": []}, {"areas": {"a": "text"}}, {"errors": {}},
            {"errors": ["x"]},
            {"errors": [{"area": [], "reason": "x"}]}, {"errors": [{"area": "a", "fact": {}, "reason": "x"}]},
            {"errors": [{"area": "a"}]}, {"errors": [{"area": "a", "reason": ""}]}, {"collected_at": "<b>now</b>"},
            {"collected_at": 7}, {"seconds": "1"}, {"seconds": float("nan")}, {"seconds": float("inf")},
            {"seconds": -1},
        ],
    )  # fmt: skip
    def test_what_is_no_state_is_refused(self, changes: dict[str, Any]) -> None:
        with pytest.raises(StateError):
            check_state(state(**changes))

    @given(any_state)
    def test_whatever_a_host_answers_is_refused_or_judged_validly_by_every_judge(self, answer: Any) -> None:
        try:
            checked = check_state(answer)
        except StateError:
            return
        subject = Subject("web", declare({}, KNOWN, TODAY), lambda _: False)
        document = judge_state(checked, subject, JUDGES, KNOWN, TODAY, RUN, Key("key"))
        SCHEMA.validate(document)
        assert "pass" not in {finding["status"] for finding in document["findings"]} or checked["areas"]


def test_a_host_that_was_not_read_is_unknown_for_every_control() -> None:
    subject = Subject("web\x1b", declare({}, KNOWN, TODAY), lambda _: False)
    document = unread_host(HOSTILE, subject, JUDGES, KNOWN, RUN, AT)
    SCHEMA.validate(document)
    assert {finding["status"] for finding in document["findings"]} == {"unknown"}
    assert len(document["findings"]) == len(JUDGES)


def test_fingerprints_are_stable_and_never_shared(judged: Any) -> None:
    first, again = judged(wrong("b", "a")), judged(wrong("a", "b"))
    assert (first["fingerprint"], first["found"]) == (again["fingerprint"], again["found"])
    assert digest("ab", "c") != digest("a", "bc")
    assert judged(wrong("a"))["found"] != first["found"]


@pytest.mark.parametrize(
    ("variables", "severity"),
    [
        ({}, "high"),
        ({"bulwark_host_functions": ["web"]}, "high"),
        ({"bulwark_host_functions": ["web"], "bulwark_host_tier": 1}, "medium"),
        ({"bulwark_host_functions": ["web"], "bulwark_host_tier": 0}, "high"),
        ({"bulwark_host_functions": ["backup"], "bulwark_host_tier": 1}, "high"),
        ({"bulwark_host_functions": ["internet_facing"], "bulwark_host_tier": 1}, "critical"),
    ],
)
def test_severity_on_this_host(variables: dict[str, Any], severity: str, judged: Any) -> None:
    assert KNOWN.control(CONTROL).severity == "high"
    assert KNOWN.control(CONTROL).gates_remote_access
    assert judged(wrong("x"), **variables)["effective_severity"] == severity


def test_who_has_to_mend_it(judged: Any) -> None:
    named = {"default": {"party": "customer"}, "sections": {"initial_access": {"party": "msp:n"}}}
    assert judged(wrong("x"))["responsible"] == "nobody"
    assert judged(wrong("x"), bulwark_responsibilities=named)["responsible"] == "msp:n"
    named["controls"] = {CONTROL: {"party": "both"}}
    assert judged(wrong("x"), bulwark_responsibilities=named)["responsible"] == "both"
