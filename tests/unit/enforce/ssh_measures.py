# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts whose SSH server a measure is to change, and what becomes of its drop-ins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.bulwark.msp.plugins.module_utils.edits.all import EDITS
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce import staging
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.all import MEASURES
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Step
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts

from tests.unit.judges.host import policy
from tests.unit.judges.ssh_host import case, facts

ROLES = Path(__file__).resolve().parents[3] / "roles"
MAIN = "/etc/ssh/sshd_config"
SYSTEM = {"account": "ansible", "peer": "10.0.0.9", "privileged": True, "systemd": True, "crypto_policy": None}


def host(
    *users: Mapping[str, Any], settings: Mapping[str, str] | None = None,
    matches: Sequence[tuple[str, Sequence[str], Mapping[str, str]]] = (), set_in: Sequence[tuple[str, str]] = (),
    system: Mapping[str, Any] | None = None, version: Sequence[int] = (9, 2), options: Sequence[str] = (), **areas: Any,
) -> Facts:  # fmt: skip
    """Return a host. matches: [(criteria, users, what the block sets)]; set_in: [(option, file)] outside of Match."""
    lines = [{"match": match, "file": MAIN, "line": line} for line, (match, _users, _set) in enumerate(matches, 10)]
    contexts = [{"users": list(names), "match": match, "settings": given} for match, names, given in matches]
    made = facts(users, settings=settings, contexts=contexts, system={**SYSTEM, **(system or {})}, **areas)
    sshd = dict(made["sshd"])
    matched = {name for _match, names, _set in matches for name in names}
    general, *special = sshd["contexts"]
    for context, line in zip(special, lines, strict=True):
        context["why"] = [line]
    general["users"] = [name for name in general["users"] if name not in matched]
    inside = [
        {"option": option, **_place(line), "match": line}
        for line, (_match, _users, given) in zip(lines, matches, strict=True)
        for option in given
    ]
    outside = [{"option": option, "file": file, "line": 1, "match": None} for option, file in set_in]
    return facts(
        users, settings=settings, **areas, system={**SYSTEM, **(system or {})},
        sshd={
            "contexts": [general, *special], "matches": lines, "set_in": [*outside, *inside],
            "config_files": [MAIN, *dict.fromkeys(file for _option, file in set_in if file != MAIN)],
            "version": list(version), "options": list(options),
        },
    )  # fmt: skip


def _place(line: Mapping[str, Any]) -> dict[str, Any]:
    return {"file": line["file"], "line": line["line"]}


def steps(control: str, found: Facts, **declared: Any) -> list[Step]:
    """Return the steps of a control's task file; Left comes through."""
    (path,) = ROLES.glob(f"*/tasks/{control}.yml")
    made = case(found, **{**policy(), **declared})
    tasks = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        step for task in tasks for step in staging.steps(made, control, task["bulwark.msp.stage"]["measures"], MEASURES)
    ]


def drop_in(control: str, found: Facts, **declared: Any) -> str | None:
    """Return the drop-in that a control's steps make, without its first line."""
    text = None
    for step in steps(control, found, **declared):
        if step["kind"] == "edit" and step["path"].endswith(f"/00-bulwark-{control}.conf"):
            text = EDITS[step["edit"]](text, step["arguments"], {})
    return text.split("\n", 1)[1] if text else text
