# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts with an SSH server for tests of judges: everything right, until a test changes something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.declared import registers
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case, Verdict
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.finding import judged

TODAY = date(2026, 11, 22)
POLICY = {
    "bulwark_mfa_modules": ["pam_oath", "pam_duo"],
    "bulwark_break_glass_group": "",
    "bulwark_automation_key_days": 90,
    "bulwark_automation_cert_hours": 12,
    "bulwark_ssh_max_auth_tries": 4,
    "bulwark_ssh_login_grace_seconds": 60,
    "bulwark_ssh_max_startups": "10:30:60",
    "bulwark_ssh_max_startups_jump": "100:30:200",
    "bulwark_ssh_per_source_max_startups": 20,
    "bulwark_ssh_permit_root": "no",
    "bulwark_ssh_weak_ciphers": ["*-cbc"],
    "bulwark_ssh_weak_macs": ["hmac-sha1*"],
    "bulwark_ssh_weak_kex": ["*-sha1"],
    "bulwark_ssh_weak_host_key_algorithms": ["ssh-rsa"],
    "bulwark_crypto_policies": ["DEFAULT", "FUTURE", "FIPS"],
    "bulwark_rsa_bits": 2048,
}
SETTINGS = {
    "usepam": "yes", "passwordauthentication": "no", "permitemptypasswords": "no", "pubkeyauthentication": "yes",
    "kbdinteractiveauthentication": "yes", "gssapiauthentication": "no", "hostbasedauthentication": "no",
    "ignorerhosts": "yes",
    "authenticationmethods": "publickey,keyboard-interactive:pam", "permitrootlogin": "no", "strictmodes": "yes",
    "maxauthtries": "4", "logingracetime": "60", "maxstartups": "10:30:60", "persourcemaxstartups": "none",
    "loglevel": "VERBOSE", "syslogfacility": "AUTH", "trustedusercakeys": "none", "authorizedprincipalsfile": "none",
    "authorizedprincipalscommand": "none", "pubkeyacceptedalgorithms": "ssh-ed25519,rsa-sha2-512",
    "pubkeyauthoptions": "none", "ciphers": "aes256-gcm@openssh.com", "macs": "hmac-sha2-256",
    "kexalgorithms": "curve25519-sha256", "hostkeyalgorithms": "ssh-ed25519", "disableforwarding": "yes",
    "allowtcpforwarding": "no", "allowstreamlocalforwarding": "no", "allowagentforwarding": "no", "x11forwarding": "no",
    "gatewayports": "no", "permittunnel": "no", "permitopen": "any", "permitlisten": "any", "forcecommand": "none",
}  # fmt: skip


def user(name: str, uid: int = 1000, shell: str = "/bin/bash", **more: Any) -> dict[str, Any]:
    """Return an entry of accounts.users that only a key opens."""
    entry = {"name": name, "uid": uid, "gid": uid, "home": f"/home/{name}", "shell": shell, "groups": [name]}
    return {**entry, "source": "files", "password": "locked", "hash": None, "expired": False, **more}


def key(name: str, *options: str, fingerprint: str = "SHA256:aaa", **more: Any) -> dict[str, Any]:
    """Return an entry of keys.authorized in a file of root's."""
    entry = {"user": name, "path": f"/etc/ssh/keys/{name}", "line": 1, "type": "ssh-ed25519", "bits": 256}
    place = {"owner_uid": 0, "mode": "0644", "writable_by_user": False}
    return {**entry, **place, "fingerprint": fingerprint, "options": list(options), "marks": [], **more}


def pam(*lines: tuple[str, str]) -> list[dict[str, Any]]:
    """Return an auth stack of (control, module)."""
    return [
        {"control": control, "module": module, "args": [], "file": "/etc/pam.d/sshd", "line": number, "present": True}
        for number, (control, module) in enumerate(lines, 1)
    ]


PAM = pam(("required", "pam_unix"), ("required", "pam_oath"))


def facts(
    users: Sequence[Mapping[str, Any]] = (), authorized: Sequence[Mapping[str, Any]] = (),
    settings: Mapping[str, str] | None = None, contexts: Sequence[Mapping[str, Any]] | None = None,
    errors: Sequence[Mapping[str, Any]] = (), auth: Sequence[Mapping[str, Any]] = PAM, **areas: Mapping[str, Any],
) -> Facts:  # fmt: skip
    """Return a host's facts. contexts: [{users, match, settings}] beside the one without a Match."""
    everybody = [user("root", 0), *users]
    special = [
        {
            "user": one["users"][0],
            "users": one["users"],
            "address": "192.0.2.1",
            "why": [{"match": one["match"], "file": "/etc/ssh/sshd_config", "line": 9}],
            "asked": f"user={one['users'][0]}",
            "settings": {option: [value] for option, value in one["settings"].items()},
        }
        for one in contexts or ()
    ]
    general = {"user": "root", "users": [entry["name"] for entry in everybody], "address": "192.0.2.1", "why": []}
    known = {option: [value] for option, value in {**SETTINGS, **(settings or {})}.items()}
    state: dict[str, dict[str, Any]] = {
        "accounts": {"users": everybody, "passwords": {}},
        "sshd": {
            "installed": True, "running": True, "others": [], "version": [9, 2], "settings": known,
            "contexts": [{**general, "asked": "user=root" if special else None, "settings": {}}, *special],
        },
        "keys": {"authorized": list(authorized), "files": [], "unreadable": {}, "trusted_cas": []},
        "trust": {"files": [], "unreadable": {}},
        "pam": {"services": {"sshd": {"auth": list(auth)}}},
        "system": {"crypto_policy": None},
    }  # fmt: skip
    for area, changed in areas.items():
        state[area] = {**state.get(area, {}), **changed}
    return Facts({"areas": state, "errors": list(errors)})


def case(host: Facts, **declared: Any) -> Case:
    """Return the case of a host; `declared` are inventory variables, register or policy."""
    return Case(host, {**POLICY, **declared}, registers.build(declared), TODAY)


def judge(control: str, host: Facts, **declared: Any) -> tuple[str, list[str], str]:
    """Return (status, texts of what is wrong, reason)."""
    status, verdict, reason = judged(JUDGES[control], case(host, **declared))
    return status, [item.text for item in verdict.wrong] if verdict else [], reason


def verdict(control: str, host: Facts, **declared: Any) -> Verdict:
    """Return the whole verdict."""
    return JUDGES[control](case(host, **declared))
