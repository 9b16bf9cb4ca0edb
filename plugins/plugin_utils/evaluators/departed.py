# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose accounts must not be in use any more by what is declared: leavers, providers without a contract, strangers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from ..declared.registers import Account, Undeclared
from . import standing
from .checks import gather
from .verdict import Case, Item, item

User = Mapping[str, Any]
PROVIDER = "msp:"


def leavers(case: Case) -> dict[str, str]:
    """Return {account: why} of those whose person has left; raises Undeclared without bulwark_leavers."""
    found: dict[str, str] = {}
    for leaver in case.registers.declared("leavers"):
        if (case.today - leaver.left).days < case.policy["bulwark_leaver_disable_days"]:
            continue
        own = [
            one.name for one in case.registers.accounts or () if one.kind != "shared" and one.person == leaver.person
        ]
        for name in (*leaver.accounts, *own, leaver.person):
            found[name] = "%s left on %s" % (leaver.person, leaver.left)
    return found


def over(case: Case) -> tuple[dict[str, str], list[str]]:
    """Return ({account of a provider or vendor: why it has no business here}, why that can't be told of others)."""
    found: dict[str, str] = {}
    unread: list[str] = []
    for account in case.registers.declared("accounts"):
        if account.external:
            try:
                why = _ended(case, account)
            except Undeclared as reason:
                unread.append(str(reason))
                continue
            if why:
                found[account.name] = why
    return found, list(dict.fromkeys(unread))


def _ended(case: Case, account: Account) -> str:
    if account.expires is not None and account.expires < case.today:
        return "bulwark_accounts lets it expire on %s" % account.expires
    managed = case.registers.msp_managed
    if managed is not None and account.party.startswith(PROVIDER) and account.party not in managed:
        return "%s does not manage this host (bulwark_msp_managed)" % account.party
    contract = case.registers.contract_of(account)
    if contract is not None and contract.end < case.today:
        return "the contract of %s ended on %s" % (account.party, contract.end)
    if contract is None and case.registers.declared("contracts"):
        named = "contract %s" % account.contract if account.contract else "a contract of %s" % account.party
        return "bulwark_contracts has not got %s" % named
    if managed is None and account.party.startswith(PROVIDER):
        raise Undeclared("bulwark_msp_managed is not declared for this host; set it, even to an empty list")
    return ""


def strangers(case: Case) -> dict[str, str]:
    """Return {account: why} of those that look like a provider's by name or group, and that nobody registered.

    An account that is only proposed is somebody's to decide: see `proposed`.
    """
    case.registers.declared("accounts")
    found = {}
    for user in case.facts["accounts"]["users"]:
        party = _looks_like(case, [user["name"], *user["groups"]])
        if not party or user["uid"] == 0 or _known(case, user["name"]):
            continue
        if not standing.is_system(case, user) or standing.enabled(case, user):
            found[user["name"]] = "it looks like an account of %s (bulwark_msp_names) and is not registered" % party
    return found


def proposed(case: Case) -> list[User]:
    """Return the accounts in use that the register knows only as proposed."""
    names = set(case.registers.proposed_accounts)
    users = case.facts["accounts"]["users"]
    return [user for user in users if user["name"] in names and standing.enabled(case, user)]


def foreign_keys(case: Case) -> list[tuple[Mapping[str, Any], str]]:
    """Return [(key as in keys.authorized, why)] of those that nobody registered.

    That is a key whose comment looks like a provider's, and a key of a provider's account whose keys are listed.
    """
    accounts = case.registers.declared("accounts")
    listed = {fingerprint for account in accounts for fingerprint in account.keys}
    found = []
    for key in case.facts["keys"]["authorized"]:
        if key["fingerprint"] in listed:
            continue
        account = case.registers.account(key["user"])
        party = _looks_like(case, (), key["marks"])
        if account and account.external and account.keys:
            found.append((key, "bulwark_accounts does not list it among the keys of %s" % account.name))
        elif party and not (account and account.party == party):
            found.append((key, "its comment looks like %s, and no account lists it" % party))
    return found


def without_names(case: Case) -> list[str]:
    """Return the providers that work here, but whose accounts nothing would tell from others."""
    accounts = case.registers.accounts or ()
    parties = {*(case.registers.msp_managed or ()), *(account.party for account in accounts if account.external)}
    return sorted(party for party in parties if party not in case.policy["bulwark_msp_names"])


def named(case: Case) -> set[str]:
    """Return the accounts that are found by any of these ways, as far as that can be told."""
    found: set[str] = set()

    def noted(names: Mapping[str, str]) -> Iterator[Item]:
        found.update(names)
        return iter(())

    gather(
        case,
        lambda case: noted(leavers(case)),
        lambda case: noted(over(case)[0]),
        lambda case: noted(strangers(case)),
    )
    return found


def keys_named(case: Case) -> dict[tuple[str, str], str]:
    """Return {(account, fingerprint): the control that names this key, or all that its account has, already}."""
    gone = leavers(case) if case.registers.leavers is not None else {}
    found = {
        (key["user"], key["fingerprint"]): "lin-oa-leavers"
        for key in case.facts["keys"]["authorized"]
        if key["user"] in gone
    }
    for key, _why in foreign_keys(case):
        found.setdefault((key["user"], key["fingerprint"]), "lin-oa-msp-unregistered")
    return found


def left_over(case: Case, names: Mapping[str, str]) -> tuple[list[Item], list[str]]:
    """Return what is missing before the accounts `names` ({name: why}) are really disabled, and what can't be seen."""
    wrong: list[Item] = []
    unread: list[str] = []
    for user in case.facts["accounts"]["users"]:
        if user["name"] in names:
            ends, unseen = standing.examine(case, user)
            wrong += [item(end.identity, "%s (%s)" % (end.text, names[user["name"]])) for end in ends]
            unread += ["%s: %s" % (user["name"], reason) for reason in unseen]
    return wrong, unread


def _looks_like(case: Case, names: Any, marks: Any = ()) -> str | None:
    for party, patterns in case.policy["bulwark_msp_names"].items():
        if any(pattern in marks or any(fnmatchcase(name, pattern) for name in names) for pattern in patterns):
            return str(party)
    return None


def _known(case: Case, name: str) -> bool:
    return case.registers.account(name) is not None or name in case.registers.proposed_accounts
