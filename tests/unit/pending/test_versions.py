# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions in the order of dpkg and of rpm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.pending import versions
from hypothesis import given
from hypothesis import strategies as st
from univers.debian import Version
from univers.rpm import compare_rpm_versions

#: As rpm's own tests have them, each the older one first.
RPM = [
    ("1.0", "2.0"), ("2.0", "2.0.1"), ("xyz.4", "8"), ("xyz.4", "2"), ("5.5p1", "5.5p2"), ("5.5p1", "5.5p10"),
    ("10xyz", "10.1xyz"), ("xyz10", "xyz10.1"), ("6.0", "6.0.rc1.1"), ("1.0~rc1", "1.0"),
    ("1.0~rc1", "1.0~rc2"), ("1.0~rc1~git123", "1.0~rc1"), ("1.0", "1.0^"), ("1.0^git1", "1.0^git2"),
    ("1.0^git1", "1.01"), ("1.0^20160101", "1.0.1"), ("1.0~rc1^git1", "1.0"), ("1.0^git1~pre", "1.0^git1"),
]  # fmt: skip

parts = st.lists(st.sampled_from(["0", "00", "1", "10", "a", "b", "~", "+", ".", "-"]), max_size=6).map("".join)
deb = st.builds("{}{}".format, st.sampled_from(["", "0:", "1:"]), parts.map(lambda text: "1" + text.rstrip("-")))


@given(deb, deb)
def test_dpkg_agrees(left: str, right: str) -> None:
    first, second = Version.from_string(left), Version.from_string(right)
    theirs = (first > second) - (first < second)
    mine = (versions.deb(left) > versions.deb(right)) - (versions.deb(left) < versions.deb(right))
    assert mine == theirs


@pytest.mark.parametrize(("older", "newer"), RPM)
def test_rpm_agrees(older: str, newer: str) -> None:
    assert versions.rpm(older) < versions.rpm(newer)


def test_epoch_and_release_of_rpm() -> None:
    in_order = ["1.0-1.el9", "1.0-1.el9_2", "1.0-2.el9", "1.1-1.el9", "1:0.9-1.el9"]
    assert sorted(in_order, key=versions.rpm) == in_order
    assert versions.rpm("0:1.0-1") == versions.rpm("1.0-1") == versions.rpm("1.00-01")


rpm = st.lists(st.sampled_from(["0", "1", "10", "a", "b", "~", "^", "."]), min_size=1, max_size=6).map("".join)


@given(rpm, rpm)
def test_rpm_agrees_on_any_version(left: str, right: str) -> None:
    theirs = compare_rpm_versions(f"1{left}-1", f"1{right}-1")
    mine = (versions.rpm(f"1{left}") > versions.rpm(f"1{right}")) - (
        versions.rpm(f"1{left}") < versions.rpm(f"1{right}")
    )
    assert mine == theirs


@given(st.text(), st.text())
def test_any_text_has_its_place(left: str, right: str) -> None:
    for key in (versions.deb, versions.rpm):
        assert (key(left) < key(right)) + (key(left) == key(right)) + (key(left) > key(right)) == 1


@pytest.mark.parametrize("key", [versions.deb, versions.rpm])
def test_numbers_of_any_length(key: Callable[[str], Any]) -> None:
    long = "9" * 10000
    assert key("1." + long) < key("1.1" + long)
