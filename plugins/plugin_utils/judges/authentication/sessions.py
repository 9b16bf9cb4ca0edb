# SPDX-License-Identifier: GPL-3.0-or-later
"""AA-01: a session that a person walked away from ends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

from ...evaluators.facts import Unread
from ...evaluators.logins import Context, Login, logins, server
from ...evaluators.pam_stack import entries, modules
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()

PEOPLE = ("person", "shared", "break_glass")
#: Shells that know TMOUT and read /etc/profile.
TMOUT_SHELLS = ("bash", "rbash", "ksh", "ksh93", "mksh")
#: What sshd calls the channel of a login; a pattern "session" alone matches none (seen on OpenSSH 9.2 and 10.0).
SESSION = "session:shell"
SPAN = re.compile(r"(\d+)([smhdw]?)", re.IGNORECASE)
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
#: The first systemd that ends idle sessions.
LOGIND_SINCE = 252


@JUDGES.of("lin-aa-session-timeout")
def session_timeout(case: Case) -> Verdict:
    """For each person one of three ends an idle session: a readonly TMOUT, sshd's ChannelTimeout, systemd-logind.

    ClientAlive* only drops a peer that is gone: since OpenSSH 8.2 it is no idle time-out. Where it is all there is, the
    control fails with low severity. Accounts of machines are left alone.
    """
    people = [login for login in logins(case) if login.kind in PEOPLE]
    if not people:
        case.registers.declared("accounts")
        raise NotApplicable("no account of a person can log in over SSH")
    limit = case.policy["bulwark_session_idle_seconds"]
    wrong: list[Item] = []
    unread: list[str] = []
    alive = True
    for login in people:
        reasons, unsure = reasons_for(case, login, limit)
        if not all(reasons):
            continue
        if unsure:
            unread += unsure
            continue
        if _drops_dead_peers(login):
            reasons.append("ClientAlive* ends only connections whose peer is gone")
        else:
            alive = False
        wrong.append(item("%s: no idle time-out" % login.name, "%s: %s" % (login.label, "; ".join(reasons))))
    return verdict(
        "idle sessions of persons end within %d s: readonly TMOUT, ChannelTimeout session:shell=, or StopIdleSessionSec"
        % limit,
        wrong,
        unread,
        evidence=["/etc/profile and what it sources", "sshd -T", "logind.conf and its drop-ins"],
        severity="low" if wrong and alive else None,
    )


def reasons_for(case: Case, login: Login, limit: int) -> tuple[list[str], list[str]]:
    """Return (why each way ends no idle session of a login, empty for one that does; what could not be seen)."""
    reasons: list[str] = []
    unsure = ["%s may be able to log in: %s" % (login.name, login.unsure)] if login.unsure else []
    for look in (_tmout, _channel, _logind):
        try:
            reasons.append(look(case, login, limit))
        except Unread as reason:
            unsure.append(str(reason))
    return reasons, unsure


def _tmout(case: Case, login: Login, limit: int) -> str:
    if not knows_tmout(case, login):
        return "%s knows no TMOUT" % _shell(case, login)
    value: int | None = None
    readonly = False
    for event in case.facts["sessions"]["tmout"]:
        if readonly:
            break
        if event["action"] == "readonly":
            readonly = True
        else:
            value = event["value"]
    if not value:
        return "TMOUT is not set" if value is None else "TMOUT is 0"
    if not readonly:
        return "TMOUT=%d is not readonly" % value
    return "" if value <= limit else "TMOUT is %d" % value


def knows_tmout(case: Case, login: Login) -> bool:
    """Say whether an account's shell ends itself by TMOUT."""
    return _shell(case, login).rsplit("/", 1)[-1] in TMOUT_SHELLS


def _shell(case: Case, login: Login) -> str:
    return next(str(user["shell"]) for user in case.facts["accounts"]["users"] if user["name"] == login.name)


def _logind(case: Case, _login: Login, limit: int) -> str:
    logind = case.facts["sessions"]["logind"]
    if logind["stop_idle"] is None:
        return "StopIdleSessionSec is not set"
    if logind["stop_idle"] > limit:
        return "StopIdleSessionSec is %g s" % logind["stop_idle"]
    if (logind["version"] or 0) < LOGIND_SINCE:
        return "StopIdleSessionSec needs systemd %d" % LOGIND_SINCE
    if not logind["active"]:
        return "systemd-logind is not running"
    stack = modules(entries(case.facts, "sshd", "session"))
    if not any(entry["module"] in ("pam_systemd", "pam_elogind") for entry in stack):
        return "sshd's sessions are not registered with systemd-logind (pam_systemd)"
    return ""


def _channel(case: Case, _login: Login, limit: int) -> str:
    """Return why sshd ends no idle session; empty where it does.

    What a Match block says counts for nothing: sshd -T -C prints it, and sshd doesn't heed it (seen on OpenSSH 9.2 and
    10.0).
    """
    value = _session_timeout(server(case).settings)
    if value is None:
        return "ChannelTimeout names no session:shell outside of Match"
    return "" if 0 < value <= limit else "ChannelTimeout session:shell=%d" % value


def _session_timeout(settings: Mapping[str, object]) -> int | None:
    """Return the seconds after which sshd closes an idle session channel; the first pattern that matches counts."""
    values = settings.get("channeltimeout")
    for word in " ".join(values).split() if isinstance(values, (list, tuple)) else ():
        pattern, equals, span = word.partition("=")
        if equals and fnmatchcase(SESSION, pattern):
            return _seconds(span)
    return None


def _seconds(span: str) -> int:
    """Return a time of sshd_config(5) in seconds; an unreadable one is none at all, as 0 is."""
    return sum(int(number) * SECONDS[unit.lower()] for number, unit in SPAN.findall(span))


def _drops_dead_peers(login: Login) -> bool:
    return all(_alive(context) for context in login.contexts)


def _alive(context: Context) -> bool:
    return _seconds(context.value("clientaliveinterval")) > 0 and context.value("clientalivecountmax") != "0"
