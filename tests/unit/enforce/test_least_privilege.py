# SPDX-License-Identifier: GPL-3.0-or-later
"""Drop-ins that limit sudo, su's group, modes and automation's keys."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.edits import pam_lines, shadow_lock
from ansible_collections.bulwark.msp.plugins.module_utils.edits.refused import Refused
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import build
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.all import MEASURES
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left, Step
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.judges.host import policy
from tests.unit.judges.test_least_privilege_sudo import CONTRACTS, FULL, REGISTER, host, rule

TODAY = date(2026, 11, 23)
SCOPED = [{**REGISTER[0], "scope": ["/usr/bin/systemctl restart a,b=c", "/usr/bin/id", "mail"]}]


def steps(measure: str, *rules: dict[str, Any], register: list[dict[str, Any]] = SCOPED, **more: Any) -> list[Step]:
    facts = host(*rules, **more)
    facts["sudo"]["drop_ins"] = more.get("drop_ins", ["README", "provider"])
    facts["system"]["account"] = more.get("account", "ansible")
    declared = {"bulwark_accounts": register, "bulwark_contracts": CONTRACTS}
    case = Case(Facts({"areas": facts, "errors": []}), policy(), build(declared), TODAY)
    return MEASURES[measure](case, None, "lin-lp-x")


def content(*arguments: Any, **more: Any) -> list[str]:
    (step,) = steps(*arguments, **more)
    assert (step["mode"], step["path"]) == ("0440", "/etc/sudoers.d/zz-bulwark-kim-lin-lp-x")
    return list(step["content"].splitlines()[1:])


def test_the_scope_takes_the_place_of_all() -> None:
    assert content("sudo_within_scope", rule("kim", "ALL")) == [
        "kim ALL = (ALL:ALL) !ALL",
        r"kim ALL = (root) NOTAFTER=20270101235959Z NOEXEC: /usr/bin/systemctl restart a\,b\=c",
        "kim ALL = (root) NOTAFTER=20270101235959Z /usr/bin/id",
    ]


def test_under_a_contract_all_stays_with_an_end_and_a_log() -> None:
    assert content("sudo_within_scope", rule("kim", "ALL", nopasswd=True), register=FULL) == [
        "Defaults:kim log_output",
        "kim ALL = (ALL:ALL) !ALL",
        "kim ALL = (root) NOTAFTER=20270101235959Z PASSWD: ALL",
    ]


def test_powers_end_and_nothing_is_granted() -> None:
    assert content("sudo_ends", rule("kim", "/usr/bin/id")) == ["kim ALL = (ALL:ALL) NOTBEFORE=20270102000000Z !ALL"]
    early = [{**SCOPED[0], "expires": "2026-12-01"}]
    assert "NOTBEFORE=20261202000000Z" in content("sudo_ends", rule("kim", "/usr/bin/id"), register=early)[0]


def test_a_pager_needs_no_scope() -> None:
    register = [REGISTER[0]]
    found = content("sudo_single_commands", rule("kim", "/usr/bin/less", arguments="given"), register=register)
    assert found == ["Defaults:kim noexec"]


@pytest.mark.parametrize(
    ("measure", "more", "why"),
    [
        ("sudo_within_scope", {"register": [REGISTER[0]]}, "scope of kim names no command"),
        ("sudo_within_scope", {"register": [{**REGISTER[0], "scope": ["/bin/*"]}]}, "wildcards"),
        ("sudo_within_scope", {"drop_ins": None}, "other rules after"),
        ("sudo_within_scope", {"drop_ins": ["zzz"]}, "zzz would have the last word"),
        ("sudo_within_scope", {"account": "kim"}, "what this run comes by"),
        ("sudo_ends", {"account": "kim"}, "what this run comes by"),
        ("sudo_within_scope", {"register": [{**FULL[0], "kind": "shared"}]}, "no named person"),
    ],
)
def test_what_is_left(measure: str, more: dict[str, Any], why: str) -> None:
    with pytest.raises(Left, match=why):
        steps(measure, rule("kim", "ALL"), **more)


def test_our_own_drop_ins_may_follow() -> None:
    assert steps("sudo_ends", rule("kim", "ALL"), drop_ins=["zz-bulwark-lin-mf-sudo"])


def test_pam_wheel_stands_behind_root_and_before_the_password() -> None:
    text = "auth sufficient pam_rootok.so\n# x\n@include common-auth\n@include common-account\n"
    new = {"control": "required", "module": "pam_wheel", "options": ["use_uid"], "before": ["common-auth"]}
    changed = pam_lines.edit(text, {"facility": "auth", "insert": [new]}, {})
    assert changed.split("\n")[2].split() == ["auth", "required", "pam_wheel.so", "use_uid"]
    assert pam_lines.edit(changed, {"facility": "auth", "insert": [new]}, {}) == changed


@given(st.text(), st.text(min_size=1))
def test_locking_twice_is_locking_once(text: str, name: str) -> None:
    try:
        locked = shadow_lock.edit(text, {"accounts": [name]}, {})
    except Refused:
        return
    assert shadow_lock.edit(locked, {"accounts": [name]}, {}) == locked


def test_a_locked_password_can_be_unlocked() -> None:
    text = "root:$y$x:1::::::\nann:*:1::::::\n"
    wanted = {"accounts": ["root", "ann"]}
    assert shadow_lock.edit(text, wanted, {}) == "root:!$y$x:1::::::\nann:*:1::::::\n"
