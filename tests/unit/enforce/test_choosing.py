# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be enforced: what fails, is of a class that allows it and has tasks; the door comes last."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.choosing import Choice, choose
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES

KNOWN = catalogue.load()
METHODS, ENROLLED, TRIES, FAILLOCK = (
    "lin-mf-ssh-methods", "lin-mf-enrolled", "lin-ic-ssh-max-tries", "lin-ic-faillock",
)  # fmt: skip
STAGED, NEVER = "lin-mf-sudo", "lin-mf-hosts-redirect"


def chosen(*failing: str, staged: tuple[str, ...] = (), enforced: Any = JUDGES) -> Choice:
    findings = [{"control": control, "status": "fail"} for control in failing]
    return choose({"findings": findings}, {"bulwark_staged": list(staged)}, KNOWN, enforced)


def test_what_a_login_is_asked_for_comes_before_sshd_asks_it() -> None:
    assert chosen(TRIES, METHODS, FAILLOCK, ENROLLED).failing == [FAILLOCK, ENROLLED, TRIES, METHODS]


def test_what_only_follows_from_another_failure_is_mended_too() -> None:
    findings = [{"control": METHODS, "status": "fail"}, {"control": ENROLLED, "status": "fail", "caused_by": METHODS}]
    assert choose({"findings": findings}, {}, KNOWN, JUDGES).failing == [ENROLLED, METHODS]


@pytest.mark.parametrize("status", ["pass", "unknown", "waived", "not_applicable", "stale", "not_attested"])
def test_nothing_but_failures_is_enforced(status: str) -> None:
    assert choose({"findings": [{"control": METHODS, "status": status}]}, {}, KNOWN, JUDGES) == Choice([], {})


def test_one_whose_waiver_ended_is_enforced_and_says_so() -> None:
    ended = "A waiver of Olga no longer holds: what was found has changed since."
    findings = [{"control": METHODS, "status": "fail", "reason": ended},
                {"control": TRIES, "status": "fail", "reason": ""},
                {"control": FAILLOCK, "status": "unknown", "reason": "not read"}]  # fmt: skip
    choice = choose({"findings": findings}, {}, KNOWN, JUDGES)
    assert (set(choice.failing), choice.unwaived) == ({METHODS, TRIES}, {METHODS: ended})


def test_a_staged_control_is_enforced_where_it_is_named() -> None:
    assert chosen(STAGED).left == {STAGED: "it is staged: it is enforced only where bulwark_staged names it"}
    assert chosen(STAGED, staged=(STAGED,)) == Choice([STAGED], {})


def test_one_that_is_never_enforced_says_why() -> None:
    only = chosen(NEVER, staged=(NEVER,))
    assert only.failing == []
    assert only.left[NEVER].startswith("Never enforced: ")


def test_what_another_playbook_does_is_left_to_it() -> None:
    """Even where it is named as staged."""
    other = replace(KNOWN.control(STAGED), playbook="patch")
    known = replace(KNOWN, controls={**KNOWN.controls, STAGED: other})
    document = {"findings": [{"control": STAGED, "status": "fail"}]}
    left = choose(document, {"bulwark_staged": [STAGED]}, known, JUDGES).left
    assert left == {STAGED: "the playbook bulwark.msp.patch does that"}


def test_one_without_tasks_is_left() -> None:
    assert chosen(METHODS, enforced=()).left == {METHODS: "no role enforces it yet"}


def test_every_control_is_either_enforced_or_left_with_a_reason() -> None:
    choice = chosen(*JUDGES)
    assert sorted([*choice.failing, *choice.left]) == sorted(JUDGES)
    assert all(choice.left.values())
