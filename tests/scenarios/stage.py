# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs scenarios on real hosts: eight at a time, each on a fresh host, one audit for all eight."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.integration.fleet import inventory, play
from tests.lab.engine import Host, Lab, LabError, each, free_port
from tests.lab.podman import podman
from tests.scenarios.scenario import Scenario

HOSTS = 8
PREFIX = "bulwark-scenarios"


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
        """Play all scenarios, a stageful at a time."""
        results: dict[str, dict[str, Any] | str] = {}
        for start in range(0, len(scenarios), HOSTS):
            batch = scenarios[start : start + HOSTS]
            try:
                results.update(self._batch(batch, self.folder / f"batch-{start // HOSTS}"))
            except LabError as error:
                results.update({scenario.id: f"the hosts did not start: {error}" for scenario in batch})
        return results

    def close(self) -> None:
        """Remove the hosts."""
        self.lab.stop()

    def _batch(self, scenarios: Sequence[Scenario], reports: Path) -> dict[str, dict[str, Any] | str]:
        hosts = [self._host(f"{scenario.system}{slot}", scenario) for slot, scenario in enumerate(scenarios)]
        self.lab.stop()
        self.lab.restore(hosts)
        self.lab.wait_ssh(hosts)
        problems = each(_set_up, zip(hosts, scenarios, strict=True))
        ready = [(host, one) for host, one, problem in zip(hosts, scenarios, problems, strict=True) if not problem]
        results: dict[str, dict[str, Any] | str] = {
            scenario.id: problem for scenario, problem in zip(scenarios, problems, strict=True) if problem
        }
        if ready:
            own = {host.name: scenario.vars for host, scenario in ready}
            reports.mkdir(parents=True)
            listed = inventory(reports / "inventory.json", self.lab, [host for host, _one in ready], own=own)
            played = play("audit", listed, reports)
            for host, scenario in ready:
                found = list(reports.glob(f"latest/hosts/*/{host.name}.json"))
                results[scenario.id] = json.loads(found[0].read_text(encoding="utf-8")) if found else played.output
        return results

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
        host.run(scenario.setup)
    except LabError as error:
        return f"the setup failed: {error}"
    return ""
