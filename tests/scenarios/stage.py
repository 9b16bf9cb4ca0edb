# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs scenarios on real hosts: eight at a time, each on a fresh host, one playbook for all eight."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.fleet import Played, inventory, play
from tests.lab.engine import Host, Lab, LabError, each, free_port
from tests.lab.podman import podman
from tests.scenarios.scenario import Scenario

HOSTS = 8
PREFIX = "bulwark-scenarios"
INVENTORY = "inventory.json"
#: Programs that setups may call by name.
TOOLS = sorted((Path(__file__).parent / "tools").iterdir())


@dataclass(frozen=True)
class Scene:
    """A scenario and the host it plays on."""

    host: Host
    scenario: Scenario


@dataclass(frozen=True)
class Batch:
    """Hosts that are set up. problems: why there is none, by scenario id."""

    folder: Path
    scenes: tuple[Scene, ...]
    problems: dict[str, str]

    @property
    def inventory(self) -> Path:
        """Return the inventory of the hosts."""
        return self.folder / INVENTORY


def found(played: Played, scene: Scene) -> dict[str, Any] | None:
    """Return a host's result, whatever its customer; None where there is none."""
    paths = list(played.reports.glob(f"latest/hosts/*/{scene.host.name}.json"))
    return json.loads(paths[0].read_text(encoding="utf-8")) if paths else None


class Stage:
    """The hosts that scenarios play on. Results are host documents, or the reason why there is none, by scenario id."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Of this process alone: two runs must not take each other's hosts away. Only the keys are kept for the next.
        _remove_leftovers()
        self.lab = Lab(f"{PREFIX}-{os.getpid()}", Lab(PREFIX).state)
        self.lab.known_hosts = folder / "known_hosts"
        self.ports: dict[str, int] = {}

    def play(self, scenarios: Sequence[Scenario]) -> dict[str, dict[str, Any] | str]:
        """Audit the hosts of all scenarios, a stageful at a time."""
        results: dict[str, dict[str, Any] | str] = {}
        for batch in self.set_up(scenarios, lambda scenario: scenario.vars):
            results.update(batch.problems)
            if batch.scenes:
                played = play("audit", batch.inventory, batch.folder)
                for scene in batch.scenes:
                    results[scene.scenario.id] = found(played, scene) or played.output
        return results

    def close(self) -> None:
        """Remove the hosts."""
        self.lab.stop()

    def set_up(
        self, scenarios: Sequence[Scenario], variables: Callable[[Scenario], Mapping[str, Any]]
    ) -> Iterator[Batch]:
        """Yield a stageful of hosts at a time, each as its scenario wants it and with its own variables."""
        for start in range(0, len(scenarios), HOSTS):
            batch, folder = scenarios[start : start + HOSTS], self.folder / f"batch-{start // HOSTS}"
            folder.mkdir(parents=True)
            try:
                yield self._batch(batch, folder, variables)
            except LabError as error:
                yield Batch(folder, (), {scenario.id: f"the hosts did not start: {error}" for scenario in batch})

    def _batch(
        self, scenarios: Sequence[Scenario], folder: Path, variables: Callable[[Scenario], Mapping[str, Any]]
    ) -> Batch:
        hosts = [self._host(f"{scenario.system}{slot}", scenario) for slot, scenario in enumerate(scenarios)]
        self.lab.stop()
        self.lab.restore(hosts)
        self.lab.wait_ssh(hosts)
        problems = each(_set_up, zip(hosts, scenarios, strict=True))
        ready = [Scene(host, one) for host, one, problem in zip(hosts, scenarios, problems, strict=True) if not problem]
        own = {scene.host.name: variables(scene.scenario) for scene in ready}
        inventory(folder / INVENTORY, self.lab, [scene.host for scene in ready], own=own)
        lost = {one.id: problem for one, problem in zip(scenarios, problems, strict=True) if problem}
        return Batch(folder, tuple(ready), lost)

    def _host(self, name: str, scenario: Scenario) -> Host:
        port = self.ports.setdefault(name, free_port())
        return Host(name, f"{self.lab.prefix}-{name}", scenario.system, port)


def _remove_leftovers() -> None:
    """Remove the hosts of runs that were killed."""
    listed = podman("ps", "--all", "--format", "{{.Names}}", "--filter", f"name=^{PREFIX}-[0-9]+-").stdout.decode()
    owners = {name.removeprefix(f"{PREFIX}-").partition("-")[0] for name in listed.split()}
    for owner in owners:
        if not Path("/proc", owner).exists():
            Lab(f"{PREFIX}-{owner}").stop()


def _set_up(part: tuple[Host, Scenario]) -> str:
    host, scenario = part
    try:
        for tool in TOOLS:
            if tool.name in scenario.setup:
                host.put(f"/usr/local/bin/{tool.name}", tool.read_bytes(), 0o755)
        host.run(scenario.setup)
    except LabError as error:
        return f"the setup failed: {error}"
    return ""
