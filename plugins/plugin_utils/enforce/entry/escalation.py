# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an account can become root by sudo, and whether sudo asks it for a password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...evaluators.facts import Unread
from ...evaluators.sudoers import concerns, means_host
from ...evaluators.verdict import Case
from .answering import Holder
from .answering import refusal as pam_refusal

SERVICE = "sudo"
ROOT = ("root", "ALL", "0")


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
    if _last_rule(case, user) is None:
        elsewhere = [source for source in sudo["sources"] if source != "files"]
        if elsewhere:
            raise Unread("its rules may stand in %s, which is not read" % ", ".join(elsewhere))
        return "no rule of sudoers lets it become root"
    if not _asks(case, user):
        return None
    refused = pam_refusal(Holder(case.facts, user, hopeful, dialogue=False), SERVICE)
    return refused and "its password is not enough for sudo: %s" % refused


def asks(case: Case, name: str) -> bool:
    """Say whether sudo certainly asks the account for something before it becomes root."""
    try:
        user = _user(case, name)
        return user["uid"] != 0 and _last_rule(case, user) is not None and _asks(case, user)
    except Unread:
        return False


def _user(case: Case, name: str) -> Mapping[str, Any]:
    for user in case.facts["accounts"]["users"]:
        if user["name"] == name:
            found: Mapping[str, Any] = user
            return found
    raise Unread("there is no account %s" % name)


def _last_rule(case: Case, user: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the rule that counts for any command as root: the last one that matches (sudoers(5))."""
    found: Mapping[str, Any] | None = None
    for rule in case.facts["sudo"]["rules"]:
        runas = [member["name"] for member in rule["runas"] if not member["negated"]]
        if (
            "ALL" in rule["commands"]
            and (not rule["runas"] or not set(ROOT).isdisjoint(runas))
            and concerns(rule["users"], user)
            and means_host(case, rule["hosts"])
        ):
            found = rule
    return found


def _asks(case: Case, user: Mapping[str, Any]) -> bool:
    rule = _last_rule(case, user)
    if rule is not None and rule["nopasswd"] is not None:
        return not rule["nopasswd"]
    asked, group = True, ""
    for line in case.facts["sudo"]["defaults"]:
        scope, members = line["scope"], line["members"]
        if (
            scope is None
            or (scope == "user" and concerns(members, user))
            or (scope == "host" and means_host(case, members))
        ):
            asked = line["options"].get("authenticate", asked)
            group = line["options"].get("exempt_group", group)
    return asked is not False and group not in user["groups"]
