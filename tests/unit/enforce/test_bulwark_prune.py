# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is forged, pruning removes no good snapshot: it holds back, and says why."""

from __future__ import annotations

import importlib.machinery
import importlib.util
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

PROGRAM = Path(__file__).resolve().parents[3] / "roles/backups/files/bulwark_prune.py"
DAY = 86400.0
NOW = 1_800_000_000.0
CONFIGURATION = {
    "name": "web", "tool": "restic", "repository": "/r", "keep_within_days": 30, "delay_days": 14, "rpo_hours": 24,
    "change_percent": 50,
}  # fmt: skip


def _load() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("bulwark_prune", str(PROGRAM))
    spec = importlib.util.spec_from_loader("bulwark_prune", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


prune = _load()


def snapshot(id_: str, time: float, group: str = "web /srv", size: int = 1000, added: int = 10) -> dict[str, Any]:
    """Return a snapshot of the repository, with what the tool would measure."""
    return {"id": id_, "time": time, "group": group, "size": size, "added": added}


class Tool:
    """A repository."""

    def __init__(self, held: list[dict[str, Any]]) -> None:
        self.held = held

    def snapshots(self) -> list[dict[str, Any]]:
        return [{key: one[key] for key in ("id", "time", "group")} for one in self.held]

    def measure(self, id_: str, _previous: str | None) -> dict[str, int]:
        found = next(one for one in self.held if one["id"] == id_)
        return {"files": found["size"] // 10, "bytes": found["size"], "added": found["added"]}

    def agreed(self, ids: list[str]) -> list[str]:
        return ids


def good(days: int = 60) -> list[dict[str, Any]]:
    """Return a daily snapshot for so many days, the newest an hour old."""
    return [snapshot("good%03d" % age, NOW - age * DAY - 3600) for age in range(days)]


def known(held: list[dict[str, Any]], looked: float = NOW - DAY / 24) -> dict[str, Any]:
    """Return the ledger of somebody who looked every day and saw each snapshot when it was made."""
    entries = {
        one["id"]: {
            "id": one["id"], "time": one["time"], "group": one["group"], "seen": one["time"], "doubt": None,
            "files": one["size"] // 10, "bytes": one["size"], "added": one["added"],
        }
        for one in held
    }  # fmt: skip
    return {"looked": looked, "snapshots": entries}


def look(held: list[dict[str, Any]], ledger: dict[str, Any], now: float = NOW) -> dict[str, Any]:
    """Return the report of one look."""
    report: dict[str, Any] = prune.look(Tool(held), ledger, CONFIGURATION, now)
    return report


def test_what_is_old_goes() -> None:
    held = good()
    report = look(held, known(held))
    assert report["alarms"] == []
    assert sorted(report["removed"]) == ["good%03d" % age for age in range(31, 60)]


def test_the_first_look_removes_nothing_and_neither_does_the_next_week() -> None:
    held, ledger = good(), dict[str, Any](looked=None, snapshots={})
    assert look(held, ledger)["removed"] == []
    for day in range(1, 8):
        held = [*held, snapshot("new%d" % day, NOW + day * DAY - 3600)]
        report = look(held, ledger, NOW + day * DAY)
        assert (report["removed"], report["alarms"]) == ([], [])


@pytest.mark.parametrize("dates", [
    [NOW + day * DAY for day in range(1, 101)],
    [NOW - day * DAY for day in range(100)],
    [NOW - minute * 30 for minute in range(100)],
    [4_000_000_000.0 + day for day in range(100)],
    [0.0 + day for day in range(100)],
], ids=["ahead", "past", "today", "far", "epoch"])  # fmt: skip
@pytest.mark.parametrize("group", ["web /srv", "other /srv"])
def test_a_hundred_forged_snapshots_cost_no_good_one(dates: list[float], group: str) -> None:
    held = good()
    forged = [snapshot("forged%03d" % number, date, group) for number, date in enumerate(dates)]
    report = look([*held, *forged], known(held))
    assert report["removed"] == []
    assert "100 doubtful snapshots" in report["alarms"][0]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 5_000_000_000),
            st.sampled_from(["web /srv", "x /y"]),
            st.integers(0, 5000),
            st.integers(0, 5000),
        ),
        max_size=100,
    ),
    st.floats(0, 40 * DAY),
)
def test_no_forgery_makes_a_good_snapshot_go_that_would_stay(forged: Any, pause: float) -> None:
    """What is kept without forged snapshots is kept with them, whenever the next look is."""
    held = good()
    now = NOW + pause
    fresh = [snapshot("f%d" % number, *one) for number, one in enumerate(forged)]
    report = look([*held, *fresh], known(held, NOW), now)
    assert not {"good%03d" % age for age in range(31)} & set(report["removed"])


def test_one_that_is_much_smaller_or_all_new_is_doubted() -> None:
    held = good()
    for size, added, text in ((100, 10, "usually"), (1000, 900, "are new")):
        report = look([snapshot("odd", NOW - 60, size=size, added=added), *held], known(held))
        assert report["removed"] == [] and text in report["alarms"][0], report


def test_one_that_vanished_is_told_and_holds_everything_back() -> None:
    held = good()
    report = look(held[:-1], known(held))
    assert report["removed"] == []
    assert "1 snapshots are gone that were not removed here" in report["alarms"][0]


def test_forged_ones_that_somebody_removed_are_settled() -> None:
    held, ledger = good(), known(good())
    look([*held, snapshot("forged", NOW + 9 * DAY)], ledger)
    look(held, ledger, NOW + 60)
    assert look(held, ledger, NOW + 120)["removed"]


def test_backups_that_stopped_hold_everything_back() -> None:
    held = good()[5:]
    report = look(held, known(held))
    assert report["removed"] == [] and "no backup has arrived since" in report["alarms"][0]


def test_a_long_silence_or_a_clock_that_went_back_removes_nothing() -> None:
    held = good()
    assert look(held, known(held, NOW - 20 * DAY))["removed"] == []
    assert "clock" in look(held, known(held, NOW + DAY))["alarms"][0]


@given(st.text(max_size=60))
def test_times_are_read_or_refused(text: str) -> None:
    with suppress(prune.Failed):
        assert isinstance(prune.seconds_of(text), float)


def test_times_of_both_tools() -> None:
    assert prune.seconds_of("2026-11-23T04:10:22.123456789+01:00") == prune.seconds_of("2026-11-23T03:10:22Z")
    assert prune.seconds_of("2026-11-23T03:10:22.000000") == prune.seconds_of("2026-11-23 03:10:22")


@pytest.mark.parametrize("change", [
    {"keep_within_days": 14}, {"delay_days": True}, {"rpo_hours": 0}, {"name": "../x"}, {"tool": "tar"},
    {"repository": None},
])  # fmt: skip
def test_a_configuration_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(prune.Failed):
        prune.checked({**CONFIGURATION, **change})
