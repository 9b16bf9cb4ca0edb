# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of sshd that have a right value, a limit, or a list that must not hold what is weak."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ...evaluators.facts import Unread
from ...evaluators.logins import Context, server
from ...evaluators.patterns import matches
from ...evaluators.verdict import Case
from ...judges.initial_access.ssh import ROOT_LOGIN, tight
from ...judges.logging.ssh import FACILITIES
from ..steps import Left, Measures, Step, program
from .sshd_config import OURS, Mend, Section, drop_in, tightened

MEASURES = Measures()


def _equal(now: str, wanted: str) -> str | None:
    return None if now == wanted else wanted


def _at_most(now: str, wanted: str) -> str | None:
    return None if int(now) <= int(wanted) else wanted


def _within(now: str, wanted: str) -> str | None:
    """Mend a time of which 0 is without limit."""
    return None if 1 <= int(now) <= int(wanted) else wanted


def _facility(now: str, wanted: str) -> str | None:
    return None if now in FACILITIES else wanted


def _root(now: str, wanted: str) -> str | None:
    rank = ROOT_LOGIN.index(now.replace("without-password", "prohibit-password"))
    return None if rank <= ROOT_LOGIN.index(wanted) else wanted


def _starts(now: str, wanted: str) -> str | None:
    """Mend start:rate:full part by part, so that none gets looser."""
    if tight(now, wanted):
        return None
    (start, rate, full), (most, least, end) = (map(int, text.split(":")) for text in (now, wanted))
    return "%d:%d:%d" % (min(start, most), max(rate, least), min(full, end))


#: How an effective value is held against the wanted one; any other option has to be equal.
RULES: Mapping[str, Callable[[str, str], str | None]] = {
    "MaxAuthTries": _at_most,
    "LoginGraceTime": _within,
    "MaxStartups": _starts,
    "SyslogFacility": _facility,
    "PermitRootLogin": _root,
}


def set_to(case: Case, settings: Mapping[str, Any]) -> list[Section]:
    """Return the sections that bring options to the values wanted wherever theirs are looser."""
    return [
        section for option, wanted in settings.items() for section in tightened(case, option, _rule(option, wanted))
    ]


def _rule(option: str, wanted: Any) -> Mend:
    rule = RULES.get(option, _equal)
    return lambda now, _context: rule(now, str(wanted))


@MEASURES.of("sshd")
def sshd(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Set {option: value} by a drop-in, for every kind of login whose value is looser."""
    return drop_in(case, control, set_to(case, arguments))


@MEASURES.of("sshd_starts")
def sshd_starts(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Limit unauthenticated connections: {MaxStartups, and for jump hosts: on_jump_hosts: {MaxStartups, ...}}.

    The wider limit of a jump host holds only together with one for each source.
    """
    jump = arguments["on_jump_hosts"]
    sources = jump["PerSourceMaxStartups"]
    try:
        known = server(case).value("persourcemaxstartups")
    except Unread:
        known = ""
    if not known or not case.registers.has_function("jump"):
        return sshd(case, {"MaxStartups": arguments["MaxStartups"]}, control)

    def per_source(now: str, _context: Context) -> str | None:
        return None if now.isdigit() and int(now) <= sources else str(sources)

    if tight(server(case).value("maxstartups"), arguments["MaxStartups"]):
        return []
    limited = tightened(case, "PerSourceMaxStartups", per_source)
    return drop_in(case, control, [*limited, *set_to(case, {"MaxStartups": jump["MaxStartups"]})])


@MEASURES.of("sshd_without")
def sshd_without(case: Case, arguments: Mapping[str, Sequence[str]], control: str) -> list[Step]:
    """Take what matches the glob patterns out of lists of algorithms: {option: [patterns]}."""
    return drop_in(case, control, shortened(case, arguments))


def shortened(case: Case, arguments: Mapping[str, Sequence[str]]) -> list[Section]:
    """Return the sections that take what matches patterns out of lists.

    A list that nobody has set is sshd's own: only what is weak is named, so that good algorithms of later releases
    still come in. One that somebody has set stays as it is, without what is weak.
    """
    return [
        section
        for option, weak in arguments.items()
        for section in tightened(case, option, _without(case, option, weak))
    ]


def _without(case: Case, option: str, weak: Sequence[str]) -> Mend:
    def mend(now: str, context: Context) -> str | None:
        names = now.split(",")
        kept = [name for name in names if not matches(name, weak)]
        if not kept:
            raise Left("%s would be left without any algorithm: it has only %s" % (option, now))
        if len(kept) == len(names):
            return None
        by_default = not _set_by_somebody(case, option.lower()) and not any("[" in pattern for pattern in weak)
        return "-" + ",".join(weak) if by_default else ",".join(kept)

    return mend


def _set_by_somebody(case: Case, option: str) -> bool:
    found: Iterable[Mapping[str, Any]] = case.facts["sshd"]["set_in"]
    return any(one["option"] == option and "/" + OURS not in one["file"] for one in found)


@MEASURES.of("crypto_policy")
def crypto_policy(case: Case, accepted: Sequence[str], _control: str) -> list[Step]:
    """Set the system-wide crypto policy to an accepted one, its subpolicies but SHA1 kept; nothing without one."""
    now = case.facts["system"]["crypto_policy"]
    if now is None:
        return []
    base, *modules = now.split(":")
    wanted = ":".join([base if base in accepted else accepted[0], *(one for one in modules if one != "SHA1")])
    return [] if wanted == now else [program("crypto-policies", {"policy": wanted})]
