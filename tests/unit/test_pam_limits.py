# SPDX-License-Identifier: GPL-3.0-or-later
"""pam_access and pam_time as evaluators: what rules say of one account, checked against the modules' own answers.

The answers in these tables are those of Linux-PAM 1.5.2 and 1.7.0, asked by pam_acct_mgmt(3).
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.readers.access import parse_access, parse_time
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators import pam_access, pam_time, work_hours
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Unread
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.packet import some
from hypothesis import given
from hypothesis import strategies as st

ANA = {"name": "ana", "uid": 1000, "groups": ["ana", "ops"]}
TODAY = date(2026, 11, 23)
HOUR = 60


def let_in(text: str, place: str | None) -> bool | None:
    """Return what rules say of ana."""
    return pam_access.let_in(parse_access(text, "x"), ANA, place)


def at(times: str) -> int:
    """Return the minutes of a field of times."""
    return pam_time.allowed(parse_time("sshd;*;ana;%s\n" % times, "x"), "sshd", "ssh", "ana").surely


@pytest.mark.parametrize(
    ("text", "place", "answer"),
    [
        ("", "192.0.2.1", True),
        ("-:ALL:ALL\n", "192.0.2.1", False),
        ("+:ana:192.0.2.0/24\n-:ALL:ALL\n", "192.0.2.1", True),
        ("+:ana:192.0.2.0/24\n-:ALL:ALL\n", "198.51.100.1", False),
        ("-:ALL:ALL\n+:ana:ALL\n", "192.0.2.1", False),
        ("+:(ops):192.0.2.0/255.255.255.0\n-:(ops):ALL\n", "192.0.2.1", True),
        ("-:(other):ALL\n", "192.0.2.1", True),
        ("-:ops:ALL\n", "192.0.2.1", False),
        ("-:ANA:ALL\n", "192.0.2.1", False),
        ("-:ALL EXCEPT ana:ALL\n", "192.0.2.1", True),
        ("-:ALL EXCEPT (ops) EXCEPT ana:ALL\n", "192.0.2.1", False),
        ("-:ana:ALL EXCEPT 192.0.2.\n", "192.0.2.77", True),
        ("-:ana:ALL EXCEPT LOCAL\n", "192.0.2.1", False),
        ("-:ana:ALL EXCEPT LOCAL\n", None, True),
        ("-:ana:0.0.0.0/0\n", "192.0.2.1", True),
        ("-:ana:2001:db8::/32\n", "2001:db8::1", False),
        ("-:ana:gate.example\n", "192.0.2.1", None),
        ("-:@staff:ALL\n", "192.0.2.1", None),
        ("-:@staff:ALL\n-:ana:ALL\n", "192.0.2.1", False),
        ("-:ana:tty1\n", "192.0.2.1", True),
    ],
)
def test_the_first_rule_that_means_account_and_place_decides(text: str, place: str | None, answer: bool | None) -> None:
    assert let_in(text, place) is answer


@pytest.mark.parametrize(
    ("text", "answer"), [("+:ana:10.0.0.0/8\n-:ana:ALL\n", True), ("-:ana:ALL\n", False), ("", True)]
)
def test_from_anywhere_means_from_somewhere(text: str, answer: bool) -> None:
    rules = parse_access(text, "x")
    assert some(pam_access.let_in(rules, ANA, one) for one in pam_access.edges(rules)) is answer


@pytest.mark.parametrize(
    ("times", "hours"),
    [
        ("Al0000-2400", 168), ("Wk0000-2400", 120), ("Wd0000-2400", 48), ("MoMo0000-2400", 0), ("MoWk0000-2400", 96),
        ("!Wk0000-2400", 48), ("Mo0800-1200|Tu0800-1200", 8), ("Al0000-2400&!Mo0000-2400", 144),
        ("!Al0000-2400|Mo0000-0100", 1), ("Xx0000-2400", 0), ("Mo", 168), ("Mo0800-1200 Tu0800-1200", 0), ("", 0),
        ("Mo0800-1200|Al0000-2400&Tu0000-0100", 1),
    ],
)  # fmt: skip
def test_times_count_as_pam_time_counts_them(times: str, hours: int) -> None:
    assert at(times).bit_count() == hours * HOUR


def test_a_span_over_midnight_still_counts_in_the_minute_at_its_end() -> None:
    assert at("Su2200-0200").bit_count() == 4 * HOUR + 1
    assert pam_time.first(at("Su2200-0200") & at("Mo0000-2400")) == "Monday 00:00"


def test_every_rule_that_means_the_login_has_to_let_it_in() -> None:
    rules = parse_time(
        "*;*;a*;Wk0000-2400\nsshd;ssh;ana;Al0800-1200\ncron;*;ana;Mo0000-0001\n*;tty*;*;Mo0000-0001\n", "x"
    )
    found = pam_time.allowed(rules, "sshd", "ssh", "ana")
    assert (found.surely.bit_count(), found.perhaps) == (5 * 4 * HOUR, found.surely)
    assert pam_time.allowed(rules, "sshd", "ssh", "root").surely == pam_time.ALWAYS


def test_of_a_netgroup_nobody_knows() -> None:
    found = pam_time.allowed(parse_time("*;*;@staff;Mo0000-2400\n", "x"), "sshd", "ssh", "ana")
    assert (found.surely.bit_count(), found.perhaps) == (24 * HOUR, pam_time.ALWAYS)


@given(st.lists(st.tuples(st.integers(0, pam_time.WEEK - 1), st.integers(1, pam_time.DAY)), max_size=6))
def test_times_that_are_written_are_read_again(spans: list[tuple[int, int]]) -> None:
    minutes = pam_time.among(spans)
    assert at(pam_time.written(minutes)) == minutes


@given(st.text(alphabet="MoTuWkAl!&|0123456789-* @", max_size=60))
def test_any_field_comes_to_some_minutes(field: str) -> None:
    assert 0 <= at(field) <= pam_time.ALWAYS


def window(start: str, end: str, zone: str = "UTC", *days: str) -> dict[str, Any]:
    """Return a declared window."""
    return {"start": start, "end": end, "timezone": zone, "days": list(days)}


@pytest.mark.parametrize(
    ("declared", "zone", "times"),
    [
        (window("08:00", "18:00", "UTC", "mon"), "Etc/UTC", "Mo0800-1800"),
        (window("00:00", "00:00", "UTC", "mon"), "UTC", "Mo0000-2400"),
        (window("22:00", "02:00", "UTC", "sun"), "UTC", "Su2200-2400|Mo0000-0200"),
        (window("08:00", "18:00", "Europe/Berlin", "mon"), "Europe/Lisbon", "Mo0700-1700"),
        (window("00:30", "01:30", "Europe/Berlin", "mon"), "Europe/Lisbon", "Su2330-2400|Mo0000-0030"),
        (window("08:00", "10:00", "Asia/Kolkata", "mon"), "UTC", "Mo0230-0430"),
        (window("09:00", "10:00"), "UTC", "Al0900-1000"),
    ],
)
def test_windows_are_told_by_the_hosts_own_clock(declared: dict[str, Any], zone: str, times: str) -> None:
    found = work_hours.opened([declared], zone, TODAY)
    assert found.surely == found.perhaps == at(times)


def test_clocks_that_change_apart_leave_an_hour_unsure() -> None:
    found = work_hours.opened([window("08:00", "18:00", "Europe/Berlin", "mon")], "UTC", TODAY)
    assert (found.surely, found.perhaps) == (at("Mo0700-1600"), at("Mo0600-1700"))


def test_a_zone_that_nobody_knows_is_told() -> None:
    with pytest.raises(Unread, match="Mars/Olympus"):
        work_hours.opened([window("08:00", "18:00")], "Mars/Olympus", TODAY)
