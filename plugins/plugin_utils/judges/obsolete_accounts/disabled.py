# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether accounts that should be disabled really are: leavers', those past a contract, strangers', and all others."""

from __future__ import annotations

from ...evaluators import departed, standing
from ...evaluators.facts import Unread
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
EVIDENCE = (
    "/etc/passwd",
    "/etc/shadow",
    "sshd -T",
    "cvtsudoers",
    "/var/spool/cron",
    "/var/lib/systemd/linger",
    "/proc",
)
REALLY = (
    "has expired or has no shell, and no key, sudo rule, second factor, cron or at job, lingering unit or process is "
    "left of it"
)


@JUDGES.of("lin-oa-really-disabled")
def really_disabled(case: Case) -> Verdict:
    """Nothing is left of an account that somebody meant to be disabled; critical where it can still be entered."""
    wrong: list[Item] = []
    unread: list[str] = []
    entered = False
    elsewhere = departed.named(case)
    case.facts["accounts"]["passwords"]
    for user in case.facts["accounts"]["users"]:
        if user["name"] in elsewhere or not standing.disabled_on_paper(case, user):
            continue
        ends, unseen = standing.remains(case, user)
        wrong += ends
        unread += ["%s: %s" % (user["name"], reason) for reason in unseen]
        entered = entered or bool(ends and (user.get("expired") is not True and standing.ways_in(case, user)))
    return verdict(
        "an account with a locked password, an expiry date in the past or no shell is really disabled: it %s" % REALLY,
        wrong,
        unread,
        EVIDENCE,
        severity=None if entered else "high",
    )


@JUDGES.of("lin-oa-leavers")
def leavers(case: Case) -> Verdict:
    """No account of a person who has left is in use, from bulwark_leaver_disable_days after the last day on."""
    wrong, unread = departed.left_over(case, departed.leavers(case))
    days = case.policy["bulwark_leaver_disable_days"]
    when = "on the day they leave" if days == 0 else "%d days after they left" % days
    expected = "the accounts of everybody in bulwark_leavers are disabled %s: each %s" % (when, REALLY)
    return verdict(expected, wrong, unread, ("bulwark_leavers", *EVIDENCE))


@JUDGES.of("lin-oa-msp-contract-end")
def contract_end(case: Case) -> Verdict:
    """No account of a provider or vendor outlives its contract, its own end, or the host's being managed by it."""
    names, undeclared = departed.over(case)
    wrong, unread = departed.left_over(case, names)
    return verdict(
        "accounts of providers and vendors whose contract is over, that are past their own end, or whose party does "
        "not manage this host are disabled: each %s" % REALLY,
        wrong,
        [*undeclared, *unread],
        ("bulwark_accounts", "bulwark_contracts", "bulwark_msp_managed", *EVIDENCE),
    )


@JUDGES.of("lin-oa-msp-unregistered")
def unregistered(case: Case) -> Verdict:
    """No account and no key looks like a provider's without being registered, and none is only proposed."""
    wrong, unread = departed.left_over(case, departed.strangers(case))
    for user in departed.proposed(case):
        text = "%s: it is in use, and bulwark_accounts knows it only as proposed" % user["name"]
        wrong.append(item("%s: proposed" % user["name"], text))
    try:
        for key, why in departed.foreign_keys(case):
            place = "%s line %d" % (key["path"], key["line"])
            text = "%s: the SSH key %s in %s opens it; %s" % (key["user"], key["fingerprint"], place, why)
            wrong.append(item("%s: foreign key %s" % (key["user"], key["fingerprint"]), text))
        unread += ["keys of %s: %s" % pair for pair in sorted(case.facts["keys"]["unreadable"].items())]
    except Unread as reason:
        unread.append(str(reason))
    lacking = departed.without_names(case)
    if lacking:
        unread.append("bulwark_msp_names has no names of %s" % ", ".join(lacking))
    return verdict(
        "every account and key that looks like a provider's (bulwark_msp_names) is registered and approved",
        wrong,
        unread,
        ("bulwark_accounts", "bulwark_msp_names", *EVIDENCE),
    )
