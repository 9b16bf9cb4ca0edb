# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts that nobody uses any more, and those that nobody ever used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from ...evaluators.facts import Unread
from ...evaluators.patterns import matches
from ...evaluators.privilege import privileged
from ...evaluators.standing import enabled, is_system
from ...evaluators.use import DAY, Use, day, existed, is_new, reaches, up_days, use
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()

User = Mapping[str, Any]
BREAK_GLASS = "break_glass"
ROOT = "root"
#: Names told of those that can't be judged for the same reason.
TOLD = 20


@JUDGES.of("lin-oa-dormant")
def dormant(case: Case) -> Verdict:
    """No account in use went without a logon for longer than its days; emergency accounts are tested instead."""
    wrong, unread = each(case, _idle)
    untested = list(_untested(case))
    policy = case.policy
    return verdict(
        "every account in use has logged on within %d days, a privileged one or a provider's within %d; break-glass "
        "accounts were tested within %d days"
        % (
            policy["bulwark_unprivileged_inactive_days"],
            policy["bulwark_privileged_inactive_days"],
            policy["bulwark_break_glass_test_days"],
        ),
        [*wrong, *untested],
        unread,
        evidence=reaches(case),
        cause="lin-mf-breakglass" if untested and not wrong else None,
    )


@JUDGES.of("lin-oa-never-used")
def never_used(case: Case) -> Verdict:
    """No account in use was made long ago and has never been logged on to."""
    wrong, unread = each(case, _unused)
    days = case.policy["bulwark_never_used_days"]
    expected = "every account in use that is older than %d days has been logged on to; break-glass accounts aside"
    return verdict(expected % days, wrong, unread, evidence=reaches(case))


def each(case: Case, check: Callable[[Case, User], Iterator[Item]]) -> tuple[list[Item], list[str]]:
    """Return (what is wrong, why some can't be judged) of the accounts in use, the system's own and root aside.

    root is the system's, whoever uses it; that nobody logs in to it directly is other controls' matter.
    """
    wrong: list[Item] = []
    unread: dict[str, list[str]] = {}
    for user in case.facts["accounts"]["users"]:
        account = case.registers.account(user["name"])
        emergency = account is not None and account.kind == BREAK_GLASS
        if user["name"] == ROOT or emergency or is_system(case, user) or not enabled(case, user):
            continue
        try:
            wrong += check(case, user)
        except Unread as reason:
            unread.setdefault(str(reason), []).append(user["name"])
    return wrong, ["%s: %s" % (_some(names), reason) for reason, names in unread.items()]


def _idle(case: Case, user: User) -> Iterator[Item]:
    known, name = use(case, user), user["name"]
    kind, days = _allowed(case, user)
    limit = case.facts["system"]["now"] - days * DAY
    if (known.last is not None and known.last >= limit) or (known.last is None and is_new(case, user, limit)):
        return
    since = _told(case, user, known)
    if since > limit:
        text = "no logon of the last %d days is known, but the records of logons reach back to %s only"
        raise Unread(text % (days, day(since)))
    first = existed(user)
    if known.last is None and (first is None or first > limit):
        raise Unread("no logon is known, and whether the account is older than %d days isn't either" % days)
    if known.last is None and first is not None and since <= first:
        # Nobody has used it since it was made: lin-oa-never-used names it.
        return
    window = days + case.policy["bulwark_inactive_off_days"]
    up = up_days(case, window)
    if up < days:
        text = "no logon of the last %d days is known, but the host was surely up on %d of the last %d only"
        raise Unread(text % (days, up, window))
    when = "on %s (%s)" % (day(known.last), known.source) if known.last else "before %s, if ever" % day(since)
    yield item(name, "%s was last used %s; %s may go unused for %d days" % (name, when, kind, days))


def _unused(case: Case, user: User) -> Iterator[Item]:
    known, name = use(case, user), user["name"]
    now = case.facts["system"]["now"]
    limit = now - case.policy["bulwark_never_used_days"] * DAY
    if known.last is not None or is_new(case, user, limit):
        return
    since, first = _told(case, user, known), existed(user)
    if first is None or first > limit:
        raise Unread("no logon is known, and when the account was made isn't either")
    if since <= first:
        yield item(name, "%s has not been logged on to since its password was set on %s" % (name, day(first)))
    elif since > now - _allowed(case, user)[1] * DAY:
        # Where they reach back further, lin-oa-dormant judges it, used before or not.
        text = "no logon is known, but the account is older than the records of logons, which reach back to %s only"
        raise Unread(text % day(since))


def _allowed(case: Case, user: User) -> tuple[str, int]:
    """Return (what kind of account it is in words, for how many days it may go unused)."""
    account = case.registers.account(user["name"])
    if account and account.external:
        return "an account of a provider or vendor", case.policy["bulwark_privileged_inactive_days"]
    if privileged(case, user):
        return "a privileged account", case.policy["bulwark_privileged_inactive_days"]
    return "an account", case.policy["bulwark_unprivileged_inactive_days"]


def _told(case: Case, user: User, known: Use) -> int:
    """Return back to when the host's records tell of an account's use; raises Unread where they don't."""
    if matches(user["name"], case.policy["bulwark_logons_elsewhere"]):
        raise Unread("used by services whose records aren't the host's (bulwark_logons_elsewhere): look there")
    if known.since is None:
        why = "; ".join(reaches(case)) or "none is kept"
        raise Unread("no record of logons would surely show the account's use (%s)" % why)
    return known.since


def _untested(case: Case) -> Iterator[Item]:
    days = case.policy["bulwark_break_glass_test_days"]
    here = {user["name"] for user in case.facts["accounts"]["users"]}
    for account in case.registers.accounts or ():
        late = account.tested is None or case.today - account.tested > timedelta(days=days)
        if account.kind == BREAK_GLASS and account.name in here and late:
            text = "%s is kept for emergencies and has no test of the last %d days" % (account.name, days)
            yield item("%s: tested" % account.name, text)


def _some(names: list[str]) -> str:
    more = " and %d more" % (len(names) - TOLD) if len(names) > TOLD else ""
    return ", ".join(names[:TOLD]) + more
