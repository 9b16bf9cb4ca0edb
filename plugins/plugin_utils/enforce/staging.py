# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a control's task asks for to the steps that this host still needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..declared.checking import near
from ..declared.registers import Undeclared
from ..evaluators.facts import Unread
from ..evaluators.verdict import Case
from .steps import Left, Measures, Step

__all__ = ["Left", "StagingError", "steps"]


class StagingError(Exception):
    """A task asks for something that doesn't exist."""


def steps(case: Case, control: str, asked: Iterable[Mapping[str, Any]], measures: Measures) -> list[Step]:
    """Return the steps of every measure asked for, in order.

    Raises Left where the control has to stay as it is, since something was not read, is not declared, or is
    somebody's to decide.
    """
    found: list[Step] = []
    for entry in asked:
        for name, arguments in entry.items():
            if name not in measures:
                raise StagingError("there is no measure %s%s" % (name, near(name, measures)))
            try:
                found += measures[name](case, in_force(case.policy, arguments), control)
            except (Unread, Undeclared) as reason:
                raise Left(str(reason)) from None
    return found


def in_force(policy: Mapping[str, Any], arguments: Any) -> Any:
    """Return what a task asks for with the policy's values in place of the names of its variables."""
    if isinstance(arguments, Mapping):
        return {key: in_force(policy, value) for key, value in arguments.items()}
    if isinstance(arguments, list):
        return [in_force(policy, value) for value in arguments]
    if isinstance(arguments, str) and arguments.startswith("bulwark_"):
        if arguments not in policy:
            raise StagingError("there is no policy variable %s%s" % (arguments, near(arguments, policy)))
        return policy[arguments]
    return arguments
