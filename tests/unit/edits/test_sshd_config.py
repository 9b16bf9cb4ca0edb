# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of sshd's main file and of our drop-ins."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.edits import sshd_drop_in, sshd_include
from ansible_collections.bulwark.msp.plugins.module_utils.edits.refused import Refused
from hypothesis import given
from hypothesis import strategies as st

PATTERN = "/etc/ssh/sshd_config.d/00-bulwark-*.conf"
HEADER = "# Managed by bulwark.msp: x\n"
NAMES = st.sampled_from(["MaxAuthTries", "maxauthtries", "LogLevel", "PermitRootLogin"])
SETTINGS = st.dictionaries(NAMES, st.sampled_from(["1", "no", "VERBOSE"]), max_size=3)
SECTIONS = st.lists(
    st.builds(
        lambda match, settings: {"match": match, "settings": settings},
        st.sampled_from(["", "User anna", "user anna", "Address 10.0.0.0/8,!10.1.0.0/16", "all"]),
        SETTINGS,
    ),
    max_size=4,
)


def included(text: str | None, first: bool = False) -> str | None:
    return sshd_include.edit(text, {"pattern": PATTERN, "first": first}, {})


@pytest.mark.parametrize(
    "text",
    [
        "# Debian\n\nInclude /etc/ssh/sshd_config.d/*.conf\nPort 22\n",
        "include sshd_config.d/*.conf /etc/other.conf\n",
        f"Include {PATTERN}\n",
    ],
)
def test_a_main_file_that_begins_with_our_drop_ins_stays(text: str) -> None:
    assert included(text) == text


@pytest.mark.parametrize("text", ["", "Port 22\nInclude /etc/ssh/sshd_config.d/*.conf\n", "Include /etc/site.conf\n"])
def test_any_other_gets_one_line(text: str) -> None:
    assert included(text) == f"Include {PATTERN}\n{text}"


def test_where_a_drop_in_sorts_before_ours_the_folder_is_not_enough() -> None:
    text = "Include /etc/ssh/sshd_config.d/*.conf\n"
    assert included(text, first=True) == f"Include {PATTERN}\n{text}"


def test_no_main_file_is_made() -> None:
    with pytest.raises(Refused):
        included(None)


@given(st.text(), st.booleans())
def test_including_twice_is_including_once(text: str, first: bool) -> None:
    once = included(text, first)
    assert once is not None and included(once, first) == once


def dropped(text: str | None, *sections: dict[str, Any], without: list[str] | None = None) -> str | None:
    return sshd_drop_in.edit(text, {"header": HEADER, "sections": sections, "without": without or []}, {})


def test_a_drop_in_is_made_and_changed_where_it_has_to_be() -> None:
    made = dropped(
        None,
        {"match": "", "settings": {"MaxAuthTries": "4"}},
        {"match": "User anna", "settings": {"MaxAuthTries": "3"}},
    )
    assert made == HEADER + "MaxAuthTries 4\nMatch User anna\n    MaxAuthTries 3\n"
    changed = dropped(
        made,
        {"match": "User ansible", "settings": {"AuthenticationMethods": "publickey"}},
        {"match": "user anna", "settings": {"maxauthtries": "2", "LogLevel": "VERBOSE"}},
    )
    assert changed == (
        HEADER + "MaxAuthTries 4\nMatch User ansible\n    AuthenticationMethods publickey\n"
        "Match User anna\n    maxauthtries 2\n    LogLevel VERBOSE\n"
    )


def test_what_is_taken_out_leaves_no_empty_block_and_no_empty_file() -> None:
    made = HEADER + "A 1\nMatch User anna\n    B 2\n"
    assert dropped(made, without=["b"]) == HEADER + "A 1\n"
    assert dropped(made, without=["a", "B"]) is None
    assert dropped(None, without=["A"]) is None


@given(SECTIONS, SECTIONS, st.lists(NAMES, max_size=1))
def test_setting_twice_is_setting_once(
    before: list[dict[str, Any]], sections: list[dict[str, Any]], without: list[str]
) -> None:
    once = dropped(dropped(None, *before), *sections, without=without)
    assert dropped(once, *sections, without=without) == once
