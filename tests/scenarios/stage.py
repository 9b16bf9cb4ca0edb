# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts that scenarios play on: a batch at a time, each scenario on a fresh host."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.programs import program

from tests.integration.fleet import Played, inventory
from tests.lab.engine import Host, Lab, LabError, each, free_port
from tests.lab.podman import podman
from tests.scenarios import evidence
from tests.scenarios.scenario import Scenario

PREFIX = "bulwark-scenarios"
#: Programs that setups may call by name: those of the scenarios, and of the roles.
TOOLS = {
    **{tool.name: tool.read_text(encoding="utf-8") for tool in (Path(__file__).parent / "tools").iterdir()},
    "bulwark-prune": program("backups", "bulwark-prune"),
}


@dataclass(frozen=True)
class Scene:
    """A scenario and the host it plays on."""

    host: Host
    scenario: Scenario


@dataclass(frozen=True)
class Scenery:
    """Hosts that are set up. problems: why there is none, by scenario id."""

    lab: Lab
    folder: Path
    scenes: tuple[Scene, ...]
    problems: dict[str, str]

    def inventory(self, name: str, scenes: Sequence[Scene], variables: Callable[[Scenario], Mapping[str, Any]]) -> Path:
        """Write an inventory of hosts, each with its own variables."""
        own = {
            scene.host.name: {
                **evidence.variables(self.folder, scene.host.name, scene.scenario),
                **variables(scene.scenario),
            }
            for scene in scenes
        }
        return inventory(self.folder / f"{name}.json", self.lab, [scene.host for scene in scenes], own=own)


def found(played: Played, scene: Scene) -> dict[str, Any] | None:
    """Return a host's result, whatever its customer; None where there is none."""
    paths = list(played.reports.glob(f"latest/hosts/*/{scene.host.name}.json"))
    return json.loads(paths[0].read_text(encoding="utf-8")) if paths else None


class Stage:
    """A lab of this process alone, that is cleared for each batch of scenarios."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Two runs must not take each other's hosts away. Only the keys are kept for the next.
        _remove_leftovers()
        self.lab = Lab(f"{PREFIX}-{os.getpid()}", Lab(PREFIX).state)
        self.lab.known_hosts = folder / "known_hosts"
        self.ports: dict[str, int] = {}

    def set_up(self, scenarios: Sequence[Scenario]) -> Scenery:
        """Start a host for each scenario, as it wants it; where that fails the problems say so."""
        folder = Path(mkdtemp(prefix="batch-", dir=self.folder))
        hosts = [self._host(f"{scenario.system}{slot}", scenario) for slot, scenario in enumerate(scenarios)]
        try:
            self.lab.stop()
            self.lab.restore(hosts)
            self.lab.wait_ssh(hosts)
        except LabError as error:
            return Scenery(self.lab, folder, (), {one.id: f"the hosts did not start: {error}" for one in scenarios})
        problems = each(_set_up, zip(hosts, scenarios, strict=True))
        ready = [Scene(host, one) for host, one, problem in zip(hosts, scenarios, problems, strict=True) if not problem]
        lost = {one.id: problem for one, problem in zip(scenarios, problems, strict=True) if problem}
        return Scenery(self.lab, folder, tuple(ready), lost)

    def close(self) -> None:
        """Remove the hosts."""
        self.lab.stop()

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
        called = [name for name in TOOLS if name in scenario.setup]
        for name in TOOLS:
            if name in called or any(name in TOOLS[caller] for caller in called):
                host.put(f"/usr/local/bin/{name}", TOOLS[name], 0o755)
        host.run(scenario.setup)
    except LabError as error:
        return f"the setup failed: {error}"
    return ""
