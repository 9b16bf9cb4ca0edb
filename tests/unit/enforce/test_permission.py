# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that changes hosts changes those of one customer, so many, and when its windows are open."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared import run_options, work_windows
from ansible_collections.bulwark.msp.plugins.plugin_utils.results import Run, Store
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs import begin, permission
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.begin import BeginError
from hypothesis import given
from hypothesis import strategies as st

KNOWN = catalogue.load()
#: A Sunday, 03:00 in Berlin.
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=timezone.utc)
ACME = {"acme": ["web1", "web2"]}
NIGHT = {"days": ["sat"], "start": "22:00", "end": "04:00", "timezone": "Europe/Berlin"}
NOON = {"start": "12:00", "end": "13:00", "timezone": "Europe/Berlin"}


def refused(hosts: dict[str, list[str]] | None = None, check: bool = False, **options: Any) -> list[str]:
    known = {**KNOWN.defaults("baseline"), **options}
    return permission.refusals("harden", ACME if hosts is None else hosts, known, NOW, check)


class TestRefusals:
    def test_one_customers_hosts_may_be_changed_at_any_time(self) -> None:
        assert refused() == []

    def test_hosts_of_two_customers_may_not(self) -> None:
        assert refused({"north": ["db\x1b"], "acme": ["a", "b", "c", "d", "e"]}) == [
            "harden changes the hosts of one customer a run, and this one targets 2 (acme: a, b, c and 2 more; north: "
            "db\\x1b); choose one with --limit"
        ]

    def test_more_hosts_than_allowed(self) -> None:
        assert refused(bulwark_max_hosts=1) == [
            "harden would change 2 hosts, more than bulwark_max_hosts allows (1); choose fewer with --limit"
        ]
        assert refused(bulwark_max_hosts=2) == refused(bulwark_max_hosts=0) == []

    def test_outside_every_window_nothing_is_changed_but_looked_at(self) -> None:
        closed: dict[str, Any] = {"bulwark_windows": [NOON]}
        assert refused(**closed) == [
            "harden may not change anything now: every window of bulwark_windows is closed; the next opens at "
            "2026-11-22 12:00 CET"
        ]
        assert refused(check=True, **closed) == []
        assert refused(bulwark_windows=[NOON, NIGHT]) == []

    def test_an_audit_is_never_refused(self) -> None:
        options = {**KNOWN.defaults("baseline"), "bulwark_max_hosts": 1, "bulwark_windows": [NOON]}
        assert permission.refusals("audit", {"a": ["x"], "b": ["y"]}, options, NOW, False) == []


class TestWindows:
    @pytest.mark.parametrize(
        ("window", "expected"),
        [
            (NIGHT, True),
            ({**NIGHT, "days": ["sun"]}, False),
            ({**NIGHT, "end": "03:00"}, False),
            ({**NIGHT, "timezone": "UTC"}, True),
            ({"start": "03:00", "end": "03:01", "timezone": "Europe/Berlin"}, True),
            ({"start": "03:01", "end": "03:00", "timezone": "Europe/Berlin"}, False),
            ({"start": "00:00", "end": "00:00"}, True),
        ],
    )
    def test_open(self, window: dict[str, Any], expected: bool) -> None:
        assert work_windows.is_open([window], NOW) is expected

    def test_a_window_keeps_its_own_clock_over_the_end_of_summer_time(self) -> None:
        summer = datetime(2026, 10, 24, 20, 30, tzinfo=timezone.utc)
        opening = work_windows.next_opening([{**NIGHT, "days": ["sun"]}], summer)
        assert opening is not None
        assert opening.isoformat() == "2026-10-25T22:00:00+01:00"

    def test_where_there_is_no_window_none_opens(self) -> None:
        assert work_windows.next_opening([], NOW) is None

    @given(
        st.sets(st.sampled_from(work_windows.DAYS)),
        st.times(),
        st.times(),
        st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Apia", "America/St_Johns"]),
        st.datetimes(datetime(2000, 1, 2), datetime(2030, 1, 1), timezones=st.just(timezone.utc)),
    )
    def test_the_next_opening_is_ahead_and_open(
        self, days: set[str], start: Any, end: Any, zone: str, now: Any
    ) -> None:
        window = {
            "days": sorted(days), "start": start.strftime("%H:%M"), "end": end.strftime("%H:%M"), "timezone": zone,
        }  # fmt: skip
        opening = work_windows.next_opening([window], now)
        assert opening is not None
        assert now < opening <= now + timedelta(days=9)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"bulwark_confirm_seconds": 9}, "bulwark_confirm_seconds: must be 10 to 3600"),
        ({"bulwark_confirm_seconds": 3601}, "bulwark_confirm_seconds: must be 10 to 3600"),
        ({"bulwark_read_seconds": 0}, "bulwark_read_seconds: must be at least 1"),
        ({"bulwark_snapshot_runs": 0}, "bulwark_snapshot_runs: must be at least 1"),
        ({"bulwark_rings": []}, "bulwark_rings: must name one ring at least, such as 100%"),
        ({"bulwark_rings": ["1", "0"]},
         'bulwark_rings[1]: "0" is no number of hosts and no part of them; write 5 or 10%'),
        ({"bulwark_rings": ["101%"]},
         'bulwark_rings[0]: "101%" is no number of hosts and no part of them; write 5 or 10%'),
        ({"bulwark_restore_run": "last"}, 'bulwark_restore_run: "last" is no run; write its id, first or newest'),
        ({"bulwark_windows": [{"start": "7:00", "end": "08:00"}]},
         'bulwark_windows[0].start: "7:00" is no time; write it as HH:MM, in quotes'),
        ({"bulwark_windows": [{**NOON, "timezone": "../x"}]},
         'bulwark_windows[0].timezone: "../x" is no time zone known here; write it as Europe/Berlin'),
        ({"bulwark_windows": [{**NOON, "timezone": "Europe"}]},
         'bulwark_windows[0].timezone: "Europe" is no time zone known here; write it as Europe/Berlin'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_option_is_told(values: dict[str, Any], told: str) -> None:
    assert [str(problem) for problem in run_options.problems_with(values)] == [told]


def test_what_ships_is_right() -> None:
    assert list(run_options.problems_with(KNOWN.defaults("baseline"))) == []


class TestBegin:
    def begin(self, folder: Path, hosts: dict[str, dict[str, Any]], playbook: str, check: bool = False) -> Run:
        plan = begin.check(hosts, lambda host: hosts[host], lambda _: None, lambda _: (), KNOWN, NOW.date(), playbook)
        return begin.start(plan, Store(folder), KNOWN, NOW, {}, [], playbook, check)[0]

    def test_a_refused_run_leaves_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(BeginError, match="one customer a run"):
            self.begin(tmp_path, {"a": {"bulwark_customer": "x"}, "b": {"bulwark_customer": "y"}}, "harden")
        assert list(tmp_path.iterdir()) == []

    def test_the_run_records_its_change_and_rings(self, tmp_path: Path) -> None:
        hosts: dict[str, dict[str, Any]] = {"a": {"bulwark_change": "CHG-7", "bulwark_rings": [1, "100%"]}}
        about = self.begin(tmp_path, hosts, "harden", check=True).read()
        assert (about["change"], about["rings"], about["check"]) == ("CHG-7", ["1", "100%"], True)

    def test_an_audit_may_cover_customers_with_other_windows(self, tmp_path: Path) -> None:
        hosts: dict[str, dict[str, Any]] = {"a": {"bulwark_windows": [NOON]}, "b": {"bulwark_windows": [NIGHT]}}
        about = self.begin(tmp_path, hosts, "audit").read()
        assert (about["change"], about["rings"], about["check"]) == (None, None, False)
        with pytest.raises(BeginError, match="bulwark_windows: must be the same"):
            self.begin(tmp_path, hosts, "harden")
