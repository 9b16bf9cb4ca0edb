# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `identity`: by what others know this host, so that two hosts with one identity show up. Public parts only."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any

from ..door import Door, Missing
from ..reading import Area, Reading
from ..ssh import authorized_key
from .accounts import password_state

MACHINE_ID = "/etc/machine-id"
#: What the id is hashed with. As machine-id(5) asks, the id itself never leaves the host.
APPLICATION = b"bulwark.msp identity of a machine"
#: Agents that know a host by a key pair -> the public half.
AGENTS = {
    "salt": "/etc/salt/pki/minion/minion.pub",
    "cfengine": "/var/lib/cfengine/ppkeys/localhost.pub",
}
#: Where strongSwan keeps certificates -> where the private keys of those that are the host's own lie.
IPSEC = {"/etc/swanctl/x509": "/etc/swanctl/private", "/etc/ipsec.d/certs": "/etc/ipsec.d/private"}

Entry = dict[str, Any]


def read(host: Reading, area: Area) -> None:
    """Learn the identities of a host, and what of its secrets is compared where the controller sent a key.

    host_keys: [{type, fingerprint}] of the SSH server. machine_id: sha256, in hex, None where the host has none.
    wireguard: [{interface, fingerprint}] of its own keys. ipsec: [{file, fingerprint}] of its own certificates.
    agents: [{agent, fingerprint}]. Only with a key: secrets: {key: id of the key, accounts: {name: HMAC-SHA256 of the
    whole crypt string}} of local accounts with a usable password.
    """
    area.learn("host_keys", host_keys, host)
    area.learn("machine_id", machine_id, host.door)
    area.learn("wireguard", wireguard, host.door)
    area.learn("ipsec", ipsec, host.door)
    area.learn("agents", agents, host.door)
    if host.fingerprint_key:
        area.learn("secrets", secrets, host.door, host.fingerprint_key.encode())


def host_keys(host: Reading) -> list[Entry]:
    """Return the keys by which the SSH server shows who it is; those it would use but that aren't there are left out.

    Read from the public halves, which ssh-keygen writes beside them; where one is missing it is derived by ssh-keygen.
    """
    if not host.fact("sshd", "installed"):
        return []
    found = []
    for path in host.fact("sshd", "settings").get("hostkey", []):
        key = authorized_key.parse(_public_half(host.door, path))
        if key is not None:
            found.append({"type": key["type"], "fingerprint": key["fingerprint"]})
    return found


def _public_half(door: Door, path: str) -> str:
    # With HostKeyAgent, sshd_config names the public half itself.
    public = path if path.endswith(".pub") else path + ".pub"
    try:
        return door.read(public)
    except Missing:
        return door.output(["ssh-keygen", "-y", "-P", "", "-f", path]) if door.exists(path) else ""


def machine_id(door: Door) -> str | None:
    """Return the machine's id, hashed with a fixed text as sd_id128_get_machine_app_specific(3) does."""
    try:
        text = door.read(MACHINE_ID).strip()
    except Missing:
        return None
    if not re.fullmatch("[0-9a-f]{32}", text):
        return None
    return hmac.new(bytes.fromhex(text), APPLICATION, hashlib.sha256).hexdigest()


def wireguard(door: Door) -> list[Entry]:
    """Return the public key of each interface that is up."""
    try:
        lines = door.output(["wg", "show", "all", "public-key"]).splitlines()
    except Missing:
        return []
    pairs = [line.split() for line in lines]
    return [
        {"interface": pair[0], "fingerprint": _digest(pair[1])}
        for pair in pairs
        if len(pair) == 2 and "(" not in pair[1]
    ]


def ipsec(door: Door) -> list[Entry]:
    """Return the certificates that have a private key of the same name beside them: the host's own."""
    found = []
    for certificates, keys in IPSEC.items():
        own = {_stem(name) for name in door.names(keys)}
        for name in door.names(certificates):
            if _stem(name) in own:
                path = "%s/%s" % (certificates, name)
                found.append({"file": path, "fingerprint": _digest(door.read(path).strip())})
    return found


def agents(door: Door) -> list[Entry]:
    """Return the public keys by which management agents know the host."""
    found = []
    for agent, path in AGENTS.items():
        try:
            found.append({"agent": agent, "fingerprint": _digest(door.read(path).strip())})
        except Missing:
            continue
    return found


def secrets(door: Door, key: bytes) -> Entry:
    """Return {key, accounts}; what leaves is keyed, and of two equal hashes shows that they are equal, no more."""
    accounts = {}
    for fields in (line.split(":") for line in door.read("/etc/shadow").split("\n")):
        if len(fields) > 1 and password_state(fields[1])[0] == "usable":
            accounts[fields[0]] = _keyed(key, fields[1])
    return {"key": _keyed(key, "key"), "accounts": accounts}


def _keyed(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
