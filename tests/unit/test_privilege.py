# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import build
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.privilege import powers, privileged
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case

from tests.unit.judges.host import TODAY, policy, user


def case(*accounts: dict[str, Any], sudo: dict[str, Any] | None = None) -> Case:
    facts = Facts({"areas": {"sudo": sudo or {"installed": False}}, "errors": []})
    return Case(facts, policy(), build({"bulwark_accounts": list(accounts)}), TODAY)


def test_what_makes_an_account_privileged() -> None:
    admin = {"name": "ana", "kind": "person", "party": "customer", "admin": True}
    one = user("ana", uid=0, groups=["ana", "docker", "wheel", "adm"])
    assert powers(case(admin), one) == ["uid 0", "group wheel", "group docker", "admin in bulwark_accounts"]
    assert powers(case(), user("ana")) == []


def test_a_proposed_entry_makes_nobody_privileged() -> None:
    entry = {"name": "ana", "kind": "person", "party": "customer", "admin": True, "status": "proposed"}
    assert not privileged(case(entry), user("ana"))


def test_sudo_is_not_asked_about_whom_a_group_makes_privileged() -> None:
    unread = Case(Facts({"areas": {}, "errors": []}), policy(), build({}), TODAY)
    assert privileged(unread, user("ana", groups=["disk"]))
