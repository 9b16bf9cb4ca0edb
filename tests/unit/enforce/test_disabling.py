# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a run disables, with which steps, and whom it never does."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce import breaker
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.all import MEASURES
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left, Step, disabled

from ..standing_host import case, her_key, host, person

LEFT = [{"person": "Dana Ruiz", "left": "2026-11-20", "accounts": ["dana"]}]
ANNA = person("anna", 1002)
DANA = person("dana", 1001)


def paths(steps: list[Step]) -> list[tuple[str, str]]:
    return [(step["kind"], step.get("path") or step["name"]) for step in steps]


def staged(known: Any, whom: str, control: str) -> list[Step]:
    return [{**step, "control": control, "task": "T"} for step in MEASURES["disable"](known, whom, control)]


class TestDisable:
    def test_everything_of_a_leaver_goes_and_what_is_ended_is_said_first(self) -> None:
        facts = host(
            [DANA, ANNA], [her_key("dana")],
            jobs={"crontabs": [{"user": "dana", "path": "/var/spool/cron/dana"}], "linger": ["dana"],
                  "at": [{"uid": 1001, "path": "/var/spool/at/a1"}, {"uid": 1002, "path": "/var/spool/at/a2"}],
                  "processes": [{"uid": 1001, "count": 1, "sessions": 0}]},
            factors={"oath": [{"path": "/etc/users.oath", "users": [{"user": "dana", "type": "t", "line": 1}]}],
                     "google": [], "u2f": [], "yubico": []},
        )  # fmt: skip
        steps = MEASURES["disable"](case(facts, bulwark_leavers=LEFT), "leavers", "lin-oa-leavers")
        assert paths(steps) == [
            ("ended", "dana"),
            ("edit", "/etc/shadow"),
            ("absent", "/var/spool/cron/dana"),
            ("absent", "/var/spool/at/a1"),
            ("absent", "/var/lib/systemd/linger/dana"),
            ("absent", "/home/dana/.ssh/authorized_keys"),
            ("absent", "/etc/ssh/authorized_keys.d/dana"),
            ("edit", "/etc/users.oath"),
        ]
        assert disabled(steps) == {"dana"}
        assert {(step["keeps_out"]["for_good"], step["keeps_out"]["why"]) for step in steps} == {
            (True, "Dana Ruiz left on 2026-11-20")
        }
        # What lies in the account's own hands can't keep the rest from being done.
        assert [step["optional"] for step in steps] == [False] * 5 + [True] * 3

    def test_sudo_is_denied_behind_every_other_rule(self) -> None:
        rule = {
            "users": [{"kind": "username", "name": "dana", "negated": False}],
            "hosts": [{"kind": "hostname", "name": "ALL", "negated": False}],
            "runas": [{"kind": "username", "name": "ALL", "negated": False}],
            "commands": ["ALL"], "nopasswd": True,
        }  # fmt: skip
        sudo = {"installed": True, "sources": ["files"], "rules": [rule], "defaults": []}
        steps = MEASURES["disable"](case(host([DANA], sudo=sudo), bulwark_leavers=LEFT), "leavers", "lin-oa-leavers")
        (drop_in,) = [step for step in steps if step["kind"] == "file"]
        assert drop_in["path"] == "/etc/sudoers.d/zzz-bulwark-disabled-dana"
        assert drop_in["content"].endswith("dana ALL=(ALL:ALL) !ALL\n")
        assert drop_in["mode"] == "0440"

    def test_a_key_file_of_others_as_well_stays(self) -> None:
        facts = host([DANA, ANNA])
        facts["keys"]["files"] = [
            {"user": name, "path": "/etc/ssh/keys", "exists": True, "writable_by_user": False}
            for name in ("dana", "anna")
        ]
        steps = MEASURES["disable"](case(facts, bulwark_leavers=LEFT), "leavers", "lin-oa-leavers")
        assert ("absent", "/etc/ssh/keys") not in paths(steps)

    def test_a_directorys_account_is_disabled_there(self) -> None:
        facts = host([person("dana", 1001, source="nss", password=None)])
        with pytest.raises(Left, match="directory"):
            MEASURES["disable"](case(facts, bulwark_leavers=LEFT), "leavers", "lin-oa-leavers")

    def test_a_missing_shell_alone_says_too_little(self) -> None:
        robot = person("robot", 1003, shell="/usr/sbin/nologin", password="locked")
        steps = MEASURES["disable"](case(host([robot], [her_key("robot")])), "on_paper", "lin-oa-really-disabled")
        assert steps == []
        barred = {**robot, "barred": True}
        steps = MEASURES["disable"](case(host([barred], [her_key("robot")])), "on_paper", "lin-oa-really-disabled")
        assert {step["keeps_out"]["for_good"] for step in steps} == {False}


class TestForeignKeys:
    NAMES: dict[str, Any] = {"bulwark_msp_names": {"msp:north": ["*@north.example"]}}  # noqa: RUF012

    def test_only_that_key_goes(self) -> None:
        keys = [her_key("anna", "SHA256:b", marks=["*@north.example"]), her_key("anna", "SHA256:c")]
        steps = MEASURES["take_foreign_keys"](case(host([ANNA], keys), self.NAMES, bulwark_accounts=[]), None, "c")
        assert paths(steps)[1] == ("edit", "/home/anna/.ssh/authorized_keys")
        assert {tuple(step["arguments"]["without"]) for step in steps} == {("SHA256:b",)}
        assert disabled(steps) == set()
        assert all(step["keeps_out"]["for_good"] for step in steps)

    def test_never_the_only_way_in(self) -> None:
        anna = person("anna", 1002, password="locked")
        keys = [her_key("anna", "SHA256:b", marks=["*@north.example"])]
        with pytest.raises(Left, match="anna: nothing else opens it"):
            MEASURES["take_foreign_keys"](case(host([anna], keys), self.NAMES, bulwark_accounts=[]), None, "c")


class TestBreaker:
    def test_never_more_than_its_share_and_leavers_first(self) -> None:
        users = [person("u%02d" % number, 1000 + number) for number in range(40)]
        leavers = [{"person": "u39", "left": "2026-11-20"}]
        names = {"msp:x": ["u0*"]}
        known = case(host(users), {"bulwark_msp_names": names}, bulwark_leavers=leavers, bulwark_accounts=[])
        plan = [*staged(known, "strangers", "lin-oa-msp-unregistered"), *staged(known, "leavers", "lin-oa-leavers")]
        kept, held = breaker.bounded(plan, known)
        assert disabled(kept) == {"u39", "u00", "u01", "u02"}
        assert set(held) == {"lin-oa-msp-unregistered"}
        assert "u03: a run disables 4 accounts of a host at most" in held["lin-oa-msp-unregistered"]
        assert "waits for the next run" in held["lin-oa-msp-unregistered"]

    @pytest.mark.parametrize(
        ("user", "declared", "why"),
        [
            (person("dana", 0), {}, "it is root"),
            (DANA, {"bulwark_accounts": [{"name": "dana", "kind": "break_glass", "party": "customer"}]}, "emergency"),
            (DANA, {"bulwark_accounts": [{"name": "dana", "kind": "person", "party": "vendor:v"}]},
             "the last login of vendor:v"),
        ],
    )  # fmt: skip
    def test_whom_it_never_disables(self, user: dict[str, Any], declared: dict[str, Any], why: str) -> None:
        known = case(host([user, ANNA]), bulwark_leavers=LEFT, bulwark_contracts=[],
                     **{"bulwark_msp_managed": [], **declared})  # fmt: skip
        kept, held = breaker.bounded(staged(known, "leavers", "lin-oa-leavers"), known)
        assert kept == []
        assert why in held["lin-oa-leavers"]

    def test_the_account_of_the_run(self) -> None:
        ansible = person("ansible", 1001)
        known = case(host([ansible, ANNA]), bulwark_leavers=[{"person": "ansible", "left": "2026-01-01"}])
        _kept, held = breaker.bounded(staged(known, "leavers", "lin-oa-leavers"), known)
        assert held == {"lin-oa-leavers": "ansible: it is the account of this run"}

    def test_the_last_login_of_a_party_goes_where_its_contract_is_over(self) -> None:
        accounts = [{"name": "dana", "kind": "person", "party": "msp:old"}]
        over = [{"party": "msp:old", "start": "2020-01-01", "end": "2021-01-01"}]
        known = case(host([DANA, ANNA]), bulwark_accounts=accounts, bulwark_contracts=over)
        kept, held = breaker.bounded(staged(known, "over", "lin-oa-msp-contract-end"), known)
        assert (disabled(kept), held) == ({"dana"}, {})

    def test_of_several_leavers_one_stays_where_nobody_else_is_left(self) -> None:
        leavers = [{"person": name, "left": "2026-01-01"} for name in ("anna", "dana")]
        known = case(host([DANA, ANNA]), bulwark_leavers=leavers)
        kept, held = breaker.bounded(staged(known, "leavers", "lin-oa-leavers"), known)
        assert len(disabled(kept)) == 1
        assert "the last login of customer" in held["lin-oa-leavers"]

    def test_cleaning_up_after_an_expired_account_uses_nothing_up(self) -> None:
        gone = [person("g%d" % number, 1100 + number, expired=True) for number in range(5)]
        keys = [her_key(one["name"]) for one in gone]
        known = case(host([ANNA, *gone], keys))
        kept, held = breaker.bounded(staged(known, "on_paper", "lin-oa-really-disabled"), known)
        assert (len(disabled(kept)), held) == (5, {})
