# SPDX-License-Identifier: GPL-3.0-or-later
"""The areas of a Linux host and who reads each. Imports are static so that AnsiballZ packs every reader."""

from __future__ import annotations

from .readers import accounts, containers, firewall, keys, pam, sockets, sshd, system, trust
from .reading import Reader

AREAS: dict[str, Reader] = {
    "accounts": accounts.read,
    "keys": keys.read,
    "pam": pam.read,
    "sshd": sshd.read,
    "system": system.read,
    "trust": trust.read,
    "containers": containers.read,
    "firewall": firewall.read,
    "sockets": sockets.read,
}
