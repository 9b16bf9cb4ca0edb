# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom the reader asks sshd about: every registered account, from one address of each network it may come from."""

from __future__ import annotations

import ipaddress
from typing import Any

from .registers import Registers


def subjects(registers: Registers) -> list[dict[str, Any]]:
    """Return [{"user", "addresses"}] for the registered accounts, in the form linux_state_info takes."""
    fallback = [_representative(cidr) for cidr in registers.admin_cidrs or ()]
    return [
        {"user": account.name, "addresses": [_representative(cidr) for cidr in account.sources] or fallback}
        for account in registers.accounts or ()
    ]


def _representative(cidr: str) -> str:
    """Return one address inside a network: the first usable one."""
    network = ipaddress.ip_network(cidr, strict=False)
    return str(network.network_address if network.num_addresses <= 2 else network.network_address + 1)
