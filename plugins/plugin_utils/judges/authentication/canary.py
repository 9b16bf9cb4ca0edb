# SPDX-License-Identifier: GPL-3.0-or-later
"""AA-03: passwords of sensitive accounts are changed, and whoever still uses the old ones is seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from ...evaluators.facts import Unread
from ...evaluators.logon_log import at, gaps, looked_at, moment
from ...evaluators.privilege import privileged
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
User = Mapping[str, Any]


@JUDGES.of("lin-aa-canary")
def canary(case: Case) -> Verdict:
    """Nobody fails to log on to a sensitive account right after its password was changed: with the old one, that is."""
    hours = case.policy["bulwark_canary_window_hours"]
    changed = recently_changed(case, hours)
    known = case.facts["failures"]["changes"]
    sensitive: list[User] = []
    unread: list[str] = []
    for user in changed:
        try:
            sensitive += [user] if is_sensitive(case, user) else []
        except Unread as reason:
            unread.append("whether %s is privileged isn't known: %s" % (user["name"], reason))
    if case.registers.accounts is None and any(user["name"] in known for user in changed if user not in sensitive):
        unread.append("bulwark_accounts is not declared: whose accounts failed after a change isn't known")
    if not sensitive and not unread:
        raise NotApplicable("no sensitive account's password was changed in the last %d h" % hours)
    for user in sensitive:
        if user["name"] in known and known[user["name"]]["unsure"]:
            text = "%s failed to log on %d times on the day of its password change: before or after isn't known"
            unread.append(text % (user["name"], known[user["name"]]["unsure"]))
    return verdict(
        "no failed logon of a privileged, provider's or emergency account within %d h after its password was changed"
        % hours,
        [found for user in sensitive for found in failed_after(user, known.get(user["name"]))],
        [*unread, *gaps(case, hours)],
        [*looked_at(case), "/etc/shadow"],
    )


def recently_changed(case: Case, hours: int) -> list[User]:
    """Return the accounts whose password was changed in the last `hours`, by the day; raises Unread without shadow."""
    known = case.facts["accounts"]["passwords"]
    since = (at(case.facts["system"]["now"]) - timedelta(hours=hours)).date()
    users = [user for user in case.facts["accounts"]["users"] if user["name"] in known and user.get("changed")]
    return [user for user in users if date.fromisoformat(user["changed"]) >= since]


def is_sensitive(case: Case, user: User) -> bool:
    """Say whether an account is privileged, a provider's or vendor's, or for emergencies."""
    account = case.registers.account(user["name"])
    return bool(account and (account.external or account.kind == "break_glass")) or privileged(case, user)


def failed_after(user: User, told: Mapping[str, Any] | None) -> Iterator[Item]:
    """Yield the failures after an account's password change."""
    if told and told["after"]:
        when = moment(told["when"]) if told["when"] else user["changed"]
        text = "%s: %d failed logons after its password was changed on %s" % (user["name"], told["after"], when)
        yield item("%s: failures after its password change" % user["name"], text)
