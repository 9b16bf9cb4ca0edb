# SPDX-License-Identifier: GPL-3.0-or-later
"""The areas of a Linux host and who reads each. Imports are static so that AnsiballZ packs every reader."""

from __future__ import annotations

from .readers import (
    access,
    accounts,
    cleartext,
    containers,
    datastores,
    factors,
    firewall,
    hosts_file,
    identity,
    jobs,
    keys,
    lockout,
    pam,
    passwords,
    permissions,
    sessions,
    sockets,
    sshd,
    sudo,
    system,
    throttle,
    trust,
    units,
    vpn,
)
from .reading import Reader

AREAS: dict[str, Reader] = {
    "access": access.read,
    "accounts": accounts.read,
    "cleartext": cleartext.read,
    "containers": containers.read,
    "datastores": datastores.read,
    "factors": factors.read,
    "firewall": firewall.read,
    "hosts_file": hosts_file.read,
    "identity": identity.read,
    "jobs": jobs.read,
    "keys": keys.read,
    "lockout": lockout.read,
    "pam": pam.read,
    "passwords": passwords.read,
    "permissions": permissions.read,
    "sessions": sessions.read,
    "sockets": sockets.read,
    "sshd": sshd.read,
    "sudo": sudo.read,
    "system": system.read,
    "throttle": throttle.read,
    "trust": trust.read,
    "units": units.read,
    "vpn": vpn.read,
}
