# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts of providers and vendors on a host, and until when their powers may last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from ..declared.registers import Account
from .facts import Unread
from .verdict import Case

User = Mapping[str, Any]


def providers(case: Case) -> list[tuple[Account, User]]:
    """Return (register's entry, entry of accounts.users) of those whose powers are judged one by one.

    Left out are expired accounts, emergency accounts (lin-mf-breakglass), and automation whose scope is recorded
    (lin-lp-automation-acct): what runs Ansible needs broad rules.
    """
    users = {user["name"]: user for user in case.facts["accounts"]["users"]}
    return [
        (account, users[account.name])
        for account in case.registers.declared("accounts")
        if account.external
        and account.name in users
        and not users[account.name].get("expired")
        and account.kind != "break_glass"
        and not (account.kind == "automation" and scoped(account))
    ]


def scoped(account: Account) -> bool:
    """Say whether the register says what an account may do."""
    return bool(account.scope) or account.full_admin


def full_admin(case: Case, account: Account) -> bool:
    """Say whether a contract in force lets an account do anything; raises Undeclared without a register of them."""
    if not account.full_admin:
        return False
    contract = case.registers.contract_of(account)
    return contract is not None and contract.full_admin and contract.in_force(case.today)


def latest(case: Case) -> date:
    """Return the last day until which powers may be given today."""
    return case.today + timedelta(days=case.policy["bulwark_msp_privilege_days"])


def expires_in_time(case: Case, user: User) -> bool:
    """Say whether the account itself ends soon enough; raises Unread where shadow was not read."""
    if "expires" not in user:
        if user["source"] == "files":
            case.facts["accounts"]["passwords"]
        raise Unread("%s: when the account expires is not known" % user["name"])
    return user["expires"] is not None and date.fromisoformat(user["expires"]) <= latest(case)
