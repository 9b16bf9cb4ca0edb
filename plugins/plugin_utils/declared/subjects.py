# SPDX-License-Identifier: GPL-3.0-or-later
"""What the reader is asked beside the state itself: for whom it asks sshd, which marks and which paths it looks for."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from .registers import Registers

#: Of a declared sensor, the files that it may name itself: they go by their last change.
NAMED_LOOKS = ("check_in", "signatures", "rules")
#: Of a declared agent that carries logs, what the host is told beside its lists.
AGENT_KEYS = ("name", "unit", "collector", "config")
#: Of a declared backup, what the host is told.
BACKUP_KEYS = ("name", "tool", "repository", "key_file", "environment", "user", "unit", "command")


def subjects(registers: Registers) -> list[dict[str, Any]]:
    """Return [{"user", "addresses"}] for the registered accounts, from one address of each network they may come from.

    It has the form that linux_state_info takes.
    """
    fallback = [_representative(cidr) for cidr in registers.admin_cidrs or ()]
    return [
        {"user": account.name, "addresses": [_representative(cidr) for cidr in account.sources] or fallback}
        for account in registers.accounts or ()
    ]


def marks(policy: Mapping[str, Any]) -> list[str]:
    """Return the patterns by which the policy knows providers' names and the comments of their keys."""
    return sorted({pattern for patterns in (policy.get("bulwark_msp_names") or {}).values() for pattern in patterns})


def places(policy: Mapping[str, Any], registers: Registers) -> list[str]:
    """Return the patterns of the paths that are accepted, by which the deep reading's paths are looked for."""
    baseline = [
        entry.partition(" ")[2] for entry in (*policy["bulwark_setuid_files"], *policy["bulwark_setuid_accepted"])
    ]
    accepted = [*policy["bulwark_writable_paths"], *policy["bulwark_credential_places"]]
    return sorted({*baseline, *accepted, *declared_keys(registers)})


def declared_keys(registers: Registers) -> set[str]:
    """Return the paths of the private keys that registers say are on the host."""
    return {one.key for one in registers.collectors or () if one.key}


def backups(registers: Registers) -> list[dict[str, Any]]:
    """Return what the reader needs of the declared backups, in the form that linux_state_info takes."""
    return [
        {**{key: getattr(one, key) for key in BACKUP_KEYS}, "scope": list(one.scope)} for one in registers.backups or ()
    ]


def log_agents(registers: Registers) -> list[dict[str, Any]]:
    """Return what the reader needs of the declared agents, in the form that linux_state_info takes."""
    lists = ("lines", "keeps", "carries")
    return [
        {**{key: getattr(one, key) for key in AGENT_KEYS}, **{key: list(getattr(one, key)) for key in lists}}
        for one in registers.log_agents or ()
    ]


def sensors(registers: Registers) -> list[dict[str, Any]]:
    """Return which files of the declared sensors the reader looks at, in the form that linux_state_info takes."""
    asked = []
    for one in registers.sensors or ():
        named = {what: path for what in NAMED_LOOKS if (path := getattr(one, what))}
        known = one.product.looks if one.product else {}
        looks = {what: (look.form, list(look.paths)) for what, look in known.items()}
        looks.update({what: ("modified", [path]) for what, path in named.items()})
        told = [{"what": what, "form": form, "paths": paths} for what, (form, paths) in looks.items()]
        asked.append({"name": one.name, "looks": told})
    return asked


def log_hours(policy: Mapping[str, Any], registers: Registers) -> dict[str, int]:
    """Return how many hours of the host's logs are read, and for what; sessions only where a provider has accounts."""
    outsiders = any(account.external for account in registers.accounts or ())
    return {
        "failures": policy["bulwark_failed_auth_hours"],
        "changes": policy["bulwark_canary_window_hours"],
        "sessions": policy["bulwark_usage_days"] * 24 if outsiders else 0,
    }


def _representative(cidr: str) -> str:
    """Return one address inside a network: the first usable one."""
    network = ipaddress.ip_network(cidr, strict=False)
    return str(network.network_address if network.num_addresses <= 2 else network.network_address + 1)
