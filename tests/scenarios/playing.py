# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays scenarios: each batch when the first of it is asked for. Those to be mended are audited before, as all are."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterable
from typing import Any

from tests.integration.fleet import Played, play
from tests.lab.engine import LabError
from tests.scenarios import evidence
from tests.scenarios.batches import Batch
from tests.scenarios.mending import Mending, mend
from tests.scenarios.scenario import Scenario
from tests.scenarios.stage import Scene, Scenery, Stage, found
from tests.vm.image import VmError


class Playing:
    """What became of scenarios."""

    def __init__(self, stage: Stage, batches: Iterable[Batch], mended: Collection[str]) -> None:
        """mended: ids of those that are mended once they are audited."""
        self._stage = stage
        self._batches = {scenario.id: batch for batch in batches for scenario in batch}
        self._mended = mended
        self._audits: dict[str, dict[str, Any] | str] = {}
        self._mendings: dict[str, Mending | str] = {}

    def audit(self, scenario: str) -> dict[str, Any] | str:
        """Return the document of a scenario's host, or the reason why there is none."""
        self._play(scenario)
        return self._audits[scenario]

    def mending(self, scenario: str) -> Mending | str:
        """Return how a scenario was mended, or the reason why it could not be."""
        self._play(scenario)
        return self._mendings[scenario]

    def _play(self, scenario: str) -> None:
        if scenario in self._audits:
            return
        batch = self._batches[scenario]
        scenery = self._stage.set_up(batch)
        problems = scenery.problems
        try:
            self._audits.update(_audited(scenery))
            scenes = [scene for scene in scenery.scenes if scene.scenario.id in self._mended]
            self._mendings.update(mend(scenery, scenes) if scenes else {})
        except (LabError, VmError, subprocess.TimeoutExpired) as error:
            problems = {**dict.fromkeys((one.id for one in batch), str(error)), **problems}
        for one in batch:
            self._audits.setdefault(one.id, problems.get(one.id, ""))
            self._mendings.setdefault(one.id, problems.get(one.id, ""))


def variables(scenario: Scenario) -> dict[str, Any]:
    """Return what the inventory says of the host. It is asked only for what its control reads."""
    return {"bulwark_controls": [scenario.control], **scenario.vars}


def _audited(scenery: Scenery) -> dict[str, dict[str, Any] | str]:
    if not scenery.scenes:
        return {}
    listed = scenery.inventory("audit", scenery.scenes, variables)
    reports = scenery.folder / "audit"
    for scene in scenery.scenes:
        evidence.keep_canary(reports, scene.host.name, scene.scenario)
    sending = [scene.host.name for scene in scenery.scenes if scene.scenario.sends]
    if sending:
        play("canary", listed, reports, "--limit", ",".join(sending))
    results = _results(play("audit", listed, reports), scenery.scenes)
    again = [scene for scene in scenery.scenes if scene.scenario.then]
    for scene in again:
        scene.host.run(scene.scenario.then)
    if again:
        limit = ",".join(scene.host.name for scene in again)
        results.update(_results(play("audit", listed, reports, "--limit", limit), again))
    return results


def _results(played: Played, scenes: Iterable[Scene]) -> dict[str, dict[str, Any] | str]:
    return {scene.scenario.id: found(played, scene) or played.output for scene in scenes}
