# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the one whom an account or key belongs to is still meant to get in."""

from __future__ import annotations

from ..declared.registers import Account
from .verdict import Case


def ended(case: Case, name: str, account: Account | None) -> str | None:
    """Return why an account, or what bears its name, should be closed by now; None where the registers don't say so."""
    today = case.today
    person = account.person if account else None
    for leaver in case.registers.leavers or ():
        if leaver.left <= today and (name in leaver.accounts or leaver.person in (name, person)):
            return f"{leaver.person} left on {leaver.left}"
    if account is None:
        return None
    if account.expires is not None and account.expires < today:
        return f"it expired on {account.expires}"
    contract = case.registers.contract_of(account) if account.external and case.registers.contracts else None
    if contract is not None and contract.end < today:
        return f"the contract of {account.party} ended on {contract.end}"
    return None
