# SPDX-License-Identifier: GPL-3.0-or-later
"""What the reader is asked beside the state itself: for whom it asks sshd, which marks and which paths it looks for."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from .registers import Registers

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


def places(policy: Mapping[str, Any]) -> list[str]:
    """Return the patterns of the paths that the policy accepts, by which the deep reading's paths are looked for."""
    baseline = [
        entry.partition(" ")[2] for entry in (*policy["bulwark_setuid_files"], *policy["bulwark_setuid_accepted"])
    ]
    accepted = [*policy["bulwark_writable_paths"], *policy["bulwark_credential_places"]]
    return sorted({*baseline, *accepted})


def backups(registers: Registers) -> list[dict[str, Any]]:
    """Return what the reader needs of the declared backups, in the form that linux_state_info takes."""
    return [
        {**{key: getattr(one, key) for key in BACKUP_KEYS}, "scope": list(one.scope)} for one in registers.backups or ()
    ]


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
