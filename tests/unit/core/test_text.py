# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import unicodedata

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.text import HIDDEN, LIMIT, clean
from hypothesis import given
from hypothesis import strategies as st

any_text = st.text(st.characters())


@given(any_text, st.integers(min_value=1, max_value=60))
def test_one_visible_line_of_bounded_length(text: str, limit: int) -> None:
    line = clean(text, limit)
    assert len(line) <= limit
    assert not {unicodedata.category(character) for character in line} & HIDDEN
    assert "\n" not in line
    line.encode("utf-8")


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Co", "Cs", "Zl", "Zp"]), max_size=LIMIT))
def test_what_can_be_seen_stays(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("safe\u202etxt.exe", "safe\\u202etxt.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("a\r\nb\tc", "a\\x0d\\x0ab\\x09c"),
        ("\udcff\U000f0000", "\\udcff\\U000f0000"),
        (None, "None"),
    ],
)
def test_what_can_not_is_named(text: object, shown: str) -> None:
    assert clean(text) == shown


def test_a_text_of_50_mb_costs_no_more_than_its_limit() -> None:
    assert len(clean("\x1b" * 50_000_000)) == LIMIT
