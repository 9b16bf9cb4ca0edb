# SPDX-License-Identifier: GPL-3.0-or-later
"""Ubuntu's OSV records: as a folder, an archive, one file or a list; with and without the support that is paid for."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources import ubuntu_osv
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources.cve_data import UNREADABLE
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources.exploited import (
    EVERY_PACKAGE,
    EVERY_RELEASE,
    Data,
    Fix,
)
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources.fetching import SourceError
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.sources.test_kev import JSON

CVE = "CVE-2023-4911"
WANTED = {CVE, "CVE-2022-0543"}
UNREAD = {EVERY_RELEASE: {EVERY_PACKAGE: (Fix(CVE, unclear=UNREADABLE),)}}


def affected(package: str, ecosystem: str, *fixed: str) -> dict[str, Any]:
    events = [{"introduced": "0"}, *({"fixed": version} for version in fixed)]
    purl = f"pkg:deb/ubuntu/{package}?arch=source&distro=jammy"
    return {
        "package": {"ecosystem": ecosystem, "name": package, "purl": purl},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
        "versions": ["2.35-0ubuntu3"],
        "ecosystem_specific": {"ubuntu_priority": "high"},
    }


def record(*entries: Any, cve: str = CVE) -> dict[str, Any]:
    return {
        "schema_version": "1.7.0",
        "id": f"UBUNTU-{cve}",
        "upstream": [cve],
        "details": "A buffer overflow was discovered in the GNU C Library's dynamic loader ld.so.",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"}],
        "affected": list(entries),
        "published": "2023-10-03T18:00:00Z",
        "modified": "2025-07-16T07:33:00Z",
    }


GLIBC = record(
    affected("glibc", "Ubuntu:22.04:LTS", "2.35-0ubuntu3.4"),
    affected("glibc", "Ubuntu:23.04", "2.37-0ubuntu2.1"),
    affected("glibc", "Ubuntu:Pro:FIPS-updates:22.04:LTS", "1"),
)


def read(content: Any) -> Data:
    stream = io.BytesIO(content if isinstance(content, bytes) else json.dumps(content).encode())
    return ubuntu_osv.read("all.json", stream, None, WANTED)


def test_one_record() -> None:
    data = read(GLIBC)
    assert data.releases["22.04"] == {"glibc": (Fix(CVE, "2.35-0ubuntu3.4"),)}
    assert set(data.releases) == {"22.04", "23.04"}
    assert (data.cves, data.skipped) == (1, ())


def test_a_list_of_records_with_others_among_them() -> None:
    notice = {**GLIBC, "id": "USN-6409-1"}
    data = read([notice, record(affected("redis", "Ubuntu:22.04:LTS"), cve="CVE-2022-0543"), GLIBC])
    assert data.releases["22.04"] == {"redis": (Fix("CVE-2022-0543"),), "glibc": (Fix(CVE, "2.35-0ubuntu3.4"),)}


@pytest.mark.parametrize("turned", [False, True])
def test_paid_support_is_kept_apart(turned: bool) -> None:
    entries = [
        affected("redis", "Ubuntu:22.04:LTS"),
        affected("redis", "Ubuntu:Pro:22.04:LTS", "5:6.0.16-1ubuntu1+esm2"),
    ]
    data = read(record(*(reversed(entries) if turned else entries)))
    assert data.releases["22.04"]["redis"] == (Fix(CVE, None, "5:6.0.16-1ubuntu1+esm2"),)
    assert not data.skipped


def test_a_folder_and_an_archive_say_the_same_and_skip_by_name(tmp_path: Path) -> None:
    files = {
        "osv/cve/2023/UBUNTU-CVE-2023-4911.json": json.dumps(GLIBC),
        "osv/cve/2023/UBUNTU-CVE-2023-0001.json": "not looked at",
        "osv/usn/USN-6409-1.json": "not looked at",
    }
    for name, text in files.items():
        (tmp_path / "records" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "records" / name).write_text(text)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    folder = ubuntu_osv.read_folder(str(tmp_path / "records"), WANTED)
    packed = read((tmp_path / "all.zip").read_bytes())
    assert folder.releases == packed.releases == read(GLIBC).releases
    assert folder.cves == packed.cves == 2
    assert folder.written is not None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"x" * 100])
def test_a_file_of_another_form_tells_nothing_of_its_flaw(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "UBUNTU-CVE-2023-4911.json").write_bytes(content)
    data = ubuntu_osv.read_folder(str(tmp_path), WANTED)
    assert data.releases == UNREAD
    assert len(data.skipped) == 1


@pytest.mark.parametrize(
    "change", [{"affected": None}, {"affected": [1]}, {"affected": [{"package": []}]}, {"affected": [{"package": {}}]}]
)
def test_a_record_of_another_form_tells_nothing_of_its_flaw(change: dict[str, Any]) -> None:
    assert read({**GLIBC, **change}).releases == UNREAD


@pytest.mark.parametrize("ranges", [None, [], [1], [{"events": {}}], [{"events": [1]}], [{"events": [{"fixed": "x"}]}]])
def test_ranges_of_another_form_tell_nothing_of_the_package(ranges: Any) -> None:
    entry = {**affected("glibc", "Ubuntu:22.04:LTS"), "ranges": ranges}
    assert read(record(entry)).releases["22.04"]["glibc"] == (Fix(CVE, unclear=UNREADABLE),)


@pytest.mark.parametrize(
    "content", [b"", b"  ", b"[", b'[{"id": 1}', b"[]", b'[{"id": "USN-6409-1"}]', b"\xff", b"PK\x03\x04 broken"]
)
def test_what_is_none_of_these_is_refused(content: bytes) -> None:
    with pytest.raises(SourceError, match=r"all\.json: "):
        read(content)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("UBUNTU-CVE-2023-4911.json", json.dumps(GLIBC))
    content = bytearray((tmp_path / "all.zip").read_bytes())
    content[60:80] = bytes(20)
    with pytest.raises(SourceError, match="is no usable archive"):
        read(bytes(content))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no OSV record of Ubuntu"):
        ubuntu_osv.read_folder(str(tmp_path), WANTED)


@given(st.binary() | JSON.map(lambda value: json.dumps([{**GLIBC, "affected": value}, value]).encode()))
def test_any_content_is_read_or_refused(content: bytes) -> None:
    with suppress(SourceError):
        read(content)
