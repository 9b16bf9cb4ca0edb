# SPDX-License-Identifier: GPL-3.0-or-later
"""AA-07: what a provider's accounts are used for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...declared.registers import Account
from ...evaluators.logon_log import at, gaps, looked_at, moment, stray, untimely
from ...evaluators.origins import allowed
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
#: Works by itself, so that there is neither a person nor a ticket.
MACHINE = "automation"


@JUDGES.of("lin-aa-msp-usage")
def msp_usage(case: Case) -> Verdict:
    """Each session of a provider's account matches a person, a source, the contract's windows and a work order."""
    days = case.policy["bulwark_usage_days"]
    here = {user["name"] for user in case.facts["accounts"]["users"]}
    outsiders = [one for one in case.registers.declared("accounts") if one.external and one.name in here]
    if not outsiders:
        raise NotApplicable("no provider or vendor has an account here (bulwark_accounts)")
    sessions = case.facts["failures"]["logons"]
    wrong: list[Item] = []
    unread = list(gaps(case, days * 24))
    for account in outsiders:
        if account.name in sessions:
            wrong += unexplained(case, account, sessions[account.name]["list"])
            unread += unexplainable(case, account, sessions[account.name]["more"])
    return verdict(
        "in %d days each session of a provider's or vendor's account is one person's, from its sources, within "
        "contract and work windows, and for a work order; automation needs no person and no work order" % days,
        wrong,
        unread,
        looked_at(case),
    )


def unexplained(case: Case, account: Account, sessions: Sequence[Sequence[Any]]) -> Iterator[Item]:
    """Yield what of an account's sessions matches nothing that is declared."""
    label = "%s (%s)" % (account.name, account.party)
    contract = case.registers.contract_of(account) if case.registers.contracts is not None else None
    if account.kind != MACHINE and not account.person:
        yield item("%s: no person" % account.name, "%s is used, and no one person is named in bulwark_accounts" % label)
    for reason in ("outside of its contract", "outside of its work windows"):
        found = [when for when, _address, _way in sessions if untimely(account, contract, when) == reason]
        if found:
            yield item("%s: %s" % (account.name, reason), "%s logged on %s, %s" % (label, reason, _times(found)))
    strays = [(when, address) for when, address, _way in sessions if stray(case, account, address)]
    for place in dict.fromkeys(address for _when, address in strays):
        found = [when for when, address in strays if address == place]
        text = "%s logged on from %s, which is none of its sources, %s" % (label, place, _times(found))
        yield item("%s: from %s" % (account.name, place), text)
    if account.kind != MACHINE and case.registers.work_orders is not None:
        found = [when for when, _address, _way in sessions if not _ordered(case, account, when)]
        if found:
            text = "%s logged on without a work order in bulwark_work_orders, %s" % (label, _times(found))
            yield item("%s: no work order" % account.name, text)


def _ordered(case: Case, account: Account, when: int) -> bool:
    orders = case.registers.work_orders or ()
    return any(account.name in order.accounts and order.start <= at(when) <= order.end for order in orders)


def _times(found: list[int]) -> str:
    return "%d times, last on %s" % (len(found), moment(max(found)))


def unexplainable(case: Case, account: Account, more: int) -> Iterator[str]:
    """Yield what isn't declared that an account's sessions would have to match."""
    if not allowed(case, account):
        yield "where %s may come from is not declared (sources in bulwark_accounts, bulwark_admin_cidrs)" % account.name
    if case.registers.contracts is None:
        yield "bulwark_contracts is not declared: when %s may be used isn't known" % account.name
    elif case.registers.contract_of(account) is None:
        yield "%s: no contract of %s in bulwark_contracts" % (account.name, account.party)
    if account.kind != MACHINE and case.registers.work_orders is None:
        yield "bulwark_work_orders is not declared: what %s was used for isn't known" % account.name
    if more:
        yield "%s logged on %d times before those that were looked at" % (account.name, more)
