# SPDX-License-Identifier: GPL-3.0-or-later
"""Who can log in at the console: what is left when nothing else works."""

from __future__ import annotations

from ...evaluators.facts import Unread
from ...evaluators.verdict import Case
from . import escalation
from .answering import Holder
from .answering import refusal as pam_refusal

SERVICE = "login"
EMERGENCY = "break_glass"


def refusal(case: Case, name: str, hopeful: bool = False) -> str | None:
    """Return why an account can't log in at the console, None where it can.

    hopeful: what can't be known counts for it, else against it.
    """
    try:
        user = next(user for user in case.facts["accounts"]["users"] if user["name"] == name)
        holder = Holder(case.facts, user, hopeful)
        return pam_refusal(holder, SERVICE) or pam_refusal(holder, SERVICE, "account")
    except StopIteration:
        return "there is no such account"
    except Unread as reason:
        return None if hopeful else str(reason)


def others(case: Case) -> list[str]:
    """Return the customer's break-glass accounts that surely get in at the console and become root."""
    return [
        account.name
        for account in case.registers.declared("accounts")
        if account.kind == EMERGENCY
        and not account.external
        and refusal(case, account.name) is None
        and escalation.refusal(case, account.name) is None
    ]
