# SPDX-License-Identifier: GPL-3.0-or-later
"""On jump hosts the sessions of providers' people are recorded, and the records leave the host."""

from __future__ import annotations

from collections.abc import Iterator

from ...declared.registers import Undeclared
from ...evaluators.facts import Unread
from ...evaluators.forwarding import forwards
from ...evaluators.logins import Login, logins
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
RECORDER = "tlog-rec-session"
#: What the journal passes on to syslog without a facility of its own has this one.
JOURNALS = "user"
FORWARDED = "lin-lm-forward-tls"


@JUDGES.of("lin-lm-session-record")
def session_record(case: Case) -> Verdict:
    """Each person's session starts with tlog, or a proxy that records runs here; the records are forwarded."""
    if "jump" not in case.registers.declared("functions"):
        raise NotApplicable("bulwark_host_functions does not name jump")
    expected = "sessions of people of providers and vendors are recorded by tlog or a declared proxy, and forwarded"
    proxies = case.policy["bulwark_session_recorders"]
    running = [unit for unit in proxies if unit in case.facts["units"]["active"]] if proxies else []
    if running:
        return verdict(expected, evidence=["%s is active" % unit for unit in running], assurance="configured")
    asked = people(case)
    if not asked:
        raise NotApplicable("no person of a provider or vendor can log in here")
    wrong = [_unrecorded(login) for login in without_recording(case)]
    if len(wrong) == len(asked):
        return verdict(expected, wrong, evidence=["getent passwd"])
    wrong += _lost(case)
    unread = []
    kept = []
    try:
        kept = list(_kept_here(case))
    except (Unread, Undeclared) as reason:
        unread.append(str(reason))
    return verdict(
        expected,
        [*wrong, *kept],
        unread,
        ["getent passwd", "/etc/tlog/tlog-rec-session.conf"],
        cause=FORWARDED if kept and not wrong else None,
    )


def people(case: Case) -> list[Login]:
    """Return the logins of providers' people; an account for emergencies is left alone."""
    return [
        login
        for login in logins(case)
        if login.external and login.shell and login.kind not in ("automation", "break_glass")
    ]


def without_recording(case: Case) -> Iterator[Login]:
    """Yield the people whose sessions don't start with tlog. Raises Unread where NSS doesn't know one."""
    facts = case.facts["recording"]
    for login in people(case):
        if facts["program"] is None:
            yield login
            continue
        if login.name not in facts["shells"]:
            raise Unread("%s: NSS doesn't tell what its sessions start with" % login.name)
        if not facts["shells"][login.name].rpartition("/")[2].startswith(RECORDER):
            yield login


def _unrecorded(login: Login) -> Item:
    return item("%s: session" % login.name, "%s (%s): sessions are not recorded" % (login.name, login.party))


def _lost(case: Case) -> Iterator[Item]:
    settings = case.facts["recording"]["settings"]
    if not settings["output"]:
        yield item("output", "what sessions show is not recorded (log.output in /etc/tlog/tlog-rec-session.conf)")
    if settings["drops"]:
        yield item("drop", "what comes too fast is not recorded (limit.action in /etc/tlog/tlog-rec-session.conf)")


def _kept_here(case: Case) -> Iterator[Item]:
    settings = case.facts["recording"]["settings"]
    by_writer = {"journal": JOURNALS, "syslog": settings["facility"], "file": settings["path"]}
    what = by_writer.get(settings["writer"])
    if not what:
        yield item("writer", "tlog's writer %s writes nowhere" % settings["writer"])
    elif not forwards(case, what):
        yield item("forwarded", "no protected way takes the recordings to a collector (%s)" % what)
