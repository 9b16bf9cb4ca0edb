# SPDX-License-Identifier: GPL-3.0-or-later
"""MF-02: the way in for the day on which the second factor is down is small, named and tried."""

from __future__ import annotations

from datetime import timedelta

from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()

KIND = "break_glass"


@JUDGES.of("lin-mf-breakglass")
def breakglass(case: Case) -> Verdict:
    """The exempt group holds exactly the registered break-glass accounts: few, the customer's own, tested in time.

    Whether their use raises an alarm can't be read on the host; that part stays the record's word.
    """
    policy = case.policy
    group = policy["bulwark_break_glass_group"]
    registered = [account for account in case.registers.declared("accounts") if account.kind == KIND]
    if not group and not registered:
        raise NotApplicable("no exemption: bulwark_break_glass_group is empty and no break-glass account is registered")
    most, days = policy["bulwark_break_glass_max"], policy["bulwark_break_glass_test_days"]
    wrong: list[Item] = []
    if len(registered) > most:
        wrong.append(item("more than %d" % most, "%d break-glass accounts, more than %d" % (len(registered), most)))
    for account in registered:
        if account.external:
            text = "%s belongs to %s: the way in must be the customer's" % (account.name, account.party)
            wrong.append(item("%s: party" % account.name, text))
        if account.tested is None or case.today - account.tested > timedelta(days=days):
            when = "on %s" % account.tested.isoformat() if account.tested else "never"
            text = "%s was tested %s; every %d days are asked for" % (account.name, when, days)
            wrong.append(item("%s: tested" % account.name, text))
    members = set(case.facts["accounts"]["groups"].get(group, ())) if group else set()
    names = {account.name for account in registered}
    for name in sorted(members - names):
        text = "%s is in the exempt group %s and not registered as break-glass" % (name, group)
        wrong.append(item("%s: not registered" % name, text))
    for name in sorted(names - members):
        text = "%s is registered as break-glass and not in the exempt group %s" % (name, group or "-")
        wrong.append(item("%s: not exempt" % name, text))
    return verdict(
        "the members of bulwark_break_glass_group are the registered break-glass accounts, at most %d, none of a "
        "provider, each tested within %d days" % (most, days),
        wrong,
        evidence=[
            "bulwark_accounts of kind break_glass",
            "members of the group %s on the host" % (group or "-"),
            "not seen: whether their use raises an alarm",
        ],
        assurance="attested",
    )
