# SPDX-License-Identifier: GPL-3.0-or-later
"""What was left behind long ago is no part of a log's series."""

from __future__ import annotations

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.log_series import QUIET, series
from hypothesis import given
from hypothesis import strategies as st

DAY = 86400
#: (begin, end) of a file, in days.
Span = tuple[int, int]


def whole(files: list[Span]) -> tuple[list[Span], int | None]:
    return series(files, lambda one: one[1] * DAY, lambda one: one[0] * DAY)


@pytest.mark.parametrize(
    ("files", "kept", "gap"),
    [
        ([], 0, None),
        ([(99, 100)], 1, None),
        ([(99, 100), (80, 99), (60, 80)], 3, None),
        ([(990, 1000), (980, 990), (500, 600)], 2, 600),
        # One file beside the one that is written to shows no usual period.
        ([(990, 1000), (500, 600)], 1, 600),
        ([(965, 1000), (900, 930)], 2, None),
        ([(966, 1000), (900, 930)], 1, 930),
        # What is rotated once a year may have been silent for months, and not for years.
        ([(2670, 3000), (2350, 2650), (2000, 2300), (1500, 1900), (10, 500)], 4, 500),
    ],
)
def test_a_series_ends_at_its_first_gap(files: list[Span], kept: int, gap: int | None) -> None:
    assert whole(files[::-1]) == (files[:kept], gap if gap is None else gap * DAY)


def test_files_are_opened_only_where_their_ends_do_not_tell() -> None:
    opened: list[Span] = []

    def begin(one: Span) -> int:
        opened.append(one)
        return one[0] * DAY

    files = [(93, 100), (86, 93), (79, 86), (1, 20)]
    assert series(files, lambda one: one[1] * DAY, begin) == (files[:3], 20 * DAY)
    assert opened == [(79, 86)]


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 400)).map(lambda one: (one[0], one[0] + one[1]))))
def test_a_series_holds_the_newest_and_nothing_behind_its_gap(files: list[Span]) -> None:
    kept, gap = whole(files)
    assert bool(kept) == bool(files) and kept == sorted(kept, key=lambda one: one[1], reverse=True)
    assert (gap is None) == (len(kept) == len(files))
    if gap is not None:
        assert kept[-1][0] * DAY - gap > QUIET
        rest = sorted(files, key=lambda one: one[1], reverse=True)[len(kept) :]
        assert gap == rest[0][1] * DAY


@given(st.integers(1, 35), st.integers(1, 60))
def test_what_is_rotated_monthly_or_more_often_is_one_series(period: int, count: int) -> None:
    files = [(at * period, at * period + period) for at in range(count)]
    assert len(whole(files)[0]) == count
