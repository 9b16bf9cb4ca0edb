# SPDX-License-Identifier: GPL-3.0-or-later
"""What the result of any Ansible module tells of a change, for controls that ordinary modules enforce."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

#: How a task says which control it enforces: "lin-ic-faillock | Lock an account after a few failures".
TASK_NAME = re.compile(r"(?P<control>[a-z]{2,}(?:-[a-z0-9]+){2,}) \| \S")
#: Where modules say what they changed.
NAMES = ("path", "dest", "name", "unit", "key")


def control_of(task: str) -> str | None:
    """Return the control that a task of this name enforces, None where it enforces none."""
    match = TASK_NAME.match(task)
    return match["control"] if match else None


def changes(action: str, arguments: Mapping[str, Any], result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the changes {kind, name, before, after, masked} of a result; of a loop, those of each item."""
    items = result.get("results")
    if isinstance(items, list):
        changed = (item for item in items if isinstance(item, Mapping) and item.get("changed"))
        return [change for item in changed for change in changes(action, {}, item)]
    if "censored" in result:
        return [{"kind": "task", "name": action, "before": None, "after": None, "masked": True}]
    named = _name(result, NAMES) or _name(arguments, NAMES)
    return list(_diffs(result.get("diff"), named or action)) or [
        {"kind": "task", "name": named or action, "before": None, "after": None, "masked": False}
    ]


def _name(given: Mapping[str, Any], keys: Iterable[str]) -> str:
    return next((given[key] for key in keys if isinstance(given.get(key), str)), "")


def _diffs(given: Any, name: str) -> Iterator[dict[str, Any]]:
    for diff in given if isinstance(given, list) else [given]:
        if isinstance(diff, Mapping) and ("before" in diff or "after" in diff):
            before, after = (_text(diff.get(side)) for side in ("before", "after"))
            kind = "file" if name.startswith("/") else "task"
            yield {"kind": kind, "name": name, "before": before, "after": after, "masked": False}


def _text(side: Any) -> str | None:
    """Return one side of a diff as text: some modules tell of a file's text, others of its attributes."""
    if side is None or isinstance(side, str):
        return side
    return json.dumps(side, indent=1, sort_keys=True, default=str)
