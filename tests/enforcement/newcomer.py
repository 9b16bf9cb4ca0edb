# SPDX-License-Identifier: GPL-3.0-or-later
"""Fresh hosts with one administrator, and the inventory that a new user would write for them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tests.lab.engine import Host, Lab

CUSTOMER = "harbour"
PERSON = "olivia"
#: A test's seed: it opens nothing but hosts that are gone a minute later.
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SUITES = ("bookworm", "trixie")
#: An administrator as the installer or a colleague sets one up: a key in the own home, a password for sudo.
SET_UP = """
systemctl is-system-running --wait >/dev/null || true
useradd --create-home --shell /bin/bash --groups sudo {name}
echo '{name}:{password}' | chpasswd
install -d -o {name} -g {name} -m 0700 /home/{name}/.ssh
echo '{key}' | install -o {name} -g {name} -m 0600 /dev/stdin /home/{name}/.ssh/authorized_keys
"""
#: What a bare host lacks: the account that Ansible comes with.
AUTOMATION = """
useradd --create-home --shell /bin/bash ansible
install -m 0440 /dev/stdin /etc/sudoers.d/ansible <<<'ansible ALL=(ALL) NOPASSWD: ALL'
install -d -o ansible -g ansible -m 0700 /home/ansible/.ssh
echo '{key}' | install -o ansible -g ansible -m 0600 /dev/stdin /home/ansible/.ssh/authorized_keys
"""
PASSWORD = "a long one, written down by nobody 17"


@dataclass(frozen=True)
class Newcomer:
    """A lab with hosts somebody has just installed; `key` is the administrator's private one."""

    lab: Lab
    key: Path

    def start(self, name: str, suite: str, *, bare: bool = False) -> Host:
        """Start a host and set up its administrator."""
        host = self.lab.start(name, suite, bare=bare)
        self.lab.wait_ssh([host])
        if bare:
            host.run(AUTOMATION.format(key=self.lab.public_key().strip()))
        public = self.key.with_suffix(".pub").read_text(encoding="utf-8").strip()
        host.run(SET_UP.format(name=PERSON, password=PASSWORD, key=public))
        return host

    def variables(self, hosts: Iterable[Host]) -> dict[str, Any]:
        """Return what the new user declares about the hosts."""
        self.lab.write_known_hosts(hosts := list(hosts))
        today, here = date.today().isoformat(), self.address(hosts[0])
        return {
            "bulwark_customer": CUSTOMER,
            "bulwark_admin_cidrs": [f"{here}/32"],
            "bulwark_accounts": [
                {
                    "name": "ansible",
                    "kind": "automation",
                    "party": "customer",
                    "admin": True,
                    "scope": ["all of the host, by playbooks alone"],
                    "factors": ["key"],
                    "sources": [f"{here}/32"],
                    "keys": [{"fingerprint": fingerprint(self.lab.key), "since": today}],
                },
                {
                    "name": PERSON,
                    "person": "Olivia Harding",
                    "kind": "person",
                    "party": "customer",
                    "admin": True,
                    "factors": ["key", "totp"],
                    "keys": [{"fingerprint": fingerprint(self.key), "since": today}],
                },
            ],
            "bulwark_totp_seeds": {PERSON: SEED},
            "bulwark_confirm_seconds": 60,
            "bulwark_rings": ["100%"],
        }

    def address(self, host: Host) -> str:
        """Return the address from which a host sees this machine come."""
        command = [*self.lab.ssh_arguments(host), "echo $SSH_CONNECTION"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[0]


def newcomer(lab: Lab) -> Newcomer:
    """Return a newcomer's lab; the administrator's key is made once for each lab."""
    lab.public_key()
    key = lab.state / PERSON
    if not key.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", PERSON, "-f", str(key)], check=True)
    return Newcomer(lab, key)


def fingerprint(key: Path) -> str:
    """Return a key's fingerprint as the register wants it."""
    listed = subprocess.run(["ssh-keygen", "-l", "-f", str(key)], capture_output=True, text=True, check=True)
    return listed.stdout.split()[1]
