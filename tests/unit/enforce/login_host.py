# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian host with PAM as installed, on which tests change one thing and ask who can still log in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.declared import registers
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case

from tests.unit.judges.host import TODAY, pam
from tests.unit.judges.ssh_host import SETTINGS

COMMON_AUTH = """
auth [success=1 default=ignore] pam_unix.so nullok
auth requisite pam_deny.so
auth required pam_permit.so
"""
COMMON_ACCOUNT = """
account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so
account requisite pam_deny.so
account required pam_permit.so
"""
SSHD = """
@include common-auth
account required pam_nologin.so
@include common-account
"""
#: A code, and nothing else, of everybody but the emergency accounts.
TOTP = """
auth required pam_faillock.so preauth
auth [success=1 default=ignore] pam_succeed_if.so quiet user ingroup glass
auth [success=done default=die] pam_oath.so usersfile=/etc/users.oath window=5
auth required pam_permit.so
account required pam_nologin.so
@include common-account
"""
INSTALLED = {
    "common-auth": COMMON_AUTH,
    "common-account": COMMON_ACCOUNT,
    "sshd": SSHD,
    "login": SSHD,
    "sudo": "@include common-auth\n@include common-account\n",
}
DEFAULTS = {
    **SETTINGS,
    "authenticationmethods": "any",
    "permitrootlogin": "without-password",
    "passwordauthentication": "yes",
    "kbdinteractiveauthentication": "no",
}
#: What a second factor by TOTP comes to.
WITH_CODE = {
    "authenticationmethods": "publickey,keyboard-interactive:pam",
    "kbdinteractiveauthentication": "yes",
    "passwordauthentication": "no",
}
EVERYTHING_BY_SUDO = {
    "users": [{"kind": "usergroup", "name": "sudo", "negated": False}],
    "hosts": [{"kind": "hostname", "name": "ALL", "negated": False}],
    "runas": [{"kind": "username", "name": "ALL", "negated": False}],
    "commands": ["ALL"],
    "nopasswd": None,
}


def user(
    name: str, password: str | None = "locked", groups: Sequence[str] = (), uid: int = 1000, **more: Any
) -> dict[str, Any]:
    """Return one of accounts.users."""
    entry = {"name": name, "uid": uid, "gid": uid, "home": "/home/%s" % name, "shell": "/bin/bash"}
    return {**entry, "groups": [name, *groups], "source": "files", "password": password, "expired": False, **more}


def key(name: str, *options: str, kind: str = "ssh-ed25519", **more: Any) -> dict[str, Any]:
    """Return one of keys.authorized."""
    place = {"user": name, "path": "/home/%s/.ssh/authorized_keys" % name, "line": 1, "fingerprint": "SHA256:" + name}
    return {**place, "type": kind, "bits": 256, "options": list(options), **more}


ROOT = user("root", uid=0, home="/root")
#: An administrator with a key and a password, as the run comes in.
ANA = user("ana", "usable", ["sudo"])


def state(
    users: Sequence[Mapping[str, Any]] = (ROOT, ANA),
    keys: Sequence[Mapping[str, Any]] | None = None,
    settings: Mapping[str, str] | None = None,
    contexts: Sequence[Mapping[str, Any]] = (),
    files: Mapping[str, str] | None = None,
    oath: Sequence[str] | None = None,
    rules: Sequence[Mapping[str, Any]] = (EVERYTHING_BY_SUDO,),
    defaults: Sequence[Mapping[str, Any]] = (),
    peer: str = "",
    **areas: Mapping[str, Any],
) -> dict[str, Any]:
    """Return a host's areas.

    contexts: [{users, match, address, settings}] beside the one that no Match line means. files: in /etc/pam.d. oath:
    who stands in /etc/users.oath, None where there is no such file. areas: facts that replace those.
    """
    tokens = {"path": "/etc/users.oath", "pattern": "/etc/users.oath", "owner_uid": 0, "mode": 0o600}
    holders = [{"user": name, "type": "HOTP/T30/6", "line": 1} for name in oath or ()]
    everybody = [entry["name"] for entry in users]
    made: dict[str, dict[str, Any]] = {
        "system": {"hostname": "web", "account": "ana", "peer": peer},
        "accounts": {"users": list(users), "shells": ["/bin/sh", "/bin/bash"]},
        "sshd": {
            "installed": True, "running": True, "others": [],
            "settings": {option: [value] for option, value in {**DEFAULTS, **(settings or {})}.items()},
            "contexts": [
                {
                    "user": context["users"][0], "users": list(context["users"]), "address": context["address"],
                    "why": [{"match": context["match"], "file": "/etc/ssh/sshd_config", "line": 9}] if context["match"]
                    else [],
                    "asked": "user=x",
                    "settings": {option: [value] for option, value in context.get("settings", {}).items()},
                }
                for context in [{"users": everybody, "match": "", "address": "192.0.2.1"}, *contexts]
            ],
        },
        "keys": {"authorized": [key("ana")] if keys is None else list(keys), "unreadable": {}, "trusted_cas": []},
        "pam": {"services": pam({**INSTALLED, **(files or {})})},
        "factors": {
            "oath": [] if oath is None else [{**tokens, "users": holders}], "google": [], "u2f": [], "yubico": [],
        },
        "sudo": {"installed": True, "sources": ["files"], "rules": list(rules), "defaults": list(defaults)},
    }  # fmt: skip
    for area, changed in areas.items():
        made[area] = {**made[area], **changed}
    return made


def case(areas: Mapping[str, Any], errors: Sequence[Mapping[str, Any]] = (), **declared: Any) -> Case:
    """Return the case of a host; `declared` are inventory variables."""
    policy = {"bulwark_break_glass_group": "glass", **declared}
    return Case(Facts({"areas": areas, "errors": list(errors)}), policy, registers.build(declared), TODAY)
