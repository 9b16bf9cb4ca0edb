# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-lm-mac: AppArmor's profiles are loaded at boot, and those that only complain refuse."""

from __future__ import annotations

from typing import Any

from ...evaluators.verdict import Case
from ...judges.logging.confinement import unconfined
from ..steps import Left, Measures, Step, absent, edit, unit

MEASURES = Measures()
UNIT = "apparmor.service"
FORCED = "/etc/apparmor.d/force-complain"


@MEASURES.of("apparmor_enforces")
def apparmor_enforces(case: Case, arguments: Any, control: str) -> list[Step]:
    """Have the profiles of services that others reach refuse what they don't allow."""
    known = case.facts["confinement"]
    if known["apparmor"] is None:
        raise Left("the kernel runs no AppArmor; SELinux and the boot loader are somebody's to set")
    unread: list[str] = []
    found = [one.identity.rpartition(": ") for one in unconfined(case, unread)]
    bare = [name for name, _colon, how in found if how == "unconfined"]
    if bare:
        raise Left("no profile confines %s: have one made, or put it into bulwark_mac_exempt" % ", ".join(bare))
    complaining = {one["profile"] for one in known["serving"] if one["mode"] == "complain"}
    steps: list[Step] = []
    for one in known["apparmor"]["written"]:
        if one["profile"] not in complaining:
            continue
        complaining.remove(one["profile"])
        if one["complain"]:
            steps.append(edit(one["file"], "apparmor_flags", {"profile": one["profile"]}, reload=["apparmor"]))
        if one["forced"]:
            name = one["file"].rpartition("/")[2]
            steps.append(absent("%s/%s" % (FORCED, name), reload=["apparmor"]))
    if complaining:
        raise Left("nothing in /etc/apparmor.d has %s complain: aa-enforce may" % ", ".join(sorted(complaining)))
    if not known["apparmor"]["boots"]:
        steps.append(unit(UNIT, active=True, enabled=True, masked=False))
    return steps
