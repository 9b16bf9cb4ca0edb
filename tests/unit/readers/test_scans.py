# SPDX-License-Identifier: GPL-3.0-or-later
"""The readers of scanners' reports, of containers' images and of firmware."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.areas import AREAS
from ansible_collections.bulwark.msp.plugins.module_utils.deep import firmware
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door, Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.reading import Reading
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.readers.host import read

PASSWD = {"etc/passwd": "root:x:0:0::/root:/bin/bash\ndev:x:1000:1000::/home/dev:/bin/bash\n"}


def reported(root: Path, text: str, **owner: Any) -> dict[str, Any]:
    """Return what is read of a report."""
    (root / "report.json").write_text(text)
    (root / "owners.json").write_text(json.dumps({"/report.json": {"modified": 86400, **owner}}))
    facts, _errors = Reading(Door(str(root)), AREAS, scan_reports=["/report.json"]).state(["scans"], 20)
    report: dict[str, Any] = facts["scans"]["reports"][0]
    return report


def test_a_report_with_a_time_needs_none_of_its_file(tmp_path: Path) -> None:
    content = {"CreatedAt": "2026-11-20T01:02:03Z", "ArtifactName": "shop:3"}
    assert reported(tmp_path, json.dumps(content), modified=None)["at"] == "2026-11-20T01:02:03Z"


def test_a_report_of_trivy_tells_what_has_a_fix(tmp_path: Path) -> None:
    flaw = {"VulnerabilityID": "CVE-1", "PkgName": "a", "InstalledVersion": "1", "Severity": "HIGH"}
    content = {
        "CreatedAt": "2026-11-20T01:02:03.456Z", "ArtifactName": "shop:3",
        "Results": [{"Vulnerabilities": [flaw, {**flaw, "FixedVersion": "2"}]}, {"Target": "clean"}],
    }  # fmt: skip
    assert reported(tmp_path, json.dumps(content)) == {
        "path": "/report.json", "problem": None, "tool": "trivy", "artifact": "shop:3",
        "at": "2026-11-20T01:02:03.456Z",
        "flaws": [{"id": "CVE-1", "package": "a", "installed": "1", "fixed": "2", "severity": "high"}], "more": 0,
    }  # fmt: skip


def test_a_report_of_grype_without_a_time_counts_from_when_it_was_written(tmp_path: Path) -> None:
    match = {
        "vulnerability": {"id": "GHSA-1", "severity": "Critical", "fix": {"versions": ["2", "3"], "state": "fixed"}},
        "artifact": {"name": "b", "version": "1"},
    }
    report = reported(tmp_path, json.dumps({"matches": [match] * 300, "source": {"target": "/"}, "descriptor": {}}))
    assert (report["tool"], report["at"], report["artifact"]) == ("grype", 86400, "/")
    assert report["flaws"][0] == {"id": "GHSA-1", "package": "b", "installed": "1", "fixed": "2, 3",
                                  "severity": "critical"}  # fmt: skip
    assert (len(report["flaws"]), report["more"]) == (200, 100)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"matches": 3}', '{"ArtifactName": "x", "Results": [3]}', "[" * 9999]
)
def test_what_is_no_report_is_said(tmp_path: Path, text: str) -> None:
    assert "neither a report of trivy" in reported(tmp_path, text)["problem"]


def test_a_report_that_others_may_write_is_not_gone_by(tmp_path: Path) -> None:
    for owner in ({"uid": 1000}, {"mode": "0666"}):
        assert "others than root may write it" in reported(tmp_path, "{}", **owner)["problem"]


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(
    st.sampled_from(["matches", "Results", "ArtifactName", "Vulnerabilities", "vulnerability", "descriptor"]), inner,
)))  # fmt: skip
def test_any_json_is_a_report_or_none(tmp_path_factory: pytest.TempPathFactory, content: Any) -> None:
    report = reported(tmp_path_factory.mktemp("host"), json.dumps(content))
    assert report["problem"] or report["tool"]


def test_images_that_containers_run_from(tmp_path: Path) -> None:
    own = "home/dev/.local/share/containers/storage"
    files = {
        **PASSWD,
        f"{own}/overlay-containers/containers.json": '[{"id": "c", "image": "aaaa"}]',
        f"{own}/overlay-images/images.json": '[{"id": "aaaa", "names": ["x:1"], "created": "2026-01-01T00:00:00Z"},'
        '{"id": "bbbb"}]',
        "var/lib/docker/containers/1/config.v2.json": '{"Image": "sha256:cc", "Config": {"Image": "y:2", '
        '"Env": ["PASSWORD=planted"]}}',
        "run/containerd/io.containerd.runtime.v2.task/k8s.io/pod/log": "",
        "run/containerd/io.containerd.runtime.v2.task/moby/1/log": "",
    }
    known = {"getent passwd": PASSWD["etc/passwd"], "getent group": ""}
    facts, errors = read(tmp_path, "scans", files, known)
    assert not errors
    assert facts["images"] == [
        {"engine": "podman", "id": "aaaa", "names": ["x:1"], "created": "2026-01-01T00:00:00Z"},
        {"engine": "docker", "id": "cc", "names": ["y:2"], "created": None},
    ]
    assert facts["unseen"] == ["containerd runs containers (k8s.io); how old their images are is in its database"]
    assert "planted" not in json.dumps(facts)


def test_a_processor_and_its_flaws(tmp_path: Path) -> None:
    files = {
        "sys/devices/system/cpu/vulnerabilities/mds": "Vulnerable; SMT disabled\n",
        "proc/cpuinfo": "processor\t: 0\nvendor_id\t: GenuineIntel\nmicrocode\t: 0x2b\nflags\t\t: fpu hypervisor\n",
    }
    facts, errors = read(tmp_path, "firmware", files)
    assert not errors
    assert facts == {
        "flaws": {"mds": "Vulnerable; SMT disabled"}, "updates": None,
        "processor": {"vendor": "GenuineIntel", "microcode": "0x2b", "virtual": True},
    }  # fmt: skip


def test_firmware_as_fwupd_knows_it(tmp_path: Path) -> None:
    release = {"Version": "2", "Created": 1700000000, "Urgency": "critical"}
    printed = {"Devices": [{"Name": "System Firmware", "Serial": "planted", "Version": "1", "Releases": [release]}]}
    assert firmware.devices(json.dumps(printed)) == [
        {"name": "System Firmware", "version": "1",
         "releases": [{"version": "2", "created": 1700000000, "urgency": "critical"}]}
    ]  # fmt: skip
    answers = {" ".join(firmware.COMMAND): {"rc": 2, "stdout": "", "stderr": "No updates available"}}
    (tmp_path / "commands.json").write_text(json.dumps(answers))
    assert firmware.updates(Door(str(tmp_path))) == {"problem": None, "devices": []}
    (tmp_path / "commands.json").write_text("{}")
    assert firmware.updates(Door(str(tmp_path))) == {"problem": None, "devices": None}


@given(st.text() | st.sampled_from(["{}", '{"Devices": [1]}', '{"Devices": [{"Releases": [{"Created": "x"}]}]}']))
def test_any_text_of_fwupd_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Unreadable):
        firmware.devices(text)
