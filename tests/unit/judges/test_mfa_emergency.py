# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import Undeclared
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict

from .host import areas, identities, judge, user

GROUP = {"bulwark_break_glass_group": "rescue"}


def rescue(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": "break_glass", "party": "customer", "tested": "2026-06-01", **more}


def breakglass(members: list[str], *accounts: dict[str, Any]) -> Verdict:
    facts = areas([user(name, groups=["rescue"]) for name in members] or [user("ana")])
    return judge("lin-mf-breakglass", facts, thresholds=GROUP, bulwark_accounts=list(accounts))


def test_a_small_tested_group_of_the_customer_passes_on_its_owner_s_word() -> None:
    verdict = breakglass(["one"], rescue("one"))
    assert (verdict.status, verdict.assurance) == ("pass", "attested")
    assert "not seen: whether their use raises an alarm" in verdict.evidence


@pytest.mark.parametrize(
    ("members", "accounts", "wrong"),
    [
        (["one", "ana"], [rescue("one")], ["ana: not registered"]),
        ([], [rescue("one")], ["one: not exempt"]),
        (["one"], [rescue("one", tested="2025-01-01")], ["one: tested"]),
        (["one"], [rescue("one", tested=None)], ["one: tested"]),
        (["one"], [rescue("one", party="msp:north")], ["one: party"]),
        (["one"], [rescue("one", status="proposed")], ["one: not registered"]),
        (["a", "b", "c"], [rescue("a"), rescue("b"), rescue("c")], ["more than 2"]),
    ],
)
def test_what_widens_the_exemption(members: list[str], accounts: list[dict[str, Any]], wrong: list[str]) -> None:
    assert identities(breakglass(members, *accounts)) == wrong


def test_without_exemption_or_register() -> None:
    with pytest.raises(NotApplicable):
        judge("lin-mf-breakglass", areas(), bulwark_accounts=[])
    with pytest.raises(Undeclared):
        judge("lin-mf-breakglass", areas(), thresholds=GROUP)
