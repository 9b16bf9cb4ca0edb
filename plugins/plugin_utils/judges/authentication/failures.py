# SPDX-License-Identifier: GPL-3.0-or-later
"""AA-02: failed logons that nobody has explained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...evaluators.logon_log import gaps, looked_at, stray, untimely
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
#: Addresses and accounts that an item names.
NAMED = 5


@JUDGES.of("lin-aa-failed-spike")
def failed_spike(case: Case) -> Verdict:
    """No account fails often, no address tries many accounts, and no provider's account fails where it never works."""
    known, hours = case.facts["failures"], case.policy["bulwark_failed_auth_hours"]
    most, spray = case.policy["bulwark_failed_auth_per_account"], case.policy["bulwark_spray_accounts_per_source"]
    wrong = [
        item("%s: failed logons" % name, "%s: %d failed logons in %d h, %s" % (name, one["count"], hours, _from(one)))
        for name, one in known["accounts"].items()
        if one["count"] >= most
    ]
    wrong += [
        item("%s: tries many accounts" % one["address"], "%s failed to log on as %s" % (one["address"], _names(one)))
        for one in known["sources"]
        if one["address"] and len(one["accounts"]) >= spray
    ]
    wrong += _strangers(case)
    unread = [*gaps(case, hours), *("%s failed: not all were counted" % full for full in known["full"])]
    if case.registers.accounts is None and known["accounts"]:
        unread.append("bulwark_accounts is not declared: whether a provider's accounts are among those that failed")
    return verdict(
        "in %d h fewer than %d failed logons of an account and fewer than %d accounts tried from one address; none of "
        "a provider's account from elsewhere than its sources or outside of its contract and work windows"
        % (hours, most, spray),
        wrong,
        unread,
        [*looked_at(case), "%d failed logons with names that no account has" % known["unknown_names"]],
    )


def _from(failed: Mapping[str, Any]) -> str:
    sources = sorted(failed["sources"].items(), key=lambda source: (-source[1], source[0]))
    places = ["%d from %s" % (count, address or "an address that was not logged") for address, count in sources[:NAMED]]
    if failed["more_sources"] or len(sources) > NAMED:
        places.append("others from elsewhere")
    return ", ".join([*places, *(["%d at the host itself" % failed["local"]] if failed["local"] else [])])


def _names(source: Mapping[str, Any]) -> str:
    names = source["accounts"]
    more = " and %d more" % (len(names) - NAMED) if len(names) > NAMED else ""
    return "%d accounts: %s%s" % (len(names), ", ".join(names[:NAMED]), more)


def _strangers(case: Case) -> Iterator[Item]:
    """Yield each provider's or vendor's account that failed from elsewhere, or when it should not be used."""
    for name, failed in case.facts["failures"]["attempts"].items():
        account = case.registers.account(name)
        if account is None or not account.external:
            continue
        contract = case.registers.contract_of(account) if case.registers.contracts is not None else None
        for when, address in failed["list"]:
            if stray(case, account, address):
                text = "%s (%s) failed to log on from %s, which is none of its sources" % (name, account.party, address)
                yield item("%s: failed from %s" % (name, address), text)
            reason = untimely(account, contract, when)
            if reason:
                yield item(
                    "%s: failed %s" % (name, reason), "%s (%s) failed to log on %s" % (name, account.party, reason)
                )
