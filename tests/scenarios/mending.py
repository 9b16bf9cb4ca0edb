# SPDX-License-Identifier: GPL-3.0-or-later
"""Mends the hosts of failing scenarios and puts them back: check, harden, harden again, restore.

A host may be several scenarios': then all their controls are mended in one run, as a user does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.enforcement.outcome import tasks
from tests.enforcement.tree import Picture, picture
from tests.integration.fleet import Played, play
from tests.lab.engine import Host, each
from tests.scenarios.scenario import Scenario
from tests.scenarios.stage import Scene, Scenery, found
from tests.vm.guest import Guest

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
    listed = scenery.inventory("mend", scenes, variables)
    hosts = {scene.host.name: scene.host for scene in scenes}
    pictures = {"before": _pictures(hosts)}
    played: dict[str, Played] = {}
    for name, (playbook, *arguments) in RUNS.items():
        played[name] = play(playbook, listed, scenery.folder / name, *arguments)
        pictures[name] = _pictures(hosts)
    return {
        scene.scenario.id: _mending(scene, played, {name: seen[scene.host.name] for name, seen in pictures.items()})
        for scene in scenes
    }


def _pictures(hosts: Mapping[str, Host | Guest]) -> dict[str, Picture]:
    return dict(zip(hosts, each(picture, hosts.values()), strict=True))


def variables(scenario: Scenario) -> dict[str, Any]:
    """Return what the inventory says of the host: its control alone is enforced, staged or not."""
    return {
        **scenario.vars,
        **(scenario.mend.vars if scenario.mend else {}),
        "bulwark_controls": [scenario.control],
        "bulwark_staged": [scenario.control],
        "bulwark_rings": ["100%"],
        "bulwark_confirm_seconds": 240 if scenario.on_guest else 60,
    }


def _mending(scene: Scene, played: Mapping[str, Played], pictures: Mapping[str, Picture]) -> Mending | str:
    control = scene.scenario.control
    documents = {name: found(one, scene) for name, one in played.items()}
    for name, document in documents.items():
        if document is None:
            return f"{name} left no result: {played[name].output}"
    return Mending(
        {name: _status(document, control) for name, document in documents.items() if document},
        pictures,
        {
            name: {
                one for one in tasks(played[name].reports / "latest", scene.host.name, "*", state) if one[1] == control
            }
            for name, state in (("check", "would_change"), ("harden", "changed"))
        },
        {name: one.output for name, one in played.items()},
    )


def _status(document: Mapping[str, Any], control: str) -> str:
    return str(next(finding["status"] for finding in document["findings"] if finding["control"] == control))
