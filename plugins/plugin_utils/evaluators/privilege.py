# SPDX-License-Identifier: GPL-3.0-or-later
"""Which accounts are privileged: by uid, by a group as good as root, by sudo, or because the register says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .verdict import Case


def powers(case: Case, user: Mapping[str, Any]) -> list[str]:
    """Return why an account (an entry of accounts.users) is privileged; nothing for one that isn't."""
    account = case.registers.account(user["name"])
    return [
        *(["uid 0"] if user["uid"] == 0 else []),
        *("group %s" % group for group in case.policy["bulwark_admin_groups"] if group in user["groups"]),
        *(["admin in bulwark_accounts"] if account and account.admin else []),
    ]


def privileged(case: Case, user: Mapping[str, Any]) -> bool:
    """Say whether an account is privileged."""
    return bool(powers(case, user))
