# SPDX-License-Identifier: GPL-3.0-or-later
"""Package versions are compared as dpkg compares them: held against dpkg itself where it is at hand."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators import package_versions
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Unread
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.package_versions import deb_older
from hypothesis import example, given, settings
from hypothesis import strategies as st

PART = st.text("0129aAzZ.+~", max_size=6)
VERSION = st.builds(
    lambda epoch, first, rest, revision: "".join(filter(None, (epoch, first, rest, revision and "-" + revision))),
    st.sampled_from(["", "", "0:", "1:", "10:"]), st.sampled_from("0129"), PART, PART,
)  # fmt: skip
ORDERED = [
    ("1.22.1-9+deb12u9", "1.22.1-9+deb12u10"), ("5:7.0.15-1~deb12u7", "5:7.0.15-1"), ("7.0.15", "5:1.0"),
    ("2.36-9", "2.36-9+deb12u3"), ("3.0.2-0ubuntu1.9", "3.0.2-0ubuntu1.15"), ("1.0~rc1-1", "1.0-1"),
    ("6.1.76-1", "6.1.176-1"), ("1.0-1", "1.0a-1"),
]  # fmt: skip


@pytest.mark.parametrize(("older", "newer"), ORDERED)
def test_known_orders(older: str, newer: str) -> None:
    assert deb_older(older, newer)
    assert not deb_older(newer, older)
    assert not deb_older(newer, newer)


@pytest.mark.skipif(not shutil.which("dpkg"), reason="dpkg is not here")
@settings(max_examples=100, deadline=None)
@given(VERSION, VERSION)
@example("1.0-0", "1.0")
@example("1.0", "1.0-")
@example("0:1-1", "1-1")
@example("1-~", "1")
def test_dpkg_agrees(one: str, other: str) -> None:
    done = subprocess.run(["dpkg", "--compare-versions", one, "lt", other], check=False, capture_output=True)
    if b"bad syntax" in done.stderr or b"invalid" in done.stderr:
        return
    assert deb_older(one, other) is (done.returncode == 0), (one, other, done.stderr)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_versions, "Version", None)
    with pytest.raises(Unread, match="pip install univers"):
        deb_older("1", "2")


@given(st.text(), st.text())
def test_no_text_does_worse_than_not_to_be_comparable(one: str, other: str) -> None:
    try:
        deb_older(one, other)
    except Unread as reason:
        assert len(str(reason)) < 300
