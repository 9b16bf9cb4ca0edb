# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes long on a host as a run asks for it: the deep reading and the check of its backups, module calls with
their own time limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..declared.registers import Registers
from .remote import Remote, RemoteError, Unreachable, account_of

MODULE = "bulwark.msp.deep_reading"
CHECK = "bulwark.msp.backup_check"
#: What can check its repositories itself.
CHECKED = ("restic", "borg")
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


def check_backups(remote: Remote, registers: Registers, policy: Mapping[str, Any]) -> Walked:
    """Have the host check its backups' repositories, where it has any; raises Unreachable where it doesn't answer."""
    known = [one for one in registers.backups or () if one.tool in CHECKED]
    if not known:
        return Walked()
    budget = float(policy["bulwark_deep_seconds"])
    arguments = {
        "backups": [
            {key: getattr(one, key) for key in ("name", "tool", "repository", "key_file", "environment")}
            for one in known
        ],
        "percent": policy["bulwark_backup_check_percent"],
        "place": policy["bulwark_restore_scratch"],
        "seconds": budget,
    }
    try:
        answer = remote.call(CHECK, arguments, budget + AFTERWARDS)
    except Unreachable:
        raise
    except RemoteError as failure:
        return Walked(problem="the backups were not checked: %s" % failure)
    if "whole" not in answer:
        return Walked(problem="the backups were not checked: %s" % account_of(answer, "check of the backups"))
    return Walked("had %d backups checked, the result stays in %s" % (len(known), answer["path"]))
