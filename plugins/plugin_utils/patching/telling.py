# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a host that was patched: on the terminal, in the run's documents, beside its controls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..text import clean
from .choosing import Choice, Upgrade
from .patching import Done
from .way_back import Differ, caution, commands, some

EXPLOITED, PENDING = "lin-up-kev", "lin-up-pending"
TASKS = {
    EXPLOITED: EXPLOITED + " | Upgrade what closes known-exploited flaws",
    PENDING: PENDING + " | Upgrade what is pending",
}
STATES = {"would_change": "would_change", "confirmed": "changed", "failed": "changed"}
LIMIT = 1500


def controls(choice: Choice, done: Done) -> dict[str, dict[str, Any]]:
    """Return {control: {state, reason, tasks}} as the run's record of enforcement takes it."""
    flawed = {upgrade.package for upgrade in choice.upgrades if upgrade.flaws}
    told = {}
    for control in TASKS:
        differ = {name: both for name, both in done.differ.items() if (name in flawed) is (control == EXPLOITED)}
        left = "; ".join("%s: %s" % pair for pair in choice.left.items()) if control == EXPLOITED else ""
        if differ:
            changes = [_change(name, versions) for name, versions in differ.items()]
            reason = clean(done.reason or left, LIMIT)
            tasks = [{"task": TASKS[control], "changes": changes}]
            told[control] = {"state": STATES.get(done.outcome, "unchanged"), "reason": reason, "tasks": tasks}
        elif left:
            told[control] = {"state": "left", "reason": clean(left, LIMIT), "tasks": []}
    return told


def _change(name: str, versions: Iterable[str | None]) -> dict[str, Any]:
    before, after = (None if version is None else "%s %s\n" % (name, version) for version in versions)
    return {"kind": "package", "name": name, "before": before, "after": after, "masked": False}


def lines(choice: Choice, done: Done, debian: bool) -> list[str]:
    """Return what is shown of a host, one line each, made harmless."""
    told = []
    verb, collected = (
        ("would be patched", "to be collected") if done.outcome == "would_change" else ("patched", "collected")
    )
    if done.collected:
        missing = done.collected.get("missing")
        without = ", without %s" % some(sorted(missing)) if missing else ""
        shown = (collected, some(choice.triage), done.collected["path"], without)
        told.append("%s before, to look for intruders (%s): %s on the host%s" % shown)
    if done.differ:
        told.append("%s: %s" % (verb, some(_versions(done.differ))))
    waiting = unpatched(choice.upgrades, done.differ)
    if waiting and done.outcome not in ("would_change", "unchanged"):
        told.append("not patched: %s" % some(waiting))
    told += ["left: %s: %s" % pair for pair in choice.left.items()]
    if done.rebooted:
        told.append("started anew")
    elif choice.reboot or done.reboot:
        because = [*("%s is closed by a kernel that is installed" % flaw for flaw in choice.reboot), *done.reboot]
        told.append("to be started anew: %s" % "; ".join(because))
    if done.differ and done.outcome != "would_change":
        told.append("the way back: %s" % " && ".join(commands(done.differ, debian)))
        told += filter(None, [caution(done.offered)])
    return [clean(line, LIMIT) for line in told]


def diff(done: Done) -> list[dict[str, str]]:
    """Return the versions as Ansible's callbacks show a diff."""
    if not done.differ:
        return []
    before, after = (
        "".join("%s\n" % clean("%s %s" % (name, both[side])) for name, both in done.differ.items() if both[side])
        for side in (0, 1)
    )
    return [{"before_header": "packages", "after_header": "packages", "before": before, "after": after}]


def message(choice: Choice, done: Done) -> str:
    """Return why a host ends the run, with what was and was not patched there."""
    told = [done.reason]
    if done.differ:
        told.append("patched: %s" % some(_versions(done.differ)))
    waiting = unpatched(choice.upgrades, done.differ)
    if waiting:
        told.append("not patched: %s" % some(waiting))
    return clean("; ".join(told), LIMIT)


def unpatched(upgrades: Iterable[Upgrade], differ: Differ) -> list[str]:
    """Return the packages that were meant to be upgraded and were not."""
    return [upgrade.package for upgrade in upgrades if upgrade.package not in differ]


def _versions(differ: Differ) -> list[str]:
    return ["%s %s -> %s" % (name, before or "(new)", now or "(gone)") for name, (before, now) in differ.items()]


def record(choice: Choice, done: Done, packages: Mapping[str, str], debian: bool) -> dict[str, Any]:
    """Return what the run keeps of the host: the versions before, what differs since, and the way back."""
    return {
        "packages": dict(packages),
        "outcome": done.outcome,
        "reason": done.reason,
        "differ": {name: list(versions) for name, versions in done.differ.items()},
        "offered": done.offered,
        "way_back": commands(done.differ, debian),
        "collected": dict(done.collected),
        "left": dict(choice.left),
        "reboot": [*choice.reboot, *done.reboot],
    }
