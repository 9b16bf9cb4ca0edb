# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds what a judge is given: facts of an ordinary host, the shipped policy, and registers."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door
from ansible_collections.bulwark.msp.plugins.module_utils.readers import pam as pam_reader
from ansible_collections.bulwark.msp.plugins.module_utils.reading import Reading
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import build
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.context import NOTHING, Context
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case, Verdict
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES

ROLES = Path(__file__).parents[3] / "roles"
TODAY = date(2026, 11, 22)

SSHD = {
    "passwordauthentication": ["no"],
    "kbdinteractiveauthentication": ["yes"],
    "pubkeyauthentication": ["yes"],
    "usepam": ["yes"],
    "permitrootlogin": ["no"],
    "permitemptypasswords": ["no"],
    "trustedusercakeys": ["none"],
    "gssapiauthentication": ["no"],
    "authenticationmethods": ["publickey,keyboard-interactive:pam"],
    "clientaliveinterval": ["0"],
    "clientalivecountmax": ["3"],
}


def policy() -> dict[str, Any]:
    """Return the thresholds as shipped."""
    values: dict[str, Any] = {}
    for path in ROLES.glob("*/defaults/main.yml"):
        values.update(yaml.safe_load(path.read_text()) or {})
    return values


def pam(files: Mapping[str, str]) -> dict[str, Any]:
    """Return the services that the reader makes of {name in /etc/pam.d: text}."""
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "etc/pam.d"
        folder.mkdir(parents=True)
        for name, text in files.items():
            (folder / name).write_text(text)
        facts, _errors = Reading(Door(root), {"pam": pam_reader.read}).state(["pam"], 10)
    services: dict[str, Any] = facts["pam"]["services"]
    return services


def user(name: str, uid: int = 1000, **more: Any) -> dict[str, Any]:
    """Return one of accounts.users."""
    return {
        "name": name, "uid": uid, "gid": uid, "home": "/home/" + name, "shell": "/bin/bash", "groups": [name],
        "source": "files", "password": "locked", "hash": None, "expires": None, "expired": False, **more,
    }  # fmt: skip


def key(name: str, kind: str = "ssh-ed25519") -> dict[str, Any]:
    """Return one of keys.authorized."""
    return {
        "user": name, "type": kind, "path": "/home/%s/.ssh/authorized_keys" % name, "line": 1, "options": [],
        "fingerprint": "SHA256:" + name, "bits": 256, "owner_uid": 0, "mode": 0o600, "writable_by_user": True,
    }  # fmt: skip


def areas(
    users: list[dict[str, Any]] | None = None, sshd: Mapping[str, list[str]] | None = None, **more: Any
) -> dict[str, Any]:
    """Return the areas of a host with these users, each with one key; `more` replaces areas."""
    users = [user("ana")] if users is None else users
    names = [each["name"] for each in users]
    settings = {**SSHD, **(sshd or {})}
    context: dict[str, Any] = {"user": "ana", "users": names, "address": "192.0.2.1", "why": [], "asked": None}
    context["settings"] = {}
    held = {group for each in users for group in each["groups"]}
    in_groups = {group: [each["name"] for each in users if group in each["groups"]] for group in sorted(held)}
    return {
        "system": {"hostname": "web", "family": "debian"},
        "accounts": {
            "users": users,
            "groups": in_groups,
            "passwords": {each["name"]: each["password"] for each in users},
        },
        "sshd": {"installed": True, "running": True, "others": [], "settings": settings, "contexts": [context]},
        "keys": {"authorized": [key(name) for name in names], "unreadable": {}, "files": []},
        "pam": {"services": {}},
        **more,
    }  # fmt: skip


def judge(
    control: str,
    facts: Mapping[str, Any],
    errors: list[dict[str, Any]] | None = None,
    thresholds: Mapping[str, Any] | None = None,
    context: Context = NOTHING,
    **declared: Any,
) -> Verdict:
    """Return the verdict on a host; NotApplicable, Unread and Undeclared come through."""
    known = Facts({"areas": facts, "errors": errors or []})
    case = Case(known, {**policy(), **(thresholds or {})}, build(declared), TODAY, context)
    return JUDGES[control](case)


def identities(verdict: Verdict) -> list[str]:
    """Return the identities of what is wrong."""
    return [item.identity for item in verdict.wrong]


def person(name: str, **more: Any) -> dict[str, Any]:
    """Return an entry of bulwark_accounts: a provider's administrator."""
    return {"name": name, "kind": "person", "party": "msp:north", "admin": True, **more}
