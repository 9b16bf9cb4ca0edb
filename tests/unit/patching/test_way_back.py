# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that bring former versions back, and what stands in their way."""

from __future__ import annotations

import shlex

from ansible_collections.bulwark.msp.plugins.plugin_utils.patching.way_back import caution, commands, some
from hypothesis import given
from hypothesis import strategies as st

DIFFER: dict[str, list[str | None]] = {
    "openssl": ["3.0.20-1~deb12u2", "3.0.22-1"],
    "new": [None, "1"],
    "libc6:i386": ["2.36-9+deb12u1", "2.37"],
}


def test_apt_goes_back_and_removes_what_came() -> None:
    assert commands(DIFFER, True) == [
        "apt-get install --allow-downgrades libc6:i386=2.36-9+deb12u1 'openssl=3.0.20-1~deb12u2'",
        "apt-get remove new",
    ]


def test_dnf_takes_no_epoch_of_zero() -> None:
    assert commands({"bash": ["0:5.1-1.el9", "0:5.1-2.el9"], "bind": ["32:9-1", "32:9-2"]}, False) == [
        "dnf downgrade bash-5.1-1.el9 bind-32:9-1"
    ]
    assert commands({}, True) == []


def test_what_can_be_had_no_more_is_told() -> None:
    assert caution({"openssl": True}) == ""
    assert "no longer offer openssl: fetch" in caution({"openssl": False, "bash": True})
    assert "not known" in caution(None)
    assert some(map(str, range(30)), 2) == "0, 1 and 28 more"


@given(st.dictionaries(st.text(min_size=1), st.tuples(st.text(min_size=1), st.text())))
def test_whatever_a_host_calls_its_packages_stays_a_word(differ: dict[str, tuple[str, str]]) -> None:
    for command in commands(differ, True):
        assert len(shlex.split(command)) == 3 + len(differ)
