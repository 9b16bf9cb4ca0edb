# SPDX-License-Identifier: GPL-3.0-or-later
"""What was read of catalogue and CVE data is the same after it went through a file, and its gaps are warned of."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.results import Run
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.exploited import gather, known
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources.exploited import exploited
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources.indexing import index, warnings

from tests.checkout import ROOT

SOURCES = ROOT / "tests/scenarios/sources"
KEV = str(SOURCES / "kev.json")
DATA = [{"system": "debian", "source": str(SOURCES / "debian.json")}]
CATALOGUE = catalogue.load()


def test_an_index_outlives_its_file() -> None:
    found = index(KEV, DATA)
    assert exploited(json.loads(json.dumps(found.document()))) == found
    assert found.data["debian"].releases["bookworm"]["redis"]
    assert warnings(found) == []


def test_it_holds_only_what_is_exploited() -> None:
    assert "CVE-2019-1010022" in (SOURCES / "debian.json").read_text()
    assert "CVE-2019-1010022" not in json.dumps(index(KEV, DATA).document())


def test_what_is_missing_or_was_left_out_is_warned_of(tmp_path: Path) -> None:
    cut = tmp_path / "debian.json"
    cut.write_bytes((SOURCES / "debian.json").read_bytes()[:1500])
    found = index(str(SOURCES / "kev-damaged.json"), [{"system": "debian", "source": str(cut)}])
    no_data, left_out = warnings(found)
    assert no_data.startswith(f"{cut}: is no tracker data of Debian: ")
    assert "entry 3: 'dateAdded' is a required property" in left_out
    assert "entry 2: CVE-2023-4911 stands there already" in left_out
    assert found.data["debian"].releases == {}


def test_without_a_catalogue_nothing_is_wanted() -> None:
    found = index(str(SOURCES / "none.json"), DATA)
    assert found.feed.problem == f"{SOURCES}/none.json: No such file or directory"
    assert found.feed.flaws == {}


def test_what_is_larger_than_any_tracker_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "debian.json").open("wb") as file:
        file.truncate(600 << 20)
    found = index(KEV, [{"system": "debian", "source": str(tmp_path / "debian.json")}])
    assert found.data["debian"].problem == f"{tmp_path}/debian.json: is larger than 512 MiB"


@pytest.mark.parametrize("library", ["ijson", "jsonschema"])
def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    (problem,) = warnings(index(KEV, DATA))
    assert problem.endswith(f"on the controller: pip install {library}")


def test_a_run_reads_each_source_once_and_each_host_gets_its_own(tmp_path: Path) -> None:
    named: list[tuple[str, list[Any]]] = [(KEV, DATA), (KEV, []), ("", DATA)]
    policies: list[dict[str, Any]] = [{"bulwark_kev": kev, "bulwark_cve_data": data} for kev, data in named]
    in_force = [{name: {"value": value} for name, value in policy.items()} for policy in [*policies, *policies]]
    run = Run(tmp_path)
    assert gather(run, in_force, ["lin-up-kev"], CATALOGUE) == []
    assert len(list(tmp_path.glob(".exploited-*"))) == 2
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in tmp_path.iterdir())
    assert run.data_files() == []
    first, second, third = (known(run, policy) for policy in policies)
    assert first is not None
    assert second is not None
    assert (set(first.data), set(second.data), third) == ({"debian"}, set(), None)


@pytest.mark.parametrize("controls", [[], ["lin-ic-ssh-no-root"], ["ev-restore-test"]])
def test_nothing_is_read_that_no_control_goes_by(tmp_path: Path, controls: list[str]) -> None:
    policy = {"bulwark_kev": {"value": "/nowhere"}, "bulwark_cve_data": {"value": []}}
    assert gather(Run(tmp_path), [policy], controls, CATALOGUE) == []
    assert list(tmp_path.iterdir()) == []
