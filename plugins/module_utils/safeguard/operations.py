# SPDX-License-Identifier: GPL-3.0-or-later
"""The safeguard's operations by name. Those that change the host run one at a time."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from . import applying, deciding, forgetting, packages, putback, restoring, simulating, store
from .call import Call
from .problem import Problem, error_text
from .putback import Home

Operation = Callable[[Call, Home], "dict[str, Any]"]

OPERATIONS: dict[str, Operation] = {
    "simulate": simulating.simulate,
    "prepare": packages.prepare,
    "apply": applying.apply,
    "confirm": deciding.confirm,
    "revert": deciding.revert,
    "status": deciding.status,
    "restore": restoring.restore,
    "forget": forgetting.forget,
}
#: They change nothing, whatever else is at work.
LOOKING = ("simulate", "status")
#: In check mode these do their looking and no more.
CAREFUL = ("restore", "forget")
STARTING = ("prepare", "apply", "restore")
NAMELESS = ("simulate", "status", "forget")


def run(call: Call) -> dict[str, Any]:
    """Return the answer of the operation asked for; raises Problem."""
    home = Home()
    if call.operation not in NAMELESS and not call.run:
        raise Problem("run: %s needs one" % call.operation)
    operation = OPERATIONS[call.operation]
    if call.check and call.operation == "apply":
        return simulating.simulate(call, home)
    if call.operation in LOOKING or (call.check and call.operation in CAREFUL):
        return operation(call, home)
    if call.check:
        return {"changed": True}
    if call.operation == "forget" and not os.path.isdir(home.folder):
        return operation(call, home)
    store.prepare(home)
    with putback.alone(home) as mine:
        if not mine:
            raise Problem("another operation of the safeguard is at work on this host")
        if call.operation not in STARTING:
            return operation(call, home)
        try:
            _clear_the_way(call, home)
            return operation(call, home)
        except OSError as error:
            # Once the change itself has begun, errors of this kind put it back and become a Problem.
            raise Problem("%s; nothing was changed" % error_text(error)) from None


def _clear_the_way(call: Call, home: Home) -> None:
    """See that nothing waits, and that nothing of an earlier run was left in between."""
    pending = putback.load(home.pending)
    if pending and putback.left(pending) > 0:
        raise Problem("run %s of %s waits for its confirmation here" % (pending["run"], pending["owner"]))
    if pending:
        deciding.revert_pending(home, putback.LATE)
    packages.settle(home, call.run)
