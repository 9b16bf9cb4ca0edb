# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts that should be disabled, and what is left of them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import Undeclared
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators import standing
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES

from ..standing_host import case, her_key, host, person

ANNA = person("anna")
LEFT = {"bulwark_leavers": [{"person": "Dana Ruiz", "left": "2026-11-20", "accounts": ["dana"]}]}


def judged(control: str, facts: dict[str, Any], thresholds: Any = None, **declared: Any) -> Verdict:
    return JUDGES[control](case(facts, thresholds, **declared))


def ids(verdict: Verdict) -> list[str]:
    return [item.identity for item in verdict.wrong]


def shut(name: str = "dana", **more: Any) -> dict[str, Any]:
    return person(name, 1001, password="locked", hash=None, barred=True, **more)


class TestStanding:
    @pytest.mark.parametrize(
        ("change", "enabled"),
        [
            ({}, True),
            ({"expired": True}, False),
            ({"password": "locked"}, False),
            ({"shell": "/usr/sbin/nologin"}, False),
            ({"source": "nss", "password": None}, True),
        ],
    )
    def test_who_is_in_use(self, change: dict[str, Any], enabled: bool) -> None:
        one = person("dana", **change)
        assert standing.enabled(case(host([one])), one) is enabled

    def test_a_key_opens_what_passwd_locked(self) -> None:
        known = case(host([shut()], [her_key("dana")]))
        assert standing.openings(known, shut()) == ["an SSH key in /home/dana/.ssh/authorized_keys"]
        assert standing.enabled(known, shut())

    def test_jobs_run_as_it_without_anybody(self) -> None:
        jobs = {"crontabs": [{"user": "dana", "path": "/c"}], "at": [{"uid": 1001, "path": "/a"}], "linger": ["dana"]}
        known = case(host([shut()], jobs=jobs))
        assert standing.openings(known, shut()) == ["cron (/c)", "at (/a)", "lingering user units"]
        assert not standing.enabled(known, shut())

    def test_nobody_meant_a_service_or_a_system_account_to_be_disabled(self) -> None:
        robot = shut("robot")
        system = person("daemon", 1, shell="/usr/sbin/nologin", password="locked")
        known = case(
            host([robot, system]), bulwark_accounts=[{"name": "robot", "kind": "service", "party": "customer"}]
        )
        assert [standing.disabled_on_paper(known, one) for one in (robot, system)] == [False, False]
        assert standing.disabled_on_paper(case(host([robot])), robot)


class TestReallyDisabled:
    def test_a_locked_password_alone_is_not_enough(self) -> None:
        verdict = judged("lin-oa-really-disabled", host([ANNA, shut()], [her_key("dana")]))
        assert ids(verdict) == ["dana: not expired", "dana: key SHA256:a"]
        assert verdict.severity is None

    def test_what_is_left_of_an_expired_account_is_lesser(self) -> None:
        verdict = judged("lin-oa-really-disabled", host([shut(expired=True)], [her_key("dana")]))
        assert (ids(verdict), verdict.severity) == (["dana: key SHA256:a"], "high")

    def test_everything_of_it_counts(self) -> None:
        facts = host(
            [shut(expired=True)],
            jobs={"linger": ["dana"], "processes": [{"uid": 1001, "count": 2, "sessions": 1}]},
            factors={"oath": [{"path": "/etc/users.oath", "users": [{"user": "dana", "type": "t", "line": 1}]}],
                     "google": [{"path": "/home/dana/.google_authenticator", "user": "dana", "options": {}}],
                     "u2f": [{"path": "/etc/u2f", "users": {"dana": 1}}], "yubico": []},
        )  # fmt: skip
        assert ids(judged("lin-oa-really-disabled", facts)) == [
            "dana: factor /etc/users.oath",
            "dana: factor /home/dana/.google_authenticator",
            "dana: factor /etc/u2f",
            "dana: lingering user units",
            "dana: processes",
        ]

    def test_each_is_found_once(self) -> None:
        assert judged("lin-oa-really-disabled", host([shut()], [her_key("dana")]), **LEFT).status == "pass"

    def test_what_cannot_be_seen_is_unknown(self) -> None:
        facts = host([shut(expired=True)])
        del facts["jobs"]
        assert judged("lin-oa-really-disabled", facts).status == "unknown"


class TestLeavers:
    def test_named_by_account_and_by_person(self) -> None:
        accounts = [{"name": "dr-admin", "kind": "person", "party": "customer", "person": "Dana Ruiz"},
                    {"name": "ops", "kind": "shared", "party": "customer", "person": "Dana Ruiz"}]  # fmt: skip
        users = [person("dana", 1001), person("dr-admin", 1002), person("ops", 1003), ANNA]
        verdict = judged("lin-oa-leavers", host(users), bulwark_accounts=accounts, **LEFT)
        assert ids(verdict) == ["dana: not expired", "dr-admin: not expired"]

    @pytest.mark.parametrize(("left", "days", "status"), [
        ("2026-11-22", 0, "fail"), ("2026-11-23", 0, "pass"), ("2026-11-20", 2, "fail"), ("2026-11-21", 2, "pass"),
    ])  # fmt: skip
    def test_from_when_on(self, left: str, days: int, status: str) -> None:
        leavers = [{"person": "dana", "left": left}]
        thresholds = {"bulwark_leaver_disable_days": days}
        assert judged("lin-oa-leavers", host([person("dana")]), thresholds, bulwark_leavers=leavers).status == status

    def test_undeclared(self) -> None:
        with pytest.raises(Undeclared, match="bulwark_leavers"):
            judged("lin-oa-leavers", host([ANNA]))


class TestContractEnd:
    BO = ({"name": "bo", "kind": "person", "party": "msp:old"},)

    @pytest.mark.parametrize(
        ("declared", "status"),
        [
            ({"bulwark_contracts": [{"party": "msp:old", "start": "2020-01-01", "end": "2026-11-21"}]}, "fail"),
            ({"bulwark_contracts": [{"party": "msp:old", "start": "2020-01-01", "end": "2026-11-22"}]}, "pass"),
            ({"bulwark_contracts": [{"party": "msp:new", "start": "2020-01-01", "end": "2099-01-01"}]}, "fail"),
            ({"bulwark_contracts": [], "bulwark_msp_managed": []}, "fail"),
            ({"bulwark_contracts": []}, "pass"),
            ({}, "unknown"),
        ],
    )
    def test_when(self, declared: dict[str, Any], status: str) -> None:
        declared = {"bulwark_msp_managed": ["msp:old"], "bulwark_accounts": list(self.BO), **declared}
        assert judged("lin-oa-msp-contract-end", host([person("bo")]), **declared).status == status

    def test_its_own_end_needs_no_contract(self) -> None:
        bo = {**self.BO[0], "expires": "2026-11-21"}
        assert judged("lin-oa-msp-contract-end", host([person("bo")]), bulwark_accounts=[bo]).status == "fail"
        assert judged("lin-oa-msp-contract-end", host([ANNA]), bulwark_accounts=[bo]).status == "pass"


class TestUnregistered:
    NAMES: dict[str, Any] = {"bulwark_msp_names": {"msp:north": ["north-*", "*@north.example"]}}  # noqa: RUF012
    KIM: dict[str, Any] = {"name": "north-kim", "kind": "person", "party": "msp:north"}  # noqa: RUF012

    def test_names_groups_and_comments(self) -> None:
        users = [person("north-eve", 1001), person("sue", 1002, groups=["sue", "north-staff"]), ANNA]
        keys = [her_key("anna", "SHA256:b", marks=["*@north.example"]), her_key("anna", "SHA256:c")]
        verdict = judged("lin-oa-msp-unregistered", host(users, keys), self.NAMES, bulwark_accounts=[self.KIM])
        assert ids(verdict) == ["north-eve: not expired", "sue: not expired", "anna: foreign key SHA256:b"]

    def test_a_daemon_of_the_providers_agent_is_no_account(self) -> None:
        agent = person("north-agent", 998, shell="/usr/sbin/nologin", password="locked")
        assert judged("lin-oa-msp-unregistered", host([agent]), self.NAMES, bulwark_accounts=[]).status == "pass"

    def test_a_key_that_the_register_lists_may_be_anywhere(self) -> None:
        kim = {**self.KIM, "keys": [{"fingerprint": "SHA256:a"}]}
        keys = [her_key("anna", marks=["north-*"]), her_key("north-kim"), her_key("north-kim", "SHA256:x")]
        facts = host([ANNA, person("north-kim", 1001)], keys)
        verdict = judged("lin-oa-msp-unregistered", facts, self.NAMES, bulwark_accounts=[kim])
        assert ids(verdict) == ["north-kim: foreign key SHA256:x"]

    def test_proposed_is_not_approved(self) -> None:
        kim = {**self.KIM, "status": "proposed"}
        facts = host([person("north-kim", 1001)])
        verdict = judged("lin-oa-msp-unregistered", facts, self.NAMES, bulwark_accounts=[kim])
        assert ids(verdict) == ["north-kim: proposed"]

    def test_a_provider_without_names_is_unknown(self) -> None:
        verdict = judged("lin-oa-msp-unregistered", host([ANNA]), bulwark_accounts=[self.KIM])
        assert verdict.unread == ("bulwark_msp_names has no names of msp:north",)


class TestShared:
    OPS: dict[str, Any] = {  # noqa: RUF012
        "name": "ops", "kind": "shared", "party": "customer",
        "members": [{"person": "A", "since": "2025-01-01"}, {"person": "B", "until": "2026-11-20"},
                    {"person": "C", "since": "2027-01-01"}],
    }  # fmt: skip

    @pytest.mark.parametrize(
        ("changed", "days", "status"),
        [("2026-11-19", 0, "fail"), ("2026-11-20", 0, "pass"), ("2026-11-19", 3, "pass"), (None, 0, "unknown")],
    )
    def test_the_password_is_as_new_as_its_members(self, changed: str | None, days: int, status: str) -> None:
        thresholds = {"bulwark_shared_secret_rotate_days": days}
        facts = host([person("ops", changed=changed)])
        assert judged("lin-oa-shared-reset", facts, thresholds, bulwark_accounts=[self.OPS]).status == status

    def test_keys_of_several_people_hint_at_sharing(self) -> None:
        people = [{"name": name, "kind": "person", "party": "customer", "person": name.title(),
                   "keys": [{"fingerprint": "SHA256:" + name}]} for name in ("anna", "dana")]  # fmt: skip
        facts = host([person("deploy")], [her_key("deploy", "SHA256:anna"), her_key("deploy", "SHA256:dana")])
        verdict = judged("lin-oa-shared-reset", facts, bulwark_accounts=people)
        assert (ids(verdict), verdict.severity) == (["deploy: keys of several people"], "medium")

    def test_where_nobody_shares(self) -> None:
        with pytest.raises(NotApplicable):
            judged("lin-oa-shared-reset", host([ANNA]), bulwark_accounts=[])


def test_keys_that_cannot_be_seen_of_an_expired_account_are_unknown() -> None:
    facts = host([shut(expired=True)])
    facts["keys"]["unreadable"] = {"dana": "a file is too large"}
    verdict = judged("lin-oa-really-disabled", facts)
    assert verdict.unread == ("dana: keys: a file is too large",)
