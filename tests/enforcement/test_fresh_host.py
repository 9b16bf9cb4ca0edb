# SPDX-License-Identifier: GPL-3.0-or-later
"""From a fresh host to a hardened one and back: check says what then happens, and restore leaves no trace.

On the bare hosts every package that the plan needs is installed first, and goes again with restore.

The runs are a story of five, each the start of the next: check, harden, harden again, look at restore, restore.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.enforcement.newcomer import CUSTOMER, SUITES, newcomer
from tests.enforcement.outcome import enforcement, staged, still_failing, tasks
from tests.enforcement.tree import Picture, differences, picture
from tests.integration.fleet import Played, inventory, play
from tests.lab.engine import Host, Lab, each

CHECK = ("--check", "--diff")
FIRST = ("-e", "bulwark_restore_run=first")
#: Host -> whether nothing but Debian is on it.
HOSTS = {suite + ending: bare for suite in SUITES for ending, bare in (("", False), ("-bare", True))}
#: What needs a decision that this inventory doesn't make -> what says so: the variable, or whose it is.
LEFT = {"lin-mf-sk-keys": "bulwark_mfa_method", "lin-lm-log-capacity": "whoever partitions this host"}
#: And where nothing had to be installed, so that apt's lists were never fetched and it shows that no firewall denies.
UNFETCHED = {**LEFT, "lin-up-repo-trust": "apt-get update", "lin-lm-fw-log": "no firewall denies anything"}


@dataclass(frozen=True)
class Step:
    """One run, and the hosts' pictures after it by host name."""

    played: Played
    pictures: dict[str, Picture]

    @property
    def run(self) -> Path:
        return self.played.reports / "latest"


Story = dict[str, Step]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    lab = Lab("fresh")
    yield lab
    lab.stop()


@pytest.fixture(scope="module")
def before(lab: Lab) -> dict[str, tuple[Host, Picture]]:
    """The hosts by name, as they are before anything happens."""
    made = newcomer(lab)
    hosts = each(lambda name: made.start(name, name.partition("-")[0], bare=HOSTS[name]), HOSTS)
    return {host.name: (host, seen) for host, seen in zip(hosts, each(picture, hosts), strict=True)}


@pytest.fixture(scope="module")
def story(lab: Lab, before: dict[str, tuple[Host, Picture]], tmp_path_factory: pytest.TempPathFactory) -> Story:
    hosts = [host for host, _ in before.values()]
    folder = tmp_path_factory.mktemp("fresh")
    listed = inventory(folder / "hosts.json", lab, hosts, newcomer(lab).variables(hosts))
    return {
        name: step(hosts, listed, folder / name, playbook, *arguments)
        for name, playbook, *arguments in (
            ("check", "harden", *CHECK),
            ("harden", "harden"),
            ("again", "harden"),
            ("look", "restore", *CHECK, *FIRST),
            ("restore", "restore", *FIRST),
        )
    }


def step(hosts: list[Host], listed: Path, reports: Path, playbook: str, *arguments: str) -> Step:
    played = play(playbook, listed, reports, *arguments)
    return Step(played, {host.name: seen for host, seen in zip(hosts, each(picture, hosts), strict=True)})


@pytest.mark.parametrize("run", ["check", "harden", "again", "look", "restore"])
def test_every_run_succeeds(story: Story, run: str) -> None:
    assert story[run].played.rc == 0, story[run].played.output


@pytest.mark.parametrize("name", HOSTS)
def test_check_changes_nothing(story: Story, before: dict[str, tuple[Host, Picture]], name: str) -> None:
    assert differences(before[name][1], story["check"].pictures[name]) == []


@pytest.mark.parametrize("name", HOSTS)
def test_check_says_what_then_changes(story: Story, name: str) -> None:
    would = tasks(story["check"].run, name, CUSTOMER, "would_change")
    assert would == tasks(story["harden"].run, name, CUSTOMER, "changed")
    assert len({control for _, control, _ in would}) > 5


@pytest.mark.parametrize("name", HOSTS)
def test_what_fails_is_mended_or_left_with_the_variable_it_needs(story: Story, name: str) -> None:
    left, expected = still_failing(story["harden"].run, name, CUSTOMER), LEFT if HOSTS[name] else UNFETCHED
    assert set(left) == set(expected), left
    for control, variable in expected.items():
        assert variable in left[control]


@pytest.mark.parametrize("name", HOSTS)
def test_what_was_changed_passes(story: Story, name: str) -> None:
    told = enforcement(story["harden"].run, name, CUSTOMER)
    ended = {control: entry["after"] for control, entry in told.items() if entry["state"] == "changed"}
    assert set(ended.values()) == {"pass"}, ended


@pytest.mark.parametrize("name", HOSTS)
def test_a_second_run_changes_nothing(story: Story, name: str) -> None:
    assert differences(story["harden"].pictures[name], story["again"].pictures[name]) == []
    assert re.search(rf"^{name} .*changed=0 ", story["again"].played.output, re.MULTILINE)
    assert staged(story["again"].played.output) <= set(UNFETCHED)


@pytest.mark.parametrize("name", HOSTS)
def test_restore_is_previewed(story: Story, name: str) -> None:
    assert differences(story["again"].pictures[name], story["look"].pictures[name]) == []
    assert re.search(rf"^{name} .*changed=1 ", story["look"].played.output, re.MULTILINE)


@pytest.mark.parametrize("name", HOSTS)
def test_restore_brings_everything_back(story: Story, before: dict[str, tuple[Host, Picture]], name: str) -> None:
    assert differences(before[name][1], story["restore"].pictures[name]) == []
