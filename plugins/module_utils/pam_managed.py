# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether Debian's pam-auth-update(8) still looks after the common files, or leaves them because they were edited."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .door import Door, Missing

PROGRAM = "/usr/sbin/pam-auth-update"
RECORD = "/var/lib/pam/"
COMMON = "/etc/pam.d/common-"
KINDS = ("auth", "account", "password", "session", "session-noninteractive")
#: What stands before, between and after the two blocks that the program writes.
BEGIN = '# here are the per-package modules (the "Primary" block)'
FALLBACK = "# here's the fallback if no module succeeds"
MORE = '# and here are more per-package modules (the "Additional" block)'
END = "# end of pam-auth-update config"
BLOCKS = {BEGIN: FALLBACK, MORE: END}
CONTROL_AND_MODULE = re.compile(r"((?:\[[^]]+\]|\w+)\s+\S+)")
JUMP = re.compile(r"(=)(?:[0-9]+|end)\b")


def by_pam_auth_update(door: Door) -> bool | None:
    """Say whether the program would take up a new profile; None on a host without it.

    It does where every line of its blocks is one of those that it wrote itself, in their order; options that were
    added or taken out are no matter (its own comparison: diff_profiles).
    """
    if not door.exists(PROGRAM):
        return None
    try:
        return all(_unchanged(door, kind) for kind in KINDS)
    except Missing:
        return False


def _unchanged(door: Door, kind: str) -> bool:
    written = _modules(line for line in door.lines(RECORD + kind) if not line.startswith("Module: "))
    present = _block(door.read(COMMON + kind), kind.partition("-")[0])
    return present is not None and all(line in written for line in _modules(iter(present)))


def _block(text: str, facility: str) -> list[str] | None:
    """Return the lines inside the blocks without their facility, None where the marks of a block are gone."""
    found, until, ended = [], "", 0
    for line in text.split("\n"):
        if until and line.startswith(until):
            until, ended = "", ended + 1
        elif until:
            found.append(re.sub(r"^%s\s+" % facility, "", line))
        else:
            until = next((end for begin, end in BLOCKS.items() if line.startswith(begin)), "")
    return found if ended == len(BLOCKS) else None


def _modules(lines: Iterator[str]) -> Iterator[str]:
    """Yield control and module of each line, without where its jumps lead."""
    for line in lines:
        found = CONTROL_AND_MODULE.match(line)
        yield JUMP.sub(r"\1", found[1] if found else line)
