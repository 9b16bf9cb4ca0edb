# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the password of a shared account was changed when somebody came or went, and who shares without saying so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from ...declared.registers import Account
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
SHARED = "shared"


@JUDGES.of("lin-oa-shared-reset")
def shared_reset(case: Case) -> Verdict:
    """A shared account's password is as new as its newest member, and newer than its last leaver."""
    accounts = [one for one in case.registers.declared("accounts") if one.kind == SHARED]
    users = {user["name"]: user for user in case.facts["accounts"]["users"]}
    hints = list(sharing(case))
    present = [account for account in accounts if account.name in users]
    if not present and not hints:
        raise NotApplicable("no account here is registered as shared, and none is opened by keys of several people")
    wrong: list[Item] = []
    unread: list[str] = []
    for account in present:
        user, turned = users[account.name], newest_transition(case, account)
        if user.get("password") == "locked" or turned is None:
            if not account.members:
                unread.append("%s: bulwark_accounts names no members of it" % account.name)
            continue
        changed = user.get("changed")
        if changed is None:
            unread.append("%s: when its password was changed is not in /etc/shadow" % account.name)
        elif date.fromisoformat(changed) < turned:
            text = "%s: its password is of %s, its members changed on %s" % (account.name, changed, turned)
            wrong.append(item("%s: password" % account.name, text))
    return verdict(
        "the password of a shared account is changed within bulwark_shared_secret_rotate_days (%d) of a member's "
        "coming or going, and no account is shared without being registered as shared"
        % case.policy["bulwark_shared_secret_rotate_days"],
        [*wrong, *hints],
        unread,
        ("/etc/shadow", "bulwark_accounts"),
        assurance="configured",
        severity=None if wrong else "medium",
    )


def newest_transition(case: Case, account: Account) -> date | None:
    """Return the last day on which a member came or went, and after which the password should be new by now."""
    latest = case.today - timedelta(days=case.policy["bulwark_shared_secret_rotate_days"])
    days = [day for member in account.members for day in (member.since, member.until) if day and day <= latest]
    return max(days, default=None)


def sharing(case: Case) -> Iterator[Item]:
    """Yield the accounts that keys of more than one person open, though they aren't registered as shared."""
    accounts = case.registers.declared("accounts")
    owners = {
        fingerprint: account.person
        for account in accounts
        if account.person and account.kind == "person"
        for fingerprint in account.keys
    }
    people: dict[str, set[str]] = {}
    for key in case.facts["keys"]["authorized"]:
        if key["fingerprint"] in owners:
            people.setdefault(key["user"], set()).add(owners[key["fingerprint"]])
    for name, known in sorted(people.items()):
        account = case.registers.account(name)
        if len(known) > 1 and not (account and account.kind == SHARED):
            text = "%s: keys of %s open it, and it is not registered as shared" % (name, ", ".join(sorted(known)))
            yield item("%s: keys of several people" % name, text)
