# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.edits import shadow
from ansible_collections.bulwark.msp.plugins.module_utils.edits.refused import Refused
from ansible_collections.bulwark.msp.plugins.module_utils.readers.accounts import password_state
from hypothesis import given
from hypothesis import strategies as st

NAMES = ("root", "ana", "ben")
FIELDS = st.sampled_from(["", "!", "*", "$y$j9T$salt$hash"])
FILES = st.fixed_dictionaries(dict.fromkeys(NAMES, FIELDS)).map(
    lambda fields: "".join("%s:%s:20779:0:99999:7:::\n" % entry for entry in fields.items())
)


@given(FILES, st.lists(st.sampled_from(NAMES), unique=True))
def test_only_empty_passwords_of_those_accounts_change(text: str, names: list[str]) -> None:
    after = shadow.lock_empty(text, {"accounts": names}, {})
    assert shadow.lock_empty(after, {"accounts": names}, {}) == after
    for before, line in zip(text.split("\n"), after.split("\n"), strict=True):
        name, *fields = before.split(":")
        if name in names and fields[0] == "":
            assert line.split(":")[2:] == fields[1:]
            assert password_state(line.split(":")[1])[0] == "locked"
        else:
            assert line == before


@pytest.mark.parametrize("text", [None, "", "root:*:20779:0:99999:7:::\n"])
def test_an_account_that_shadow_does_not_know_is_refused(text: str | None) -> None:
    with pytest.raises(Refused, match="ana has no entry"):
        shadow.lock_empty(text, {"accounts": ["ana"]}, {})


@given(FILES, st.lists(st.sampled_from(NAMES), unique=True))
def test_those_accounts_expire_and_nothing_else_changes(text: str, names: list[str]) -> None:
    after = shadow.expire(text, {"accounts": names}, {})
    assert shadow.expire(after, {"accounts": names}, {}) == after
    for before, line in zip(text.split("\n"), after.split("\n"), strict=True):
        fields = before.split(":")
        if fields[0] in names:
            fields[shadow.EXPIRES] = shadow.LONG_AGO
        assert line.split(":") == fields


def test_an_account_without_a_whole_line_can_not_expire() -> None:
    with pytest.raises(Refused, match="ana has no entry"):
        shadow.expire("ana:*:20779\n", {"accounts": ["ana"]}, {})
