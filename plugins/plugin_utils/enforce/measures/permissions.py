# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-lp-sudoers-perms: modes are tightened, and sudo's files are root's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...evaluators.verdict import Case
from ...judges.least_privilege.permissions import complaints, limits, looser, owned, widest
from ..steps import Left, Measures, Step, edit, mode

MEASURES = Measures()


@MEASURES.of("modes_tightened")
def modes_tightened(case: Case, _arguments: Any, _control: str) -> list[Step]:
    """Take what is more than bulwark_file_modes from the files of sudo and of accounts and from home folders."""
    steps: list[Step] = []
    for file, most in limits(case):
        if not owned(case, file):
            if file not in case.facts["permissions"]["sudoers"]:
                raise Left("%s belongs to %d:%d" % (file["path"], file["uid"], file["gid"]))
            bits = _tightened(file, most)
            steps.append(edit(file["path"], "as_it_is", {}, mode=bits, owner="root", group="root"))
        elif looser(file, most):
            steps.append(mode(file["path"], _tightened(file, most)))
    homes = case.facts["permissions"]["homes"]
    most = widest(case, "home")
    steps += [mode(home["path"], _tightened(home, most)) for home in homes if looser(home, most)]
    said = list(complaints(case))
    if said and not steps:
        raise Left("%s: that is its author's to mend" % said[0].text)
    return steps


def _tightened(file: Mapping[str, Any], most: int) -> str:
    return "%04o" % (int(file["mode"], 8) & ~(0o777 & ~most))
