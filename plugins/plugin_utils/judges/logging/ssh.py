# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the SSH server's log says which key opened a session."""

from __future__ import annotations

from ...evaluators.logins import contexts, server, spread
from ...evaluators.verdict import Case, Judges, Verdict, item, verdict

JUDGES = Judges()
FACILITIES = ("AUTH", "AUTHPRIV")


@JUDGES.of("lin-lm-ssh-verbose")
def ssh_verbose(case: Case) -> Verdict:
    """LogLevel VERBOSE names the key's fingerprint; less leaves it out, DEBUG tells more of users than it may."""
    own, known = server(case), contexts(case)
    wrong = [
        item("loglevel %s: %s" % (value, name), "LogLevel is %s for %s" % (value, place))
        for value, name, place in spread(known, "loglevel")
        if value != "VERBOSE"
    ]
    facility = own.value("syslogfacility")
    if facility not in FACILITIES:
        wrong.append(item("syslogfacility", "SyslogFacility is %s" % facility))
    return verdict(
        "loglevel VERBOSE for every login, syslogfacility %s (every key an agent offers is then logged as a failure: "
        "who counts attempts leaves those out)" % " or ".join(FACILITIES),
        wrong,
        evidence=[own.command, *(context.command for context in known)],
    )
