# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-mf-sudo: people prove who they are again before sudo, with a code, and for no longer than is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...evaluators.pam_stack import Person, mfa_modules
from ...evaluators.verdict import Case
from ...judges.mfa.sudo import SERVICES, nopasswd, timeouts
from ..steps import HEADER, Left, Measures, Step, file
from .code_stack import sound
from .enrolment import without_code
from .pam import own_stack, services_of, stack_of
from .people import asked, chosen_module, exempt, holders, place

MEASURES = Measures()

#: sudo reads the folder in this order, and the last value counts.
DROP_IN = "/etc/sudoers.d/zz-bulwark-%s"
GENERAL = "timestamp_timeout"


@MEASURES.of("sudo_second_factor")
def sudo_second_factor(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have sudo ask for a code in place of the password.

    arguments: as sshd_second_factor takes them. Automation is exempt by its own line in sudoers, and asked nothing.
    Raises Left where somebody who administers the host would have nothing to answer.
    """
    chosen_module(case)
    module, _pattern = place(case)
    answering = holders(case, module) | (case.registers.seeded & set(without_code(case))) | exempt(case)
    steps: list[Step] = []
    for service in services_of(case, SERVICES):
        wanted = mfa_modules(case.facts, case.policy, service)
        stack = stack_of(case, service)
        if wanted and sound(stack, wanted, Person(service, case.policy["bulwark_break_glass_group"])):
            continue
        out = sorted({login.name for login in asked(case) if login.admin} - answering)
        if out:
            raise Left("bulwark_totp_seeds: %s would have nothing to answer sudo with" % " and ".join(out))
        steps += own_stack(case, arguments, control, service, stack)
    return steps


@MEASURES.of("sudo_asks_again")
def sudo_asks_again(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have sudo trust an answer for at most `minutes`; lines that spare single people are their author's to change."""
    lax = [found for found in timeouts(case) if found.identity != GENERAL]
    spared = [*nopasswd(case), *lax]
    if spared:
        raise Left("%s: take that out of sudoers where it stands" % "; ".join(found.text for found in spared))
    if not list(timeouts(case)):
        return []
    content = HEADER % control + "Defaults %s=%g\n" % (GENERAL, arguments["minutes"])
    return [file(DROP_IN % control, content, mode="0440")]
