# SPDX-License-Identifier: GPL-3.0-or-later
"""What providers' people do by sudo is recorded, and what automation does is not."""

from __future__ import annotations

from typing import Any

from ...evaluators.providers import User
from ...evaluators.sudoers import concerns
from ...evaluators.verdict import Case
from ...judges.logging.sudo_io import automation, persons, recorded, unrecorded
from ..steps import HEADER, Left, Measures, Step, file
from .sudo_limits import FOLDER, PREFIX, named, require_last_word

MEASURES = Measures()


@MEASURES.of("sudo_recorded")
def sudo_recorded(case: Case, _arguments: Any, control: str) -> list[Step]:
    """Add Defaults of their own for each person of a provider, and the opposite for automation."""
    lines = []
    for account, user in persons(case):
        found = list(unrecorded(case, account, user))
        if any(one.identity.endswith(": log_servers") for one in found):
            raise Left("log_servers in sudoers sends in the clear: name its port with (tls) where it stands")
        if found:
            _require_untagged(case, user, False)
            lines.append("Defaults:%s use_pty, log_output" % named(account))
    for account, user in automation(case):
        told = any(recorded(case, [(account, user)]))
        if told:
            _require_untagged(case, user, True)
        if lines or told:
            lines.append("Defaults:%s !log_output, !log_input" % named(account))
    if not lines:
        return []
    require_last_word(case)
    content = HEADER % control + "".join(line + "\n" for line in lines)
    return [file("%s%s%s" % (FOLDER, PREFIX, control), content, "0440")]


def _require_untagged(case: Case, user: User, value: bool) -> None:
    """Raise Left where a tag of a rule says what Defaults can't change: LOG_OUTPUT, NOLOG_OUTPUT and the like."""
    names = ("log_output", "log_input") if value else ("log_output",)
    for rule in case.facts["sudo"]["rules"]:
        if concerns(rule["users"], user) and any(rule.get(name) is value for name in names):
            raise Left("a rule in sudoers for %s has a tag of its own about what is logged: take it out" % user["name"])
