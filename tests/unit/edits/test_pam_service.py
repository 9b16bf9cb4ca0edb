# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils import pam_file
from ansible_collections.bulwark.msp.plugins.module_utils.edits import pam_service
from ansible_collections.bulwark.msp.plugins.module_utils.edits.refused import Refused
from hypothesis import given
from hypothesis import strategies as st

OATH = {"module": "pam_oath", "control": "optional", "args": ["window=5"]}
COMMON = {"include": "common-auth"}


def edit(text: str | None, *changes: dict[str, Any]) -> str:
    return pam_service.edit(text, {"facility": "auth", "changes": list(changes)}, {})


def test_an_include_gives_way_in_its_own_form() -> None:
    change = {"lines": [COMMON], "include": "ours"}
    assert edit("# top\n@include common-auth\n@include common-account\n", change) == (
        "# top\n@include ours\n@include common-account\n"
    )
    assert edit("auth substack common-auth\nauth include postlogin\n", change) == (
        "auth\tinclude\tours\nauth include postlogin\n"
    )
    assert edit("account include common-auth\nauth include ours\n", change).startswith("account include common-auth\n")


def test_of_several_lines_the_first_gives_way_and_the_others_go() -> None:
    text = "@include common-auth\nauth optional pam_oath.so \\\n  window=5\naccount required pam_unix.so\n"
    after = edit(text, {"lines": [OATH, COMMON], "include": "ours"})
    assert after == "@include ours\naccount required pam_unix.so\n"


def test_a_control_changes_and_the_remark_stays() -> None:
    after = edit("auth OPTIONAL pam_oath.so window=5 # code\n", {"lines": [OATH], "control": "required"})
    assert after == "auth\trequired\tpam_oath.so window=5\t# code\n"


def test_lines_of_other_facilities_and_arguments_stay() -> None:
    text = "session optional pam_oath.so window=5\nauth optional pam_oath.so window=6\n"
    assert edit(text, {"lines": [OATH], "drop": True}) == text


def test_a_file_that_changed_meanwhile_is_left() -> None:
    for text in (None, "auth required pam_unix.so\n"):
        with pytest.raises(Refused):
            edit(text, {"lines": [COMMON], "include": "ours"})


words = st.text("abc=[]\\.,01 ", min_size=1, max_size=8).filter(lambda word: not word.endswith("\\"))


@given(st.lists(words, min_size=1, max_size=5))
def test_a_line_written_anew_says_the_same(parts: list[str]) -> None:
    tokens = pam_file.tokenize(" ".join(parts))
    assert pam_file.tokenize(pam_file.join(tokens)) == tokens


lines = st.sampled_from(
    ["@include common-auth", "auth optional pam_oath.so window=5", "auth required pam_unix.so", "# auth", "",
     "auth optional \\\n pam_oath.so window=5",
     "-auth optional /x/pam_oath.so window=5", "account required pam_unix.so"]
)  # fmt: skip


@given(st.lists(lines, max_size=6), st.sampled_from([{"control": "required"}, {"drop": True}, {"include": "ours"}]))
def test_twice_is_as_good_as_once(given: list[str], how: dict[str, Any]) -> None:
    change = {"lines": [OATH, COMMON] if "include" in how else [OATH], **how}
    try:
        after = edit("\n".join(given), change)
    except Refused:
        return
    assert edit(after, change) == after
    kept = [line.tokens for line in pam_file.parse(after) if line.tokens[0] == "account"]
    assert len(kept) == given.count("account required pam_unix.so")
