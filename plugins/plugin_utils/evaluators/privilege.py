# SPDX-License-Identifier: GPL-3.0-or-later
"""Which accounts are privileged: by uid, by a group as good as root, by sudo, or because the register says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .sudoers import grants
from .verdict import Case

User = Mapping[str, Any]


def powers(case: Case, user: User) -> list[str]:
    """Return why an account (an entry of accounts.users) is privileged; nothing for one that isn't."""
    return list(dict.fromkeys(_powers(case, user)))


def privileged(case: Case, user: User) -> bool:
    """Say whether an account is privileged; sudo is only asked about one that nothing else makes so."""
    return next(_powers(case, user), None) is not None


def _powers(case: Case, user: User) -> Iterator[str]:
    if user["uid"] == 0:
        yield "uid 0"
    yield from ("group %s" % group for group in case.policy["bulwark_admin_groups"] if group in user["groups"])
    account = case.registers.account(user["name"])
    if account and account.admin:
        yield "admin in bulwark_accounts"
    yield from ("sudo rule: %s" % grant.command for grant in grants(case, user) if grant.root)
