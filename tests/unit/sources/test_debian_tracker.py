# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's tracker, as a stream: of all its entries only the wanted ones are looked at, and none is lost silently."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources import debian_tracker
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources.cve_data import UNREADABLE
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources.exploited import EVERY_RELEASE, Data, Fix
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources.fetching import SourceError
from hypothesis import given
from hypothesis import strategies as st

from tests.checkout import ROOT
from tests.unit.sources.test_kev import JSON

EXCERPT = ROOT / "tests/scenarios/sources/debian.json"
GLIBC, REDIS = "CVE-2023-4911", "CVE-2022-0543"
WANTED = {GLIBC, REDIS}


def read(content: bytes) -> Data:
    return debian_tracker.read("debian.json", io.BytesIO(content), None, WANTED)


def of(entry: Any, package: str = "glibc") -> Data:
    return read(json.dumps({package: {GLIBC: entry}, "redis": {REDIS: {"releases": {"bookworm": OPEN}}}}).encode())


OPEN = {"status": "open", "repositories": {}}


def test_an_excerpt_of_the_real_form() -> None:
    data = read(EXCERPT.read_bytes())
    assert data.cves == 7
    assert set(data.releases) == {"bookworm", "trixie"}
    assert data.releases["bookworm"] == {
        "glibc": (Fix(GLIBC, "2.36-9+deb12u3"),),
        "redis": (Fix(REDIS, "5:6.0.16-2"),),
    }
    assert not data.skipped


def test_open_undetermined_and_never_affected() -> None:
    data = of({"releases": {"bookworm": OPEN, "trixie": {"status": "resolved", "fixed_version": "0"},
                            "bullseye": {"status": "undetermined"}}})  # fmt: skip
    assert data.releases["bookworm"]["glibc"] == (Fix(GLIBC),)
    assert "trixie" in data.releases
    assert "glibc" not in data.releases["trixie"]
    assert data.releases["bullseye"]["glibc"][0].unclear == debian_tracker.UNDETERMINED


def test_blanks_around_names_and_versions_are_cut_off() -> None:
    data = of({"releases": {" bookworm ": {"status": "resolved", "fixed_version": "2.36-9 \n"}}}, "glibc ")
    assert data.releases["bookworm"]["glibc"] == (Fix(GLIBC, "2.36-9"),)


@pytest.mark.parametrize(
    "about",
    [None, 1, [], {}, {"status": 1}, {"status": "fixed"}, {"status": "resolved"},
     {"status": "resolved", "fixed_version": 2}, {"status": "resolved", "fixed_version": "none"}],
)  # fmt: skip
def test_a_release_of_another_form_can_not_be_told(about: Any) -> None:
    data = of({"releases": {"bookworm": about, "trixie": OPEN}})
    assert data.releases["bookworm"]["glibc"] == (Fix(GLIBC, unclear=UNREADABLE),)
    assert data.releases["trixie"]["glibc"] == (Fix(GLIBC),)
    assert len(data.skipped) == 1


@pytest.mark.parametrize("entry", [None, 1, "x", [], [[{}]], {}, {"releases": []}, {"releases": None}])
def test_an_entry_of_another_form_can_be_told_of_no_release(entry: Any) -> None:
    data = of(entry)
    assert data.releases[EVERY_RELEASE]["glibc"] == (Fix(GLIBC, unclear=UNREADABLE),)
    assert data.releases["bookworm"]["redis"] == (Fix(REDIS),)
    assert len(data.skipped) == 1


@pytest.mark.parametrize("content", [b"1", b'"x"', b'["CVE-2023-4911", {"a": {"b": {"c": {"d": 1}}}}]', b"null"])
def test_a_package_of_another_form_is_told(content: bytes) -> None:
    data = read(b'{"glibc": %s, "redis": {"CVE-2022-0543": {"releases": {"bookworm": {"status": "open"}}}}}' % content)
    assert [fix.unclear for fix in data.releases[EVERY_RELEASE]["glibc"]] == [UNREADABLE]
    assert data.releases["bookworm"] == {"redis": (Fix(REDIS),)}


def test_a_doubled_entry_counts_once_and_is_told() -> None:
    entry = '"CVE-2023-4911": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "%s"}}}'
    data = read(('{"glibc": {%s, %s}}' % (entry % "1", entry % "2")).encode())
    assert data.releases["bookworm"]["glibc"] == (Fix(GLIBC, "1"),)
    assert data.skipped == ("CVE-2023-4911 in glibc: stands there twice for bookworm",)


def test_an_entry_without_end_is_not_built() -> None:
    data = of({"releases": {"bookworm": OPEN}, "notes": ["x"] * (debian_tracker.MOST_PARTS + 1)})
    assert data.releases[EVERY_RELEASE]["glibc"][0].unclear == UNREADABLE


@pytest.mark.parametrize(
    "content",
    [
        EXCERPT.read_bytes()[:2000],
        b"",
        b"[]",
        b"{}",
        b'{"glibc": {}}',
        b'{"all": {"hosts": {}}}',
        b"\xff",
        b"{} x",
        b'{"a": NaN}',
    ],
)
def test_what_is_no_tracker_is_refused(content: bytes) -> None:
    with pytest.raises(SourceError, match=r"debian\.json: is no tracker data of Debian: "):
        read(content)


@given(JSON)
def test_any_entry_is_taken_or_told(entry: Any) -> None:
    data = of(entry)
    assert data.releases["bookworm"]["redis"] == (Fix(REDIS),)
    assert data.cves == 2


@given(st.binary() | st.dictionaries(st.text(), JSON, max_size=3).map(lambda value: json.dumps(value).encode()))
def test_any_content_is_read_or_refused(content: bytes) -> None:
    with suppress(SourceError):
        read(content)
