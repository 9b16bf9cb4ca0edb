# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module was called with."""

from __future__ import annotations

import base64
import json
import re
from typing import Any, NamedTuple

from .problem import Problem

RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Call(NamedTuple):
    """The module's parameters; `secrets` decoded, `check`: nothing is to be changed."""

    operation: str
    run: str
    owner: str
    plan: list[dict[str, Any]]
    subjects: list[dict[str, Any]]
    areas: list[str]
    secrets: dict[str, str]
    leave: list[str]
    to_run: str
    force: bool
    confirm_seconds: float
    keep_days: int
    keep_runs: int
    seconds: float
    check: bool


def of(parameters: dict[str, Any], check: bool) -> Call:
    """Return the call that a module's parameters make; raises Problem where they can't be used."""
    run = parameters["run"]
    if run and not RUN.fullmatch(run):
        raise Problem("run: %r can't be the name of a run" % run)
    for step in parameters["plan"]:
        missing = {"kind", "control", "task"} - set(step)
        if missing:
            raise Problem("plan: a step without %s" % ", ".join(sorted(missing)))
    return Call(**{**parameters, "secrets": _secrets(parameters["secrets"])}, check=check)


def _secrets(text: str) -> dict[str, str]:
    try:
        found = json.loads(base64.b64decode(text, validate=True)) if text else {}
    except ValueError:
        raise Problem("secrets: must be the base64 form of a JSON object") from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise Problem("secrets: must hold an object of texts")
    return found
