# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions of providers' people start with tlog, which starts their shell and records what it shows."""

from __future__ import annotations

from typing import Any

from ...evaluators.verdict import Case
from ...judges.logging.recording import without_recording
from ..steps import Left, Measures, Step, edit, package

MEASURES = Measures()
TLOG = "/usr/bin/tlog-rec-session"
#: tlog starts bash for everybody.
SHELLS = ("bash", "sh")


@MEASURES.of("sessions_recorded")
def sessions_recorded(case: Case, _arguments: Any, _control: str) -> list[Step]:
    """Give each person whose sessions are not recorded tlog as shell, and have it count as one."""
    users = {user["name"]: user for user in case.facts["accounts"]["users"]}
    names = [login.name for login in without_recording(case)]
    if not names:
        raise Left("bulwark_collectors and lin-lm-forward-tls are what takes recordings off the host")
    for name in names:
        user = users[name]
        if user["source"] != "files":
            raise Left("%s is not a local account: SSSD's [session_recording] is to name it" % name)
        if user["shell"].rpartition("/")[2] not in SHELLS:
            raise Left("%s uses %s, and tlog would start bash in its place" % (name, user["shell"]))
        if name == case.facts["system"]["account"]:
            raise Left("%s is what this run comes by" % name)
    installed = [] if case.facts["recording"]["program"] else [package("tlog", [TLOG])]
    return [
        *installed,
        edit("/etc/shells", "settings", {"values": {TLOG: ""}, "between": " "}),
        edit("/etc/passwd", "login_shell", {"users": sorted(names), "shell": TLOG}),
    ]
