# SPDX-License-Identifier: GPL-3.0-or-later
"""The safeguard's operations by name. Those that change the host run one at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import applying, deciding, putback, simulating, store
from .call import Call
from .problem import Problem
from .putback import Home

Operation = Callable[[Call, Home], "dict[str, Any]"]

LOOKING: dict[str, Operation] = {"simulate": simulating.simulate, "status": deciding.status}
CHANGING: dict[str, Operation] = {
    "apply": applying.apply,
    "confirm": deciding.confirm,
    "revert": deciding.revert,
}
OPERATIONS = {**LOOKING, **CHANGING}
NAMELESS = ("simulate", "status", "forget")


def run(call: Call) -> dict[str, Any]:
    """Return the answer of the operation asked for; raises Problem."""
    home = Home()
    if call.operation not in NAMELESS and not call.run:
        raise Problem("run: %s needs one" % call.operation)
    if call.check and call.operation == "apply":
        return simulating.simulate(call, home)
    if call.operation in LOOKING:
        return LOOKING[call.operation](call, home)
    if call.check:
        return {"changed": True}
    store.prepare(home)
    with putback.alone(home) as mine:
        if not mine:
            raise Problem("another operation of the safeguard is at work on this host")
        return CHANGING[call.operation](call, home)
