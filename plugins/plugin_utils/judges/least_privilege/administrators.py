# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether people administer by accounts made for it, and somebody confirms that they still should."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from ...declared.parties import CUSTOMER
from ...declared.registers import Undeclared
from ...evaluators.checks import gather
from ...evaluators.facts import Unread
from ...evaluators.patterns import matches
from ...evaluators.privilege import powers
from ...evaluators.standing import MACHINES, enabled, is_system
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict
from .groups import only_surplus

JUDGES = Judges()

User = Mapping[str, Any]
ROOT = "root"
#: Kinds of accounts that are nobody's for a day's work.
IMPERSONAL = (*MACHINES, "break_glass")


@JUDGES.of("lin-lp-dedicated-admin")
def dedicated_admin(case: Case) -> Verdict:
    """People administer by accounts named for it, have another for daily work, and don't browse or mail on hosts."""
    wrong, unread = gather(case, _named, _daily, _profiles)
    patterns = ", ".join(case.policy["bulwark_admin_names"]) or "bulwark_admin_names says"
    admins = [user["name"] for user, _why in administrators(case)]
    return verdict(
        "each person's privileged account in use is named like %s, the same person's daily account is not privileged, "
        "and no privileged account's home holds a browser's or mail program's profile" % patterns,
        wrong,
        unread,
        evidence=["privileged accounts in use: %s" % (", ".join(admins) or "none")],
    )


@JUDGES.of("lin-lp-revalidate")
def revalidate(case: Case) -> Verdict:
    """Somebody confirmed each privileged account's rights in time; of a provider's accounts, the customer did.

    Whether rights went within a working day of a change of roles shows in no register.
    """
    case.registers.declared("accounts")
    days = case.policy["bulwark_privileged_revalidate_days"]
    found = [(user, why, text) for user, why in administrators(case) for text in _unconfirmed(case, user, why, days)]
    surplus = bool(found) and all(only_surplus(case, user["name"], why) for user, why, _text in found)
    return verdict(
        "the rights of each privileged account in use were confirmed within %d days, of a provider's or vendor's by "
        "the customer" % days,
        [text for _user, _why, text in found],
        evidence=["reviewed and reviewed_by of bulwark_accounts", "not seen: how soon rights go when a role changes"],
        assurance="attested",
        cause="lin-lp-admin-groups" if surplus else None,
    )


def administrators(case: Case) -> list[tuple[User, list[str]]]:
    """Return (account, why it is privileged) of those in use, root and the system's own aside."""
    users = [
        user
        for user in case.facts["accounts"]["users"]
        if user["name"] != ROOT and not is_system(case, user) and enabled(case, user)
    ]
    found = [(user, powers(case, user)) for user in users]
    return [(user, why) for user, why in found if why]


def _people(case: Case) -> Iterator[tuple[User, list[str]]]:
    for user, why in administrators(case):
        account = case.registers.account(user["name"])
        if account is None or account.kind not in IMPERSONAL:
            yield user, why


def _named(case: Case) -> Iterator[Item]:
    patterns, people = case.policy["bulwark_admin_names"], list(_people(case))
    if people and not patterns:
        raise Undeclared("bulwark_admin_names is empty: how administrators' accounts are named isn't known")
    for user, why in people:
        name = user["name"]
        if not matches(name, patterns):
            text = "%s is privileged (%s) and not named like an administrator's account" % (name, why[0])
            yield item("%s: name" % name, text)


def _daily(case: Case) -> Iterator[Item]:
    privileged = {user["name"]: why for user, why in administrators(case)}
    for account in case.registers.accounts or ():
        if account.daily in privileged and account.name in privileged:
            text = "%s, the daily account of %s, is privileged itself (%s)"
            yield item("%s: daily" % account.name, text % (account.daily, account.name, privileged[account.daily][0]))


def _profiles(case: Case) -> Iterator[Item]:
    names = {user["name"] for user, _why in administrators(case)} | {ROOT}
    for profile in case.facts["profiles"]["found"]:
        if profile["user"] in names:
            text = "%s has used a browser or mail program here: %s" % (profile["user"], profile["path"])
            yield item("%s: %s" % (profile["user"], profile["path"]), text)
    hidden = {name: why for name, why in case.facts["profiles"]["unreadable"].items() if name in names}
    if hidden:
        raise Unread("homes that can't be looked into: %s" % "; ".join("%s (%s)" % each for each in hidden.items()))


def _unconfirmed(case: Case, user: User, why: list[str], days: int) -> Iterator[Item]:
    name, account = user["name"], case.registers.account(user["name"])
    if account is None:
        text = "%s is privileged (%s) and not in bulwark_accounts: nobody has confirmed it" % (name, why[0])
        yield item("%s: not registered" % name, text)
    elif account.reviewed is None or account.reviewed > case.today:
        yield item(
            "%s: reviewed" % name, "%s is privileged (%s): no review of its rights is on record" % (name, why[0])
        )
    elif case.today - account.reviewed > timedelta(days=days):
        text = "%s is privileged (%s): its rights were last confirmed on %s" % (
            name,
            why[0],
            account.reviewed.isoformat(),
        )
        yield item("%s: reviewed" % name, text)
    elif account.external and account.reviewed_by != CUSTOMER:
        text = "%s belongs to %s: its rights were confirmed by %s, not by the customer"
        yield item("%s: reviewed_by" % name, text % (name, account.party, account.reviewed_by or "nobody named"))
