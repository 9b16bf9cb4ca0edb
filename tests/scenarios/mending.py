# SPDX-License-Identifier: GPL-3.0-or-later
"""Mends the hosts of failing scenarios and puts them back: check, harden, harden again, restore."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.enforcement.outcome import tasks
from tests.enforcement.tree import Picture, picture
from tests.integration.fleet import Played, play
from tests.lab.engine import each
from tests.scenarios.scenario import Scenario
from tests.scenarios.stage import Scene, Scenery, found

CHECK = ("--check", "--diff")
RUNS = {"check": ("harden", *CHECK), "harden": ("harden",), "again": ("harden",), "restore": ("restore",)}


@dataclass(frozen=True)
class Mending:
    """What became of one scenario: the control's status after each run, the host's pictures, and the tasks told.

    pictures: before anything ("before") and after each run. told: {run: {(host, control, task)}} of check and harden.
    """

    statuses: Mapping[str, str]
    pictures: Mapping[str, Picture]
    told: Mapping[str, set[tuple[str, str, str]]]
    outputs: Mapping[str, str]


def mend(scenery: Scenery, scenes: Sequence[Scene]) -> dict[str, Mending | str]:
    """Return what became of each scenario by id, or the reason why it could not be played."""
    hosts, listed = [scene.host for scene in scenes], scenery.inventory("mend", scenes, variables)
    pictures = {"before": each(picture, hosts)}
    played: dict[str, Played] = {}
    for name, (playbook, *arguments) in RUNS.items():
        played[name] = play(playbook, listed, scenery.folder / name, *arguments)
        pictures[name] = each(picture, hosts)
    return {
        scene.scenario.id: _mending(scene, played, {name: seen[place] for name, seen in pictures.items()})
        for place, scene in enumerate(scenes)
    }


def variables(scenario: Scenario) -> dict[str, Any]:
    """Return what the inventory says of the host: its control alone is enforced, staged or not."""
    return {
        **scenario.vars,
        **(scenario.mend.vars if scenario.mend else {}),
        "bulwark_controls": [scenario.control],
        "bulwark_staged": [scenario.control],
        "bulwark_rings": ["100%"],
        "bulwark_confirm_seconds": 60,
    }


def _mending(scene: Scene, played: Mapping[str, Played], pictures: Mapping[str, Picture]) -> Mending | str:
    documents = {name: found(one, scene) for name, one in played.items()}
    for name, document in documents.items():
        if document is None:
            return f"{name} left no result: {played[name].output}"
    return Mending(
        {name: _status(document, scene.scenario.control) for name, document in documents.items() if document},
        pictures,
        {
            name: tasks(played[name].reports / "latest", scene.host.name, "*", state)
            for name, state in (("check", "would_change"), ("harden", "changed"))
        },
        {name: one.output for name, one in played.items()},
    )


def _status(document: Mapping[str, Any], control: str) -> str:
    return str(next(finding["status"] for finding in document["findings"] if finding["control"] == control))
