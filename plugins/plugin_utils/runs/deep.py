# SPDX-License-Identifier: GPL-3.0-or-later
"""The deep reading of a host as a run asks for it: a module call of its own, with its own time limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .remote import Remote, RemoteError, Unreachable, account_of

MODULE = "bulwark.msp.deep_reading"
#: Seconds on top of the walk's own budget, for the packages that what it found belongs to.
AFTERWARDS = 60


class Walked(NamedTuple):
    """told: what the run's output says of a walk that was made. problem: why none was; one of both is empty."""

    told: str = ""
    problem: str = ""


def walk(remote: Remote, policy: Mapping[str, Any]) -> Walked:
    """Have the host walk its disks; raises Unreachable where it doesn't answer."""
    budget = float(policy["bulwark_deep_seconds"])
    try:
        answer = remote.call(MODULE, {"seconds": budget}, budget + AFTERWARDS)
    except Unreachable:
        raise
    except RemoteError as failure:
        return Walked(problem="no deep reading was made: %s" % failure)
    if "entries" not in answer:
        return Walked(problem="no deep reading was made: %s" % account_of(answer, "deep reading"))
    return Walked(
        "walked its disks in %g s (%d files and folders%s), the result stays in %s"
        % (answer["seconds"], answer["entries"], "" if answer["complete"] else ", not all there are", answer["path"])
    )
