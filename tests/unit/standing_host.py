# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose accounts are in use, disabled on paper, or really disabled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import build
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case

from .judges.host import TODAY, areas, key, policy, user

NOWHERE: dict[str, Any] = {"crontabs": [], "at": [], "linger": [], "user_units": [], "processes": []}


def person(name: str, uid: int = 1000, **more: Any) -> dict[str, Any]:
    """Return one of accounts.users, with a usable password."""
    known = {"password": "usable", "hash": "yescrypt", "barred": False, "changed": "2026-01-01", "described": False}
    return user(name, uid, **{**known, **more})


def host(users: list[dict[str, Any]], keys: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """Return the areas of a host with these users and keys (entries of keys.authorized)."""
    found = areas(users)
    found["accounts"]["uid_min"] = 1000
    held = [{"marks": [], **one} for one in keys or []]
    files = [{"user": one["name"], "path": "%s/.ssh/authorized_keys" % one["home"], "exists": True,
              "writable_by_user": True} for one in users]  # fmt: skip
    found["keys"] = {"authorized": held, "unreadable": {}, "files": files, "trusted_cas": []}
    found["system"].update(account="ansible", now=1795000000, timezone="UTC")
    quiet = {
        "sudo": {"installed": False},
        "factors": {"oath": [], "google": [], "u2f": [], "yubico": []},
        "jobs": {**NOWHERE, **more.pop("jobs", {})},
    }
    return {**found, **quiet, **more}


def case(facts: Mapping[str, Any], thresholds: Mapping[str, Any] | None = None, **declared: Any) -> Case:
    """Return the case of a host."""
    return Case(Facts({"areas": facts, "errors": []}), {**policy(), **(thresholds or {})}, build(declared), TODAY)


def her_key(name: str, fingerprint: str = "SHA256:a", **more: Any) -> dict[str, Any]:
    """Return one of keys.authorized."""
    return {**key(name), "fingerprint": fingerprint, "marks": [], **more}
