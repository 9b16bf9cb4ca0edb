# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts that scenarios play on: a batch at a time, each scenario on a fresh host.

Most are containers. Scenarios that need a kernel of their own play on the guest, which for each batch goes back to its
snapshot. There they share as few inventory hosts as what they declare allows.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.programs import program

from tests.integration.fleet import Played, inventory
from tests.lab.engine import Host, Lab, LabError, each, free_port
from tests.lab.podman import podman
from tests.scenarios import evidence
from tests.scenarios.batches import host_of
from tests.scenarios.scenario import Scenario, ScenarioError
from tests.vm.guest import Guest
from tests.vm.image import VmError, cache
from tests.vm.vm import Vm

PREFIX = "bulwark-scenarios"
GUESTS = "scenarios-"
#: What controls an inventory host is asked for, and which of the staged ones are enforced on it.
ASKED = ("bulwark_controls", "bulwark_staged")
#: Programs that setups may call by name: those of the scenarios, and of the roles.
TOOLS = {
    **{tool.name: tool.read_text(encoding="utf-8") for tool in (Path(__file__).parent / "tools").iterdir()},
    "bulwark-log-alert": program("logging", "bulwark-log-alert"),
    "bulwark-log-seal": program("logging", "bulwark-log-seal"),
    "bulwark-prune": program("backups", "bulwark-prune"),
}


@dataclass(frozen=True)
class Scene:
    """A scenario and the host it plays on."""

    host: Host | Guest
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
        own: dict[str, dict[str, Any]] = {}
        for scene in scenes:
            said = own.setdefault(scene.host.name, scene.host.variables() if isinstance(scene.host, Guest) else {})
            said.update(evidence.variables(self.folder, scene.host.name, scene.scenario))
            _add(said, variables(scene.scenario), scene.scenario.id)
        path = self.folder / f"{name}.json"
        if any(isinstance(scene.host, Guest) for scene in scenes):
            path.write_text(json.dumps({"all": {"hosts": own}}), encoding="utf-8")
            return path
        return inventory(path, self.lab, [scene.host for scene in scenes if isinstance(scene.host, Host)], own=own)


def found(played: Played, scene: Scene) -> dict[str, Any] | None:
    """Return a host's result, whatever its customer; None where there is none."""
    paths = list(played.reports.glob(f"latest/hosts/*/{scene.host.name}.json"))
    return json.loads(paths[0].read_text(encoding="utf-8")) if paths else None


def _add(said: dict[str, Any], more: Mapping[str, Any], scenario: str) -> None:
    """Add a scenario's variables to its host's, which may be others' as well: what is asked for is asked of all."""
    for name, value in more.items():
        if name in ASKED:
            said[name] = sorted({*said.get(name, ()), *value})
        elif said.setdefault(name, value) != value:
            raise ScenarioError(f"{scenario}: a scenario that is mended with it declares another {name}")


class Stage:
    """A lab and a guest of this process alone, that are cleared for each batch of scenarios."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Two runs must not take each other's hosts away. Only the keys are kept for the next.
        _remove_leftovers()
        self.lab = Lab(f"{PREFIX}-{os.getpid()}", Lab(PREFIX).state)
        self.lab.known_hosts = folder / "known_hosts"
        self.ports: dict[str, int] = {}
        self.vm: Vm | None = None

    def set_up(self, scenarios: Sequence[Scenario]) -> Scenery:
        """Start a host for each scenario, or for several that want it alike; where that fails the problems say so."""
        folder = Path(mkdtemp(prefix="batch-", dir=self.folder))
        try:
            hosts = self._guests(scenarios) if any(one.on_guest for one in scenarios) else self._containers(scenarios)
        except (LabError, VmError) as error:
            return Scenery(self.lab, folder, (), {one.id: f"the hosts did not start: {error}" for one in scenarios})
        first = {host_of(one): (host, one) for host, one in reversed([*zip(hosts, scenarios, strict=True)])}
        problems = dict(zip(first, each(_set_up, first.values()), strict=True))
        ready = [Scene(host, one) for host, one in zip(hosts, scenarios, strict=True) if not problems[host_of(one)]]
        lost = {one.id: problems[host_of(one)] for one in scenarios if problems[host_of(one)]}
        return Scenery(self.lab, folder, tuple(ready), lost)

    def close(self) -> None:
        """Remove the hosts."""
        self.lab.stop()
        if self.vm:
            self.vm.stop()
            shutil.rmtree(self.vm.folder)

    def _containers(self, scenarios: Sequence[Scenario]) -> list[Host | Guest]:
        started: dict[tuple[str, str, str], Host] = {}
        named: list[Host | Guest] = []
        for slot, scenario in enumerate(scenarios):
            new = self._host(f"{scenario.system}{len(started)}", scenario)
            host = started.setdefault(host_of(scenario), new)
            named.append(host if host is new else replace(host, name=f"{host.name}-{slot}"))
        self.lab.stop()
        self.lab.restore(started.values())
        self.lab.wait_ssh(started.values())
        return named

    def _guests(self, scenarios: Sequence[Scenario]) -> list[Host | Guest]:
        self.vm = self.vm or Vm("bookworm", cache() / f"{GUESTS}{os.getpid()}")
        self.vm.start()
        return [Guest(self.vm, name) for name in _names(scenarios)]

    def _host(self, name: str, scenario: Scenario) -> Host:
        port = self.ports.setdefault(name, free_port())
        return Host(name, f"{self.lab.prefix}-{name}", scenario.system, port)


def _names(scenarios: Sequence[Scenario]) -> list[str]:
    """Return the inventory host of each scenario on the guest: one has each control once, and each variable.

    Those that are mended are one.
    """
    taken: list[tuple[set[str], dict[str, Any]]] = []
    names = {}
    for one in sorted(scenarios, key=lambda one: one.mend is None):
        free = [at for at, (controls, declared) in enumerate(taken) if one.mend or (
            one.control not in controls and all(declared.get(name, value) == value for name, value in one.vars.items())
        )]  # fmt: skip
        number = free[0] if free else len(taken)
        if not free:
            taken.append((set(), {}))
        taken[number][0].add(one.control)
        taken[number][1].update(one.vars)
        names[one.id] = f"vm-{number}"
    return [names[one.id] for one in scenarios]


def _remove_leftovers() -> None:
    """Remove the hosts of runs that were killed."""
    listed = podman("ps", "--all", "--format", "{{.Names}}", "--filter", f"name=^{PREFIX}-[0-9]+-").stdout.decode()
    owners = {name.removeprefix(f"{PREFIX}-").partition("-")[0] for name in listed.split()}
    for owner in owners:
        if not Path("/proc", owner).exists():
            Lab(f"{PREFIX}-{owner}").stop()
    for folder in cache().glob(f"{GUESTS}*"):
        if not Path("/proc", folder.name.removeprefix(GUESTS)).exists():
            Vm("bookworm", folder).stop()
            shutil.rmtree(folder, ignore_errors=True)


def _set_up(part: tuple[Host | Guest, Scenario]) -> str:
    host, scenario = part
    try:
        called = [name for name in TOOLS if name in scenario.setup]
        for name in TOOLS:
            if name in called or any(name in TOOLS[caller] for caller in called):
                host.put(f"/usr/local/bin/{name}", TOOLS[name], 0o755)
        host.run(scenario.setup)
    except (LabError, VmError) as error:
        return f"the setup failed: {error}"
    return ""
