# SPDX-License-Identifier: GPL-3.0-or-later
"""Idle sessions of people end; jobs of machines never do."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from ....module_utils.readers.sessions import PROFILE_FOLDER, SHELL_FILES
from ...evaluators.logins import logins, server
from ...evaluators.verdict import Case
from ...judges.authentication import sessions as judge
from ..entry.ways_in import named
from ..steps import HEADER, Left, Measures, Step, file
from .sshd_config import Section, drop_in

MEASURES = Measures()
#: Read last, so that no other drop-in sets what is readonly by then.
PROFILE = PROFILE_FOLDER + "/zz-bulwark-%s.sh"
#: The first OpenSSH with ChannelTimeout.
CHANNEL_SINCE = [9, 2]


@MEASURES.of("idle_sessions")
def idle_sessions(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """End idle sessions of people: {seconds, channel: what sshd closes where the shell can't}.

    A shell waits for the next command for so long (TMOUT), which ends no program that runs. Where it knows no TMOUT, or
    somebody has fixed a longer one, sshd closes idle shells: of everybody, since it heeds no ChannelTimeout in Match. A
    machine's job is no shell to it but a command.
    """
    limit = arguments["seconds"]
    idle = [one for one in logins(case) if one.kind in judge.PEOPLE and all(judge.reasons_for(case, one, limit)[0])]
    if not idle:
        return []
    fixed = any(event["action"] == "readonly" for event in case.facts["sessions"]["tmout"])
    later = any(event["file"] in SHELL_FILES for event in case.facts["sessions"]["tmout"])
    by_shell = [] if fixed or later else [login for login in idle if judge.knows_tmout(case, login)]
    steps = [file(PROFILE % control, _script(case, control, limit))] if by_shell else []
    others = [login for login in idle if login not in by_shell]
    if others and case.facts["sshd"]["version"] < CHANNEL_SINCE:
        raise Left("%s: the shell takes no TMOUT, and this sshd is too old to close idle sessions (ChannelTimeout)"
                   % named([one.name for one in others]))  # fmt: skip
    return [*steps, *(drop_in(case, control, [_closing(case, arguments["channel"], limit)]) if others else [])]


def _closing(case: Case, channel: str, limit: int) -> Section:
    """Return the section whose time-out comes before those that are there: the first pattern that matches counts."""
    present = " ".join(server(case).listed("channeltimeout")).split()
    kept = [word for word in present if word != "none" and word.partition("=")[0] != channel]
    return Section("", {"ChannelTimeout": " ".join(["%s=%ds" % (channel, limit), *kept])})


def _script(case: Case, control: str, limit: int) -> str:
    """Return a profile drop-in for shells that a person types into."""
    values = [event["value"] for event in case.facts["sessions"]["tmout"] if event["action"] == "set"]
    present = values[-1] if values else None
    seconds = min(present, limit) if present else limit
    lines = ["case $- in", "*i*)", "    TMOUT=%d" % seconds, "    readonly TMOUT", "    export TMOUT", "    ;;", "esac"]
    machines = sorted(one.name for one in case.registers.accounts or () if one.kind not in judge.PEOPLE)
    if machines:
        never = "|".join(shlex.quote(name) for name in machines)
        lines = ["case $LOGNAME in", "%s) ;;" % never, "*)", *("    " + line for line in lines), "    ;;", "esac"]
    return HEADER % control + "".join(line + "\n" for line in lines)
