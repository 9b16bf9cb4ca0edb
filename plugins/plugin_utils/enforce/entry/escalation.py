# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an account can become root by sudo, and whether sudo asks it for a password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...evaluators.facts import Unread
from ...evaluators.sudoers import Grant, grants, unseen
from ...evaluators.verdict import Case
from .answering import Holder
from .answering import refusal as pam_refusal

SERVICE = "sudo"


def refusal(case: Case, name: str, hopeful: bool = False) -> str | None:
    """Return why an account can't become root, None where it can.

    hopeful: what can't be known counts for it, else against it.
    """
    try:
        return _refusal(case, name, hopeful)
    except Unread as reason:
        return None if hopeful else str(reason)


def _refusal(case: Case, name: str, hopeful: bool) -> str | None:
    user = _user(case, name)
    if user["uid"] == 0:
        return None
    sudo = case.facts["sudo"]
    if not sudo["installed"]:
        return "sudo is not installed"
    full = _everything(case, user)
    if full is None:
        hidden = unseen(case)
        if hidden:
            raise Unread(hidden[0])
        return "no rule of sudoers lets it become root"
    if full.nopasswd:
        return None
    refused = pam_refusal(Holder(case.facts, user, hopeful, dialogue=False), SERVICE)
    return refused and "its password is not enough for sudo: %s" % refused


def asks(case: Case, name: str) -> bool:
    """Say whether sudo certainly asks the account for something before it becomes root."""
    try:
        user = _user(case, name)
        full = None if user["uid"] == 0 else _everything(case, user)
        return full is not None and not full.nopasswd
    except Unread:
        return False


def _user(case: Case, name: str) -> Mapping[str, Any]:
    for user in case.facts["accounts"]["users"]:
        if user["name"] == name:
            found: Mapping[str, Any] = user
            return found
    raise Unread("there is no account %s" % name)


def _everything(case: Case, user: Mapping[str, Any]) -> Grant | None:
    """Return the grant of any command as root, where one is left after all that is taken out again."""
    return next((grant for grant in reversed(grants(case, user)) if grant.unrestricted), None)
