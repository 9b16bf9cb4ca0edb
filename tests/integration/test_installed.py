# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook by its name from the installed artefact, outside the checkout, as other people's set-ups run it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.fleet import Played, inventory, play
from tests.lab.engine import Host, Lab, free_port


@dataclass(frozen=True)
class Elsewhere:
    """A directory with nothing of the checkout in it, and the installed collection."""

    directory: Path
    collections: Path

    def audit(self, hosts: Path, *arguments: str, **environment: str) -> Played:
        defaults = self.directory / "ansible.cfg"
        defaults.touch()
        ours = {"ANSIBLE_CONFIG": str(defaults), "ANSIBLE_COLLECTIONS_PATH": str(self.collections), **environment}
        reports = self.directory / "reports"
        return play("audit", hosts, reports, *arguments, environment=ours, directory=self.directory)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    lab = Lab("installed")
    yield lab
    lab.stop()


@pytest.fixture(scope="module")
def pair(lab: Lab) -> list[Host]:
    hosts = [lab.start(name, "bookworm") for name in ("one", "two")]
    lab.wait_ssh(hosts)
    return hosts


@pytest.fixture
def elsewhere(installed: Path, tmp_path: Path) -> Elsewhere:
    return Elsewhere(tmp_path, installed)


def statuses(played: Played, host: str) -> dict[str, str]:
    return {finding["control"]: finding["status"] for finding in played.host(host)["findings"]}


@pytest.fixture(scope="module")
def plain(lab: Lab, pair: list[Host], installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """An audit with nothing set, that the others are compared with."""
    directory = tmp_path_factory.mktemp("plain")
    played = Elsewhere(directory, installed).audit(inventory(directory / "hosts.json", lab, pair))
    assert played.rc == 0, played.output
    return played


def test_every_host_is_read(plain: Played) -> None:
    for host in ("one", "two"):
        assert set(statuses(plain, host).values()) > {"unknown"}


def test_a_limit_narrows_the_run(lab: Lab, pair: list[Host], plain: Played, elsewhere: Elsewhere) -> None:
    played = elsewhere.audit(inventory(elsewhere.directory / "hosts.json", lab, pair), "-l", "two")
    assert played.rc == 0, played.output
    assert statuses(played, "two") == statuses(plain, "two")
    assert [path.stem for path in played.reports.glob("latest/hosts/*/*.json")] == ["two"]


@pytest.mark.parametrize(
    "environment",
    [
        {"ANSIBLE_INJECT_FACT_VARS": "False"},
        {"ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": "facts"},
    ],
    ids=["facts not injected", "fact cache"],
)
def test_how_facts_are_kept_makes_no_difference(
    environment: dict[str, str], lab: Lab, pair: list[Host], plain: Played, elsewhere: Elsewhere
) -> None:
    hosts = inventory(elsewhere.directory / "hosts.json", lab, pair)
    # The second run would be the one to meet what the first had left in a cache.
    for _ in range(2):
        played = elsewhere.audit(hosts, **environment)
        assert played.rc == 0, played.output
        assert statuses(played, "one") == statuses(plain, "one")
    assert not list(elsewhere.directory.glob("facts/*"))


def test_a_fleet_that_is_down_still_gets_its_report(lab: Lab, pair: list[Host], elsewhere: Elsewhere) -> None:
    nobody = {host.name: {"ansible_port": free_port()} for host in pair}
    played = elsewhere.audit(inventory(elsewhere.directory / "hosts.json", lab, pair, own=nobody))
    assert played.rc != 0
    assert played.document("run.json")["state"] == "complete"
    assert (played.reports / "latest" / "manifest.json").exists()
    for host in pair:
        assert set(statuses(played, host.name).values()) == {"unknown"}
        assert f"{host.name} was not read: unreachable" in played.output
