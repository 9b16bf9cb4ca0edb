# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the journal outlives a boot, and may hold what the retention asks for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.context import Context
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.kept_journal import shown
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict

from tests.unit.judges.host import identities, judge
from tests.unit.judges.journal_host import DAY, GIB, MIB, NOW, held, host, mount

PERSIST, CAP = "lin-lm-journal-persist", "lin-lm-journal-cap"
AT = "/etc/systemd/journald.conf:3"
VOLATILE = {"path": "/run/log/journal/m", "there": True, "active": True, "files": 1, "bytes": 8 * MIB}
NOWHERE = {"path": "/var/log/journal/m", "there": False, "active": False, "files": 0, "bytes": 0}


def said(value: Any) -> dict[str, Any]:
    return {"value": value, "place": AT}


def cap(journal: dict[str, Any] | None = None, looked: int | None = None, **more: Any) -> Verdict:
    earlier = {CAP: {"looked": str(looked)}} if looked is not None else None
    return judge(CAP, host(journal, **more), context=Context(earlier=earlier))


def test_a_journal_on_disk_passes() -> None:
    assert judge(PERSIST, host()).status == "pass"
    assert cap().status == "pass"


@pytest.mark.parametrize(
    ("journal", "wrong"),
    [
        ({"storage": said("volatile")}, "Storage=volatile"),
        ({"storage": said("none"), "persistent": NOWHERE}, "Storage=none"),
        ({"persistent": NOWHERE, "runtime": VOLATILE}, "Storage=auto"),
        ({"persistent": NOWHERE, "runtime": VOLATILE}, "in memory"),
        ({"storage": said("persistent"), "runtime": VOLATILE}, "in memory"),
        ({"level": said("warning")}, "MaxLevelStore"),
    ],
)
def test_a_journal_that_does_not_outlive_a_boot_fails(journal: dict[str, Any], wrong: str) -> None:
    assert wrong in identities(judge(PERSIST, host(journal)))


def test_a_file_system_in_memory_is_no_disk() -> None:
    mounts = {"points": [mount("/"), mount("/var/log/journal", "tmpfs")], "fstab": [], "units": []}
    found = judge(PERSIST, host(mounts=mounts))
    assert identities(found) == ["in memory"] and "/var/log/journal is in memory (tmpfs)" in found.wrong[0].text
    assert (cap(mounts=mounts).status, cap(mounts=mounts).cause) == ("fail", PERSIST)


def test_a_journald_that_is_stopped_and_a_host_without_systemd() -> None:
    assert "systemd-journald is not running" in identities(judge(PERSIST, host(units={"active": []})))
    for control in (PERSIST, CAP):
        with pytest.raises(NotApplicable, match="systemd"):
            judge(control, host(system={"systemd": False}))


def test_a_ceiling_of_half_a_year_keeps_nothing() -> None:
    limits = {"max_use": said(50 * MIB), "retention": said(180 * DAY)}
    found = cap({"limits": limits})
    assert identities(found) == ["cap"]
    assert "which is 5 days" in found.wrong[0].text and AT in found.wrong[0].text
    assert found.cause is None  # 200 days are there, whatever comes next


@pytest.mark.parametrize(
    ("limits", "days"),
    [
        ({}, None),
        ({"max_files": said(10)}, 128),
        ({"max_files": said(0), "max_use": said(20 * GIB)}, None),
        ({"max_use": said(20 * GIB), "max_file_size": said(16 * MIB)}, 160),
        ({"max_use": said(1 * MIB), "max_file_size": said(GIB), "max_files": said(0)}, None),
        ({"keep_free": said(50 * GIB)}, 102),
    ],
)
def test_every_bound_of_journald_counts(limits: dict[str, Any], days: int | None) -> None:
    found = cap({"limits": limits})
    assert found.status == ("fail" if days else "pass")
    if days:
        assert f"which is {days} days" in found.wrong[0].text


def test_the_last_week_counts_where_more_was_written_in_it() -> None:
    busy = held(200)
    busy["growth"]["recent"]["bytes"] = 7 * 100 * MIB
    assert identities(cap(busy)) == ["cap"]


def test_too_short_a_log_is_not_measured() -> None:
    found = cap(held(2))
    assert found.status == "unknown" and "holds 48 hours only" in found.reason
    assert cap({**held(2), "growth": None}).status == "unknown"
    # What is certainly wrong is wrong all the same.
    assert identities(cap({**held(2), "limits": {"retention": said(30 * DAY)}})) == ["MaxRetentionSec"]


def test_what_is_too_young_already_is_the_cause() -> None:
    assert cap({**held(20), "limits": {"max_use": said(50 * MIB)}}).cause == "lin-lm-oldest-event"


@pytest.mark.parametrize(
    ("kind", "value", "wrong"),
    [
        ("time", 30 * DAY, "vacuum: /etc/cron.daily/tidy"), ("time", 180 * DAY, None), ("time", None, None),
        ("size", 100 * MIB, "vacuum: /etc/cron.daily/tidy"), ("size", 2 * GIB, None),
        ("files", 2, "vacuum: /etc/cron.daily/tidy"), ("files", 0, None),
        ("delete", None, "deletes: /etc/cron.daily/tidy"),
    ],
)  # fmt: skip
def test_what_vacuums(kind: str, value: int | None, wrong: str | None) -> None:
    found = cap({"vacuum": [{"place": "/etc/cron.daily/tidy", "kind": kind, "value": value}]})
    assert identities(found) == ([wrong] if wrong else [])
    assert found.status == ("fail" if wrong else "pass" if value is not None else "unknown")


def test_messages_left_out_are_compared_with_the_last_run() -> None:
    left = [{"at": NOW - 60, "unit": "web.service", "count": 9}, {"at": NOW - 7200, "unit": "web.service", "count": 5}]
    first = cap({"suppressed": left})
    assert (first.status, first.remember) == ("pass", {"looked": str(NOW)})
    again = cap({"suppressed": left}, looked=NOW - 3600)
    assert (identities(again), again.severity) == (["left out: web.service"], "medium")
    assert "left out 9 messages" in again.wrong[0].text
    assert cap({"suppressed": left}, looked=NOW).status == "pass"


def test_bytes_are_told_in_words() -> None:
    assert [shown(one) for one in (3 * GIB, 1.5 * MIB, 2048)] == ["3.0 GiB", "1.5 MiB", "2 KiB"]
