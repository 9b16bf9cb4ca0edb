# SPDX-License-Identifier: GPL-3.0-or-later
"""What a canary proves, for how long, and what it leaves open."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import Undeclared
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.context import NOTHING, Context
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Unread
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.canary import Sighting

from .host import areas, identities, judge, key, pam

FORWARD, EVENTS = "lin-lm-forward-canary", "lin-mf-events"
SENT = datetime(2026, 11, 21, 2, 0, tzinfo=timezone.utc)
OWN = {"name": "acme", "address": "logs.acme.example", "host": "acme-log"}
OTHER = {"name": "msp", "address": "logs.north.example", "party": "msp:north"}
OATH = areas(pam={"services": pam({"sshd": "auth required pam_oath.so usersfile=/etc/users.oath\n"})})


def sighting(collector: str = "acme", **parts: Any) -> Sighting:
    """Return what a collector shows of a host that is as it should be; numbers are seconds after the line was sent."""
    good = {"found": 2, "newest": -30, "until": 3, "factors": -3600, "used": -3600, **parts}
    when: dict[str, Any] = {
        name: SENT + timedelta(seconds=value) if type(value) is int else value for name, value in good.items()
    }
    return Sighting(collector, SENT, **when)


def judged(
    *seen: Sighting, control: str = FORWARD, facts: Any = OATH, collectors: Any = (OWN,), **more: Any
) -> Verdict:
    return judge(control, facts, context=Context(canary=seen or None), bulwark_collectors=[*collectors], **more)


def test_a_line_that_came_in_time_proves_the_path() -> None:
    found = judged(sighting())
    assert (found.status, found.assurance) == ("pass", "proven")
    assert found.evidence == ("acme: the line of 2026-11-21 02:00 UTC came after 2 s",)


@pytest.mark.parametrize(
    ("parts", "identity"),
    [
        ({"found": None, "until": 900}, "acme: not found"),
        ({"found": 901}, "acme: late"),
        ({"newest": -86401}, "acme: silent"),
    ],
)
def test_what_is_certainly_wrong(parts: dict[str, Any], identity: str) -> None:
    assert identities(judged(sighting(**parts))) == [identity]


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ([sighting(found=None, until=60)], "waited for less than 15 minutes"),
        ([sighting(newest=None)], "doesn't tell when the newest other line came"),
        ([sighting(problem="unreachable: no route")], "was not looked for: unreachable: no route"),
        ([sighting("former")], "acme: no canary was sent to it"),
    ],
)
def test_what_can_not_be_told(seen: list[Sighting], reason: str) -> None:
    found = judged(*seen)
    assert found.status == "unknown"
    assert reason in found.reason


def test_each_declared_collector_counts() -> None:
    both = (OWN, OTHER)
    assert judged(sighting(), sighting("msp"), collectors=both).status == "pass"
    assert judged(sighting(), sighting("msp", problem="elsewhere"), collectors=both).status == "unknown"
    assert identities(judged(sighting(), sighting("msp", found=None, until=900), collectors=both)) == ["msp: not found"]


def test_a_canary_proves_nothing_for_long() -> None:
    assert judged(sighting(), thresholds={"bulwark_forward_canary_days": 0}).status == "stale"
    assert "more than 0 days old" in judged(sighting(), thresholds={"bulwark_forward_canary_days": 0}).reason


def test_without_a_record_nothing_is_known() -> None:
    with pytest.raises(Unread, match="no canary was sent"):
        judged()
    with pytest.raises(Unread, match="is broken"):
        judge(FORWARD, OATH, context=Context(canary="/r/acme.json is broken"), bulwark_collectors=[OWN])
    with pytest.raises(Undeclared):
        judge(FORWARD, OATH, context=NOTHING)
    with pytest.raises(NotApplicable, match="is a collector"):
        judge(FORWARD, OATH, bulwark_host_functions=["collector"])


def test_nobody_collects() -> None:
    for control, cause in ((FORWARD, "lin-lm-forward-tls"), (EVENTS, "lin-lm-forward-canary")):
        found = judged(control=control, collectors=())
        assert (identities(found), found.cause) == (["no collector"], cause)


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ({}, "pass"),
        ({"used": None}, "pass"),
        ({"used": -3600 - 86400}, "pass"),
        ({"factors": None}, "fail"),
        ({"factors": -86400}, "fail"),
        ({"factors": -8 * 86400}, "fail"),
        ({"factors": -8 * 86400, "used": None}, "unknown"),
        ({"factors": None, "used": None}, "unknown"),
        ({"factors": None, "used": -8 * 86400}, "unknown"),
        ({"factors": None, "cut": True}, "unknown"),
        ({"factors": None, "found": None, "until": 60}, "unknown"),
        ({"problem": "unreachable"}, "unknown"),
    ],
)
def test_second_factors_at_the_collector(parts: dict[str, Any], status: str) -> None:
    assert judged(sighting(**parts), control=EVENTS).status == status


def test_what_is_cut_off_altogether_is_the_cause() -> None:
    found = judged(sighting(found=None, until=900, factors=None), control=EVENTS)
    assert (identities(found), found.cause) == (["acme: second factors"], FORWARD)
    assert judged(sighting(factors=None), control=EVENTS).cause is None


def test_where_nobody_is_asked_there_is_nothing_to_see() -> None:
    with pytest.raises(NotApplicable, match="neither sshd nor sudo asks"):
        judged(sighting(), control=EVENTS, facts=areas())
    held = areas(keys={"authorized": [key("ana", "sk-ssh-ed25519@openssh.com")], "unreadable": {}, "files": []})
    assert judged(sighting(), control=EVENTS, facts=held).status == "pass"
