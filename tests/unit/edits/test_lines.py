# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.edits import lines
from ansible_collections.bulwark.msp.plugins.module_utils.readers.cleartext import COMMUNITY
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures import cleartext
from hypothesis import given
from hypothesis import strategies as st

SNMP = {"comment": [cleartext.COMMUNITY], "replace": [[cleartext.USER, r"\1 priv\2"], [cleartext.ACCESS, r"\1priv\2"]]}
DIRECTIVES = ["rocommunity", "com2sec6", "rouser", "rwuser", "access"]
REST = ["-s", "usm", "ana", "noauth", "auth", "priv", "authPriv", "-V", "view", ".1.3", "#", "", "  "]
WORDS = st.sampled_from([*DIRECTIVES, *REST])
TEXTS = st.lists(st.lists(WORDS, max_size=6).map(" ".join), max_size=6).map("\n".join)


def private(text: str) -> str:
    after = lines.edit(text, SNMP, {})
    assert after is not None
    return after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("rocommunity secret 10.0.0.0/8", "#rocommunity secret 10.0.0.0/8"),
        ("  com2sec6 ro default secret", "#  com2sec6 ro default secret"),
        ("rouser ana", "rouser ana priv"),
        ("rouser ana auth .1.3", "rouser ana priv .1.3"),
        ("rwuser -s usm ana noauth", "rwuser -s usm ana priv"),
        ("rouser -s usm ana authPriv -V view", "rouser -s usm ana authPriv -V view"),
        ("rouser ana priv", "rouser ana priv"),
        ('access group "" usm auth exact all none none', 'access group "" usm priv exact all none none'),
        ("# rocommunity secret", "# rocommunity secret"),
        ("sysContact rocommunity", "sysContact rocommunity"),
    ],
)
def test_snmp_is_left_to_users_with_privacy(before: str, after: str) -> None:
    assert private(before) == after


@given(TEXTS)
def test_it_does_nothing_the_second_time_and_no_community_is_left(text: str) -> None:
    once = private(text)
    assert private(once) == once
    assert len(once.split("\n")) == len(text.split("\n"))
    for line in once.split("\n"):
        words = line.split()
        assert len(words) < 2 or not COMMUNITY.fullmatch(words[0]), line


def test_a_file_that_is_not_there_stays_so() -> None:
    assert lines.edit(None, SNMP, {}) is None
