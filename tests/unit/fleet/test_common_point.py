# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of one service can be restored to one moment, or the customer reads which can't."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.fleet.compared import NOT_READ, HostLinks
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fleet.room import KEY, KNOWN
from tests.unit.fleet.room import judge as judged

CONTROL = "lin-bk-common-point"
NOON = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
SERVICE = {"bulwark_backups": [{"name": "nightly", "service": "shop"}]}


def host(name: str, minutes: Iterable[float], rpo: float = 24.0, unread: str | None = None) -> HostLinks:
    """Return a host with snapshots so many minutes after noon."""
    times = [(NOON + timedelta(minutes=each)).strftime("%Y-%m-%dT%H:%M:%SZ") for each in sorted(minutes)]
    return HostLinks("acme", name, KEY.id, points={"shop": {"times": times, "rpo": rpo, "unread": unread}})


def finding(*hosts: HostLinks, registers: Any = None) -> dict[str, Any]:
    """Return acme's finding."""
    policy = {name: {"value": value} for name, value in KNOWN.defaults("baseline").items()}
    made = judged(hosts, CONTROL, policy=policy, acme=SERVICE if registers is None else registers)
    return made["acme"].own


def test_hosts_that_are_saved_at_once_pass() -> None:
    found = finding(host("acme-web", [0, 1440]), host("acme-db", [30, 1500]), host("acme-files", [59, 1499]))
    assert (found["status"], found["actual"]) == ("pass", [])
    assert "service shop (acme-db, acme-files, acme-web): 2026-11-23 13:00 UTC" in found["evidence"][0]


def test_hosts_that_never_meet_are_named() -> None:
    found = finding(host("acme-web", [0, 1440]), host("acme-db", [300, 1740]))
    assert found["status"] == "fail"
    assert found["actual"] == ["service shop: acme-db, acme-web have no snapshots within 60 minutes of each other"]


def test_a_meeting_long_ago_is_no_common_point() -> None:
    found = finding(host("acme-web", [0, 1440, 2880]), host("acme-db", [0]))
    assert found["status"] == "fail"
    assert "without a common point since 2026-11-22 12:00 UTC" in found["actual"][0]


def test_a_shorter_rpo_asks_for_more() -> None:
    assert finding(host("acme-web", [0], 0.5), host("acme-db", [40], 0.5))["status"] == "fail"
    assert finding(host("acme-web", [0], 0.5), host("acme-db", [30], 0.5))["status"] == "pass"


def test_who_has_no_snapshot_at_all_shares_none() -> None:
    assert finding(host("acme-web", [0]), host("acme-db", []))["status"] == "fail"


def test_what_was_not_read_is_not_judged() -> None:
    found = finding(host("acme-web", [0]), host("acme-db", [], unread="nightly: restic exited 1"))
    assert (found["status"], "restic exited 1" in found["reason"]) == ("unknown", True)
    found = finding(host("acme-web", [0]), HostLinks("acme", "acme-db", None, problem=NOT_READ))
    assert (found["status"], found["reason"]) == ("unknown", "acme-db: not read")


def test_without_a_service_there_is_nothing_to_judge() -> None:
    found = finding(host("acme-web", [0]), registers={"bulwark_backups": [{"name": "nightly"}]})
    assert found["status"] == "not_applicable"


@given(st.lists(st.lists(st.integers(0, 10000), max_size=8), min_size=2, max_size=4))
def test_a_common_point_is_one_for_every_host(minutes: list[list[int]]) -> None:
    hosts = [host(f"acme-{number}", each) for number, each in enumerate(minutes)]
    meet = [end for each in minutes for end in each if all(any(end - 60 <= at <= end for at in one) for one in minutes)]
    newest = max((at for each in minutes for at in each), default=0)
    assert finding(*hosts)["status"] == ("pass" if meet and newest - max(meet) <= 1440 else "fail")
