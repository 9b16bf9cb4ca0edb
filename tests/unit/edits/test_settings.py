# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils import name_values
from ansible_collections.bulwark.msp.plugins.module_utils.edits import settings
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.sampled_from(["deny", "unlock_time", "even_deny_root"])
VALUES = st.sampled_from(["", "0", "5", "900"])
LINES = st.one_of(
    st.builds(
        "{}{}{}{}".format, NAMES, st.sampled_from([" = ", "=", " ", "\t"]), VALUES, st.sampled_from(["", " # why"])
    ),
    st.builds("# {} = {}".format, NAMES, VALUES),
    st.sampled_from(["", "  ", "# a comment", "audit"]),
)
TEXTS = st.lists(LINES, max_size=8).map("\n".join)
WANTED = st.dictionaries(NAMES, VALUES, max_size=3)


def put(text: str | None, values: dict[str, str], **more: Any) -> str:
    return settings.edit(text, {"values": values, **more}, {})


@given(TEXTS, WANTED)
def test_what_is_asked_for_is_what_a_reader_finds(text: str, values: dict[str, str]) -> None:
    after = name_values.parse(put(text, values))
    assert after == {**name_values.parse(text), **values}


@given(TEXTS, WANTED)
def test_it_does_nothing_the_second_time(text: str, values: dict[str, str]) -> None:
    once = put(text, values)
    assert put(once, values) == once


@given(TEXTS, WANTED)
def test_comments_stay(text: str, values: dict[str, str]) -> None:
    def comments(lines: str) -> list[str]:
        return [line.partition("#")[2] for line in lines.split("\n") if "#" in line]

    assert comments(put(text, values)) == comments(text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "deny = 5\n"),
        ("", "deny = 5\n"),
        ("audit\n", "audit\ndeny = 5\n"),
        ("# The default is 3.\n# deny = 3\n#\n# more\n", "# The default is 3.\n# deny = 3\ndeny = 5\n#\n# more\n"),
        ("deny = 9 # too many\n", "deny = 5 # too many\n"),
        ("deny=9\naudit\ndeny = 50\n", "deny = 5\naudit\ndeny = 5\n"),
        ("deny = 5\n", "deny = 5\n"),
        ("# deny everything\n", "# deny everything\ndeny = 5\n"),
    ],
)
def test_where_a_value_is_written(before: str | None, after: str) -> None:
    assert put(before, {"deny": "5"}) == after


def test_the_owning_program_s_way_of_writing() -> None:
    assert put("anonymous_enable=YES\n", {"anonymous_enable": "NO"}, between="=") == "anonymous_enable=NO\n"
    assert put("ENCRYPT_METHOD SHA256\n", {"ENCRYPT_METHOD": "SHA512"}, between=" ") == "ENCRYPT_METHOD SHA512\n"
    assert put("", {"even_deny_root": ""}) == "even_deny_root\n"
