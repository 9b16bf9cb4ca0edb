# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import Undeclared
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict

from tests.unit.judges.host import areas, identities, judge, user

NOW = int(datetime(2026, 11, 22, 12, tzinfo=timezone.utc).timestamp())
SPIKE, CANARY, USAGE = "lin-aa-failed-spike", "lin-aa-canary", "lin-aa-msp-usage"
KIM = {"name": "kim", "kind": "person", "party": "msp:north", "person": "Kim", "sources": ["10.8.0.0/24"]}
CONTRACT = {"party": "msp:north", "start": "2026-01-01", "end": "2026-12-31"}
ORDER = {"ticket": "CHG-1", "accounts": ["kim"], "start": "2026-11-22T11:00", "end": "2026-11-22T13:00"}


def judged(control: str, known: Mapping[str, Any], since: int | None = 0, **declared: Any) -> Verdict:
    """Return the verdict on a host with ana and kim and these facts of its log."""
    empty: dict[str, Any] = {"accounts": {}, "sources": [], "unknown_names": 0, "attempts": {}, "logons": {}}
    log = {"logs": [{"name": "journal", "since": since, "cut": None}], "since": since, "whole": False}
    users = [user("ana", changed="2026-11-21"), user("kim", 1001, changed="2026-11-21")]
    facts = areas(users, {"loglevel": ["INFO"]}, failures={**empty, "changes": {}, "full": [], **log, **known})
    facts["system"] = {**facts["system"], "now": NOW}
    facts["sudo"] = {"installed": False}
    return judge(control, facts, **declared)


def account(count: int) -> dict[str, Any]:
    return {"count": count, "local": 0, "sources": {"192.0.2.7": count}, "more_sources": False}


def test_counts_decide() -> None:
    many = {"address": "192.0.2.7", "count": 10, "accounts": [f"user{n}" for n in range(10)]}
    assert judged(SPIKE, {"accounts": {"ana": account(9)}}, bulwark_accounts=[]).status == "pass"
    found = judged(SPIKE, {"accounts": {"ana": account(10)}, "sources": [many]}, bulwark_accounts=[])
    assert identities(found) == ["ana: failed logons", "192.0.2.7: tries many accounts"]


@pytest.mark.parametrize("since", [None, NOW - 3600])
def test_nothing_found_in_a_short_log_is_unknown_and_what_is_found_counts(since: int | None) -> None:
    assert judged(SPIKE, {}, since, bulwark_accounts=[]).status == "unknown"
    assert judged(SPIKE, {"accounts": {"ana": account(10)}}, since, bulwark_accounts=[]).status == "fail"


def test_a_provider_fails_from_elsewhere_from_the_first() -> None:
    known = {"accounts": {"kim": account(1)}, "attempts": {"kim": {"list": [[NOW - 5, "192.0.2.7"]], "more": 0}}}
    assert identities(judged(SPIKE, known, bulwark_accounts=[KIM])) == ["kim: failed from 192.0.2.7"]
    known["attempts"]["kim"]["list"] = [[NOW - 5, "10.8.0.4"]]
    assert judged(SPIKE, known, bulwark_accounts=[KIM], bulwark_contracts=[CONTRACT]).status == "pass"
    over = {**CONTRACT, "end": "2026-11-01"}
    found = judged(SPIKE, known, bulwark_accounts=[KIM], bulwark_contracts=[over])
    assert identities(found) == ["kim: failed outside of its contract"]
    assert judged(SPIKE, known).status == "unknown"


def test_failures_after_a_change_of_a_sensitive_account() -> None:
    after = {"changes": {"kim": {"when": NOW - 600, "after": 2, "unsure": 0}}}
    assert identities(judged(CANARY, after, bulwark_accounts=[KIM])) == ["kim: failures after its password change"]
    unsure = {"changes": {"kim": {"when": None, "after": 0, "unsure": 2}}}
    assert judged(CANARY, unsure, bulwark_accounts=[KIM]).status == "unknown"
    assert judged(CANARY, {}, bulwark_accounts=[KIM]).status == "pass"
    with pytest.raises(NotApplicable):
        judged(CANARY, after, bulwark_accounts=[])


def test_each_session_is_explained_or_named() -> None:
    known = {"logons": {"kim": {"list": [[NOW, "10.8.0.4", "publickey"]], "more": 0}}}
    declared: dict[str, Any] = {"bulwark_contracts": [CONTRACT], "bulwark_work_orders": [ORDER]}
    assert judged(USAGE, known, bulwark_accounts=[KIM], **declared).status == "pass"
    nameless = {**KIM, "person": None, "sources": ["192.0.2.0/24"]}
    found = judged(USAGE, known, bulwark_accounts=[nameless], bulwark_contracts=[], bulwark_work_orders=[])
    assert identities(found) == ["kim: no person", "kim: from 10.8.0.4", "kim: no work order"]
    assert found.unread == ("kim: no contract of msp:north in bulwark_contracts",)
    machine = {**KIM, "kind": "automation"}
    assert judged(USAGE, known, bulwark_accounts=[machine], bulwark_contracts=[CONTRACT]).status == "pass"
    with pytest.raises(Undeclared):
        judged(USAGE, known)
