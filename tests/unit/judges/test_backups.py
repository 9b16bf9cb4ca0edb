# SPDX-License-Identifier: GPL-3.0-or-later
"""Which snapshots count as backups, and which of them look as they shouldn't."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.backups import abnormal
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict
from hypothesis import given
from hypothesis import strategies as st

from .host import identities, judge, policy

NOW = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
DATA = {"name": "data", "tool": "restic", "repository": "/srv/r", "scope": ["/etc"], "rpo": "24h", "key_file": "/k"}
MB = 1024 * 1024
POLICY = policy()


def snapshot(
    hours: int, added: int | None = MB, size: int | None = 100 * MB, files: int | None = 1000
) -> dict[str, Any]:
    """Return a snapshot of so many hours ago, with what it brought and held."""
    moment = (NOW - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "id": "s%d" % hours, "time": moment, "paths": ["/etc"], "host": "web", "excludes": [], "files": files,
        "bytes": size, "added": added,
    }  # fmt: skip


def facts(snapshots: list[dict[str, Any]], **parts: Any) -> dict[str, Any]:
    """Return the facts of a host with one backup."""
    found = {"snapshots": snapshots, "total": len(snapshots), "ahead": [], "others": [], **parts}
    return {
        "system": {"now": NOW.timestamp(), "hostname": "web"},
        "backups": {"sets": {"data": found}, "system": ["/etc"], "tools": {}},
        "units": {"active": []},
    }


def fresh(*snapshots: dict[str, Any], **more: Any) -> Verdict:
    return judge("lin-bk-fresh", facts(list(snapshots)), bulwark_backups=[{**DATA, **more}])


NIGHTLY = [snapshot(hours) for hours in range(25 + 24 * 12, 24, -24)]


def test_the_newest_counts_by_the_objective_or_the_policy() -> None:
    assert fresh(*NIGHTLY, snapshot(23)).status == "pass"
    assert identities(fresh(*NIGHTLY)) == ["data: old"]
    assert fresh(*NIGHTLY, rpo="2d").status == "pass"
    bound = judge(
        "lin-bk-fresh", facts(NIGHTLY), thresholds={"bulwark_backup_max_age_hours": 30}, bulwark_backups=[DATA]
    )
    assert bound.status == "pass"


def test_a_young_snapshot_of_which_all_is_new_is_no_good_one() -> None:
    found = fresh(*NIGHTLY, snapshot(1, added=90 * MB))
    assert identities(found) == ["data: old", "data: s1"]
    assert found.severity is None
    found = fresh(*NIGHTLY, snapshot(3), snapshot(1, added=90 * MB))
    assert identities(found) == ["data: s1"]
    assert found.severity == "high"


def test_an_unusual_one_stays_named_while_others_follow() -> None:
    assert identities(fresh(*NIGHTLY, snapshot(5, added=90 * MB), snapshot(3), snapshot(1))) == ["data: s5"]


@pytest.mark.parametrize(
    "last",
    [
        snapshot(1, size=70 * MB),
        snapshot(1, files=10),
        snapshot(1, added=26 * MB),
    ],
)
def test_what_is_gone_or_new_stands_out(last: dict[str, Any]) -> None:
    assert list(abnormal([*NIGHTLY, last], POLICY)) == ["s1"]


@pytest.mark.parametrize(
    "snapshots",
    [
        [snapshot(1, added=100 * MB)],
        [snapshot(50, added=100 * MB), snapshot(1)],
        [snapshot(hours, added=60 * MB) for hours in (99, 75, 51, 27, 3)][1:],
        [snapshot(50, size=1000), snapshot(1, added=60 * 1024, size=1000)],
        [*NIGHTLY, snapshot(1, size=900 * MB, added=MB)],
        [snapshot(50, None, None, None), snapshot(1, None, None, None)],
        [snapshot(50), {**snapshot(1, added=90 * MB), "paths": ["/srv"]}],
    ],
    ids=["first", "second", "much-each-night", "little", "more-of-the-same", "uncounted", "of-another-scope"],
)
def test_what_is_usual_does_not(snapshots: list[dict[str, Any]]) -> None:
    unusual = abnormal(snapshots, POLICY)
    assert "s1" not in unusual


COUNT = st.none() | st.integers(0, 10**15)


@given(st.lists(st.tuples(COUNT, COUNT, COUNT), max_size=30))
def test_any_counts_are_taken(counts: list[tuple[int | None, ...]]) -> None:
    snapshots = [{**snapshot(900 - index, *three)} for index, three in enumerate(counts)]
    assert set(abnormal(snapshots, POLICY)) <= {one["id"] for one in snapshots[1:]}


def test_an_unread_repository_is_unknown_with_the_reason_and_none_needed_is_not_applicable() -> None:
    state = facts([])
    del state["backups"]["sets"]["data"]["snapshots"]
    error = {"area": "backups", "fact": "data.snapshots", "reason": "restic exited 1: no"}
    found = judge("lin-bk-fresh", state, [error], bulwark_backups=[DATA])
    assert (found.status, found.reason) == ("unknown", "data: restic exited 1: no")
    with pytest.raises(NotApplicable):
        judge("lin-bk-fresh", state, bulwark_backups=[])


@pytest.mark.parametrize(
    ("tool", "mode", "status"),
    [
        ("restic", "restic (AES-256)", "pass"),
        ("borg", "keyfile-blake2", "pass"),
        ("borg", "authenticated-blake2", "fail"),
        ("borg", "none", "fail"),
        ("borg", "something", "fail"),
        ("command", "LUKS", "pass"),
        ("command", "none", "fail"),
        ("command", None, "unknown"),
    ],
)
def test_what_encrypts(tool: str, mode: str | None, status: str) -> None:
    found = judge("lin-bk-encrypted", facts([], encryption=mode), bulwark_backups=[{**DATA, "tool": tool}])
    assert found.status == status


def test_a_key_attested_for_tomorrow_is_attested_for_nothing() -> None:
    keys = [{"path": "/k", "real": "/k", "opens": True, "there": True, "mode": "0400", "uid": 0, "in_repository": False,
             "in_snapshot": False}]  # fmt: skip
    entry = {**DATA, "escrow": "2026-11-23"}
    assert identities(judge("lin-bk-key-apart", facts([], keys=keys), bulwark_backups=[entry])) == ["data: escrow"]
    entry = {**DATA, "escrow": "2026-11-22"}
    assert judge("lin-bk-key-apart", facts([], keys=keys), bulwark_backups=[entry]).status == "pass"


def test_a_key_that_may_lie_in_what_it_opens_is_unknown() -> None:
    keys = [{"path": "/etc/k", "real": "/etc/k", "opens": True, "there": True, "mode": "0600", "uid": 0,
             "in_repository": False, "in_snapshot": None}]  # fmt: skip
    entry = {**DATA, "escrow": "2026-11-22"}
    assert judge("lin-bk-key-apart", facts([], keys=keys), bulwark_backups=[entry]).status == "unknown"
