# SPDX-License-Identifier: GPL-3.0-or-later
"""What the safeguard tells of one host: each control's part in it, and the diff that a terminal shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ...text import clean
from ..safeguarding import Done
from .masking import holds_secrets, masked

#: What a change comes to, by the outcome of the whole.
STATES = {"would_change": "would_change", "confirmed": "changed", "reverted": "reverted"}
MASKED = "(not shown: the file holds secrets)"


def controls(
    wanted: Iterable[str],
    asked: Collection[str],
    left: Mapping[str, str],
    done: Done,
    held: Mapping[str, str] | None = None,
) -> dict[str, dict[str, Any]]:
    """Return {control: {state, reason, tasks}} of every control that was to be enforced or is left; `asked` are those
    whose tasks ran.

    state: changed, would_change, reverted, refused, left or unchanged. tasks: [{task, changes: [{kind, name, before,
    after, masked}]}]. held: {control: what of it has to wait, or is never done, and why}.
    """
    held = held or {}
    told: dict[str, dict[str, Any]] = {
        control: {"state": "left", "reason": reason, "tasks": []} for control, reason in left.items()
    }
    for control in wanted:
        if control in left:
            continue
        if control not in asked:
            told[control] = {"state": "left", "reason": "the tags of this run leave it out", "tasks": []}
            continue
        tasks = _tasks(change for change in done.changes if change["control"] == control)
        told[control] = {"state": STATES.get(done.outcome, "unchanged") if tasks else "unchanged",
                         "reason": "", "tasks": tasks}  # fmt: skip
        if control in done.refused:
            told[control].update(state="refused", reason=done.refused[control])
        elif done.reason:
            told[control].update(state="reverted" if done.outcome == "reverted" else "refused", reason=done.reason)
        elif control in held:
            told[control].update({"reason": held[control]} if tasks else {"state": "left", "reason": held[control]})
        elif not tasks:
            told[control]["reason"] = "its own role had nothing to change"
    return told


def undone(told: Mapping[str, Mapping[str, Any]], beyond: Iterable[str]) -> list[str]:
    """Return what was not done of controls that no report has among those that fail."""
    entries = ((control, told[control]) for control in beyond)
    return ["%s: %s" % (control, one["reason"]) for control, one in entries if one["state"] in ("left", "refused")]


def _tasks(changes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    tasks: dict[str, list[dict[str, Any]]] = {}
    for change in changes:
        hidden = _hidden(change)
        texts = {side: None if hidden else _without_secrets(change.get(side)) for side in ("before", "after")}
        shown = {"kind": change["kind"], "name": change["name"], **texts, "masked": hidden}
        tasks.setdefault(str(change["task"]), []).append(shown)
    return [{"task": task, "changes": made} for task, made in tasks.items()]


def _hidden(change: Mapping[str, Any]) -> bool:
    return bool(change.get("masked")) or holds_secrets(str(change["name"]))


def _without_secrets(text: str | None) -> str | None:
    return None if text is None else "\n".join(masked(line) for line in text.split("\n"))


def diff(done: Done) -> list[dict[str, str]]:
    """Return the changes as Ansible's callbacks show a diff, made harmless for a terminal."""
    return [
        {
            "before_header": "%s (%s)" % (clean(str(change["name"])), change["control"]),
            "after_header": "%s (%s)" % (clean(str(change["name"])), change["control"]),
            "before": _shown(change, "before"),
            "after": _shown(change, "after"),
        }
        for change in done.changes
    ]


def _shown(change: Mapping[str, Any], side: str) -> str:
    if _hidden(change):
        return "" if side == "before" else MASKED + "\n"
    text = _without_secrets(change.get(side))
    return "".join(clean(line.expandtabs()) + "\n" for line in (text or "").splitlines())
