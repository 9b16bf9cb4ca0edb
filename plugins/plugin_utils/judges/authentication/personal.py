# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether each account of a provider is one person's, so that what it does is somebody's doing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...declared.registers import Account, Undeclared
from ...evaluators.checks import gather
from ...evaluators.patterns import matches
from ...evaluators.standing import MACHINES, enabled
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()

User = Mapping[str, Any]
Own = list[tuple[User, Account]]


@JUDGES.of("lin-aa-msp-personal")
def msp_personal(case: Case) -> Verdict:
    """A provider's account is named like its provider's, one person's, opened by that one's keys, and explained."""
    case.registers.declared("accounts")
    accounts = _own(case)
    if not accounts:
        raise NotApplicable("no account of a provider or vendor in bulwark_accounts is in use here")
    wrong, unread = gather(case, _named, _one_person, _one_key_owner, _explained)
    return verdict(
        "each provider's or vendor's account in use is named like bulwark_msp_names of its party, belongs to one "
        "person whose keys open no other person's account, and says in GECOS what it is for",
        wrong,
        unread,
        evidence=["bulwark_accounts: %s" % ", ".join(account.name for _user, account in accounts)],
    )


def _own(case: Case) -> Own:
    """Return the accounts of other parties that are in use, with their entries."""
    pairs = ((user, case.registers.account(user["name"])) for user in case.facts["accounts"]["users"])
    return [(user, account) for user, account in pairs if account and account.external and enabled(case, user)]


def _named(case: Case) -> Iterator[Item]:
    names: Mapping[str, list[str]] = case.policy["bulwark_msp_names"]
    lacking = sorted({account.party for _user, account in _own(case) if not names.get(account.party)})
    for _user, account in _own(case):
        patterns = names.get(account.party, [])
        if patterns and not matches(account.name, patterns):
            text = "%s is not named like an account of %s (%s)" % (account.name, account.party, ", ".join(patterns))
            yield item("%s: name" % account.name, text)
    if lacking:
        raise Undeclared("bulwark_msp_names doesn't say how accounts of %s are named" % ", ".join(lacking))


def _one_person(case: Case) -> Iterator[Item]:
    for _user, account in _own(case):
        if account.kind == "shared":
            yield item(
                "%s: shared" % account.name, "%s of %s is shared: nobody answers for it" % (account.name, account.party)
            )
        elif account.kind not in MACHINES and not account.person:
            text = "%s of %s: bulwark_accounts names no person" % (account.name, account.party)
            yield item("%s: person" % account.name, text)


def _one_key_owner(case: Case) -> Iterator[Item]:
    own = {account.name: account for _user, account in _own(case)}
    holders: dict[str, set[str]] = {}
    for key in case.facts["keys"]["authorized"]:
        if key["user"] in own:
            holders.setdefault(key["fingerprint"], set()).add(_owner(own[key["user"]]))
    for account in case.registers.accounts or ():
        for fingerprint in account.keys:
            if fingerprint in holders:
                holders[fingerprint].add(_owner(account))
    for fingerprint, owners in holders.items():
        if len(owners) > 1:
            text = "%s is one key of several: %s" % (fingerprint, ", ".join(sorted(owners)))
            yield item("key %s" % fingerprint, text)


def _owner(account: Account) -> str:
    """Return whose an account is: a person's, or its own where it is nobody's."""
    return account.person or account.name


def _explained(case: Case) -> Iterator[Item]:
    for user, account in _own(case):
        if not user["described"] and not account.contract:
            text = "%s of %s: neither GECOS nor a contract in bulwark_accounts says what it is for"
            yield item("%s: purpose" % account.name, text % (account.name, account.party))
