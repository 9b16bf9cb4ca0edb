# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of a host's failing controls enforcement may change, and in which order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..catalogue.catalogue import Catalogue, Control

#: The folder of the program that lets people in.
DOOR = "/etc/ssh/"


@dataclass(frozen=True)
class Choice:
    """failing: the controls to enforce, in order. left: why each of the others that fail stays as it is.

    unwaived: why a waiver keeps none of them from being enforced any more, by control.
    """

    failing: list[str]
    left: dict[str, str]
    unwaived: dict[str, str] = field(default_factory=dict)


def choose(
    document: Mapping[str, Any], policy: Mapping[str, Any], catalogue: Catalogue, enforced: Collection[str]
) -> Choice:
    """Return which failing controls of a host's result are enforced, and why the others are left.

    enforced: the controls that a role has tasks for. Whatever a login is asked for is set up before sshd asks it.
    """
    failing: list[Control] = []
    left: dict[str, str] = {}
    unwaived: dict[str, str] = {}
    for finding in document["findings"]:
        if finding["status"] != "fail":
            continue
        control = catalogue.control(finding["control"])
        if finding.get("reason"):  # a failure has no other than that its waiver ended
            unwaived[control.id] = finding["reason"]
        reason = _left(control, policy, enforced)
        if reason:
            left[control.id] = reason
        else:
            failing.append(control)
    places = {id_: place for place, id_ in enumerate(catalogue.controls)}
    failing.sort(key=lambda control: (_at_the_door(control), places[control.id]))
    return Choice([control.id for control in failing], left, unwaived)


def _at_the_door(control: Control) -> bool:
    return any(path.startswith(DOOR) for path in control.touches)


def _left(control: Control, policy: Mapping[str, Any], enforced: Collection[str]) -> str:
    """Return why a control stays as it is, nothing where it may be changed."""
    if control.enforce == "never":
        return control.enforcement or "it is never enforced"
    if control.playbook != "harden":
        return "the playbook bulwark.msp.%s does that" % control.playbook
    if control.enforce == "staged" and control.id not in (policy.get("bulwark_staged") or ()):
        return "it is staged: it is enforced only where bulwark_staged names it"
    return "" if control.id in enforced else "no role enforces it yet"
