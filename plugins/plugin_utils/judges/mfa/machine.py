# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the keys of a machine's account are bound: where they stand, where from and for how long they open it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ....module_utils.ssh.authorized_key import names_sources
from ...evaluators.logins import Login
from ...evaluators.verdict import Case, Item, item


def bound_keys(case: Case, login: Login) -> tuple[list[Item], list[str]]:
    """Return (what is wrong with the account's keys, what could not be seen of them)."""
    wrong: list[Item] = []
    unread = ["%s: %s" % (login.name, login.unread_keys)] if login.unread_keys else []
    for key in login.keys:
        wrong += [
            item("%s %s: %s" % (login.name, key["fingerprint"], what), "%s: key %s (%s line %d) %s" % (
                login.name, key["fingerprint"], key["path"], key["line"], what
            ))
            for what in loose(key)
        ]  # fmt: skip
        if "cert-authority" not in key["options"]:
            too_old, unknown = _age(case, login, key["fingerprint"])
            wrong += too_old
            unread += unknown
    return wrong, [*unread, *_certificates(case, login)]


def loose(key: Mapping[str, Any]) -> Iterable[str]:
    """Say how a key is not bound: by the file it stands in, where it may come from, what it may do."""
    if key["owner_uid"] != 0 or key["writable_by_user"]:
        yield "stands in a file that the account can change"
    if not names_sources(key["options"]):
        yield "has no from= that names where it may come from"
    if "restrict" not in key["options"]:
        yield "has no restrict"


def _age(case: Case, login: Login, fingerprint: str) -> tuple[list[Item], list[str]]:
    """Judge the age of a key by the register: nothing on a host says since when a key exists."""
    registered = login.account.keys if login.account else {}
    since = registered.get(fingerprint)
    if since is None:
        where = "has no since" if fingerprint in registered else "is not listed"
        return [], [
            "%s: key %s %s under keys in bulwark_accounts, so its age is not known" % (login.name, fingerprint, where)
        ]
    limit = case.policy["bulwark_automation_key_days"]
    if (case.today - since).days <= limit:
        return [], []
    text = "%s: key %s is in use since %s, longer than %d days" % (login.name, fingerprint, since, limit)
    return [item("%s %s: too old" % (login.name, fingerprint), text)], []


def _certificates(case: Case, login: Login) -> Iterable[str]:
    """Say where certificates open the account: how long they live shows only at the CA."""
    authorities = [key["path"] for key in login.keys if "cert-authority" in key["options"]]
    trusted = next((path for path in login.settings("trustedusercakeys") if path != "none"), None)
    if trusted and (not login.keys or "certificate" in (login.account.factors if login.account else ())):
        authorities.append(trusted)
    for path in authorities:
        yield "%s: a certificate of a CA in %s opens it; that none lives longer than %d hours shows only at the CA" % (
            login.name, path, case.policy["bulwark_automation_cert_hours"]
        )  # fmt: skip
