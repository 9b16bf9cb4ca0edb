# SPDX-License-Identifier: GPL-3.0-or-later
"""CISA's catalogue: what is sound is used, what is not is left out and told; what is no catalogue is refused."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources import kev
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources.exploited import Feed, Flaw
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources.fetching import SourceError
from hypothesis import given
from hypothesis import strategies as st

from tests.checkout import ROOT

EXCERPT = ROOT / "tests/scenarios/sources/kev.json"
ENTRY = {"cveID": "CVE-2023-4911", "dateAdded": "2023-11-21", "dueDate": "2023-12-12"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(-1e9, 1e9) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.sampled_from([*ENTRY]), inner),
    max_leaves=8,
)  # fmt: skip


def read(*entries: Any, **more: Any) -> Feed:
    document = {"dateReleased": "2026-11-20T14:00:31.4217Z", "count": len(entries), "vulnerabilities": entries, **more}
    return kev.read("kev.json", json.dumps(document).encode())


def test_an_excerpt_of_the_real_form() -> None:
    feed = kev.feed(str(EXCERPT))
    assert (feed.released, feed.stated, feed.entries, len(feed.flaws)) == (date(2026, 11, 20), 6, 6, 6)
    assert not feed.problem + "".join((*feed.skipped, *feed.doubled))
    known = feed.flaws["CVE-2024-1086"]
    assert known == Flaw("CVE-2024-1086", date(2024, 5, 30), date(2024, 6, 20), ransomware=True)
    assert feed.flaws["CVE-2026-99002"] == Flaw("CVE-2026-99002", date(2026, 10, 5), None, triage=True)


def test_unknown_keys_are_ignored_and_blanks_around_values_cut_off() -> None:
    feed = read({"cveID": "CVE-2023-4911  ", "dateAdded": " 2023-11-21\n", "severity": ["x"]})
    assert list(feed.flaws) == ["CVE-2023-4911"]
    assert not feed.skipped


@pytest.mark.parametrize(
    "entry",
    [None, [], "CVE-2023-4911", {}, {**ENTRY, "cveID": 1}, {**ENTRY, "cveID": "CVE-23-1"},
     {**ENTRY, "dateAdded": "soon"}, {**ENTRY, "dateAdded": "2023-13-40"},
     {**ENTRY, "dueDate": 20231212}, {**ENTRY, "forensicTriage": {}},
     {"cveID": "CVE-2023-4911"}],
)  # fmt: skip
def test_an_entry_of_another_form_is_left_out_and_told(entry: Any) -> None:
    feed = read(entry, {**ENTRY, "cveID": "CVE-2022-0543"})
    assert list(feed.flaws) == ["CVE-2022-0543"]
    assert len(feed.skipped) == 1
    assert feed.skipped[0].startswith("entry 1: ")


def test_a_doubled_entry_counts_once_and_is_told() -> None:
    feed = read(ENTRY, {**ENTRY, "dateAdded": "2026-01-01"})
    assert feed.flaws["CVE-2023-4911"].added == date(2023, 11, 21)
    assert feed.doubled == ("entry 2: CVE-2023-4911 stands there already",)


def test_of_many_wrong_entries_the_first_are_told_and_all_counted() -> None:
    assert read(*[None] * 50, ENTRY).skipped[-1] == "and 30 more"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (EXCERPT.read_bytes()[:900], "is no JSON"),
        (b"", "is no JSON"),
        (b"\xff\xfe{}", "is no JSON"),
        (b"[" * 200_000, "is no JSON"),
        (b"[]", "is no catalogue of CISA's"),
        (b'{"dateReleased": "2026-11-20", "vulnerabilities": {}}', "['vulnerabilities']"),
        (b'{"dateReleased": "2026-11-20", "vulnerabilities": []}', "['vulnerabilities']"),
        (b'{"dateReleased": "2026-99-20", "vulnerabilities": [1]}', "dateReleased: "),
        (b'{"dateReleased": 5, "vulnerabilities": [1]}', "['dateReleased']"),
        (b'{"dateReleased": "2026-11-20", "count": "6", "vulnerabilities": [1]}', "['count']"),
    ],
)
def test_what_is_no_catalogue_is_refused(content: bytes, told: str) -> None:
    with pytest.raises(SourceError) as error:
        kev.read("kev.json", content)
    assert "kev.json: " in str(error.value)
    assert told in str(error.value)
    assert len(str(error.value)) < 400


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "kev.json"
    with path.open("wb") as file:
        file.truncate(100 << 20)
    assert kev.feed(str(path)).problem == f"{path}: is larger than 16 MiB"


@given(JSON)
def test_any_entry_is_taken_or_told(entry: Any) -> None:
    feed = read(entry)
    assert len(feed.flaws) + len(feed.skipped) == 1


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_content_is_read_or_refused(content: bytes) -> None:
    with suppress(SourceError):
        kev.read("kev.json", content)
