# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fault happens to: a container host or a whole guest (tests/vm/guest.py), asked in the same words."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, Protocol

from tests.lab.engine import ADDRESS, Host, Lab
from tests.lab.podman import podman

LOGIN_SECONDS = 10


class Target(Protocol):
    """A managed host that the test can look into from outside, also while nobody can log in to it."""

    @property
    def name(self) -> str:
        """Its name in the inventory."""

    def run(self, script: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a bash script as root."""

    def exists(self, path: str) -> bool | None:
        """Say whether there is such a file; None where the host doesn't answer now."""

    def variables(self) -> dict[str, Any]:
        """Return its inventory variables."""

    def ssh(self, account: str, key: Path | None = None) -> list[str]:
        """Return an ssh command line that logs in without asking anything."""


class Box:
    """A container host."""

    def __init__(self, lab: Lab, host: Host) -> None:
        self.lab = lab
        self.host = host

    @property
    def name(self) -> str:
        return self.host.name

    def run(self, script: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.host.run(script, check=check)

    def root(self) -> Path:
        """Return the host's file system as this machine sees it: nobody has to log in for a look."""
        return Path(f"/proc/{self.pid()}/root")

    def pid(self) -> int:
        """Return the process id of the host's first process."""
        return int(podman("inspect", "--format", "{{.State.Pid}}", self.host.container).stdout)

    def exists(self, path: str) -> bool | None:
        return (self.root() / path.lstrip("/")).exists()

    def variables(self) -> dict[str, Any]:
        return {
            "ansible_host": ADDRESS,
            "ansible_port": self.host.port,
            "ansible_user": "ansible",
            "ansible_ssh_private_key_file": str(self.lab.key),
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={self.lab.known_hosts}",
            "ansible_python_interpreter": "/usr/bin/python3",
        }

    def ssh(self, account: str, key: Path | None = None) -> list[str]:
        login = [word if word != str(self.lab.key) else str(key or self.lab.key)
                 for word in self.lab.ssh_arguments(self.host, account)]  # fmt: skip
        return [*login[:-1], "-o", f"ConnectTimeout={LOGIN_SECONDS}", login[-1]]

    def mount(self, *arguments: str) -> None:
        """Mount something as the host would; a container may not, so it is done from outside."""
        subprocess.run(["nsenter", "-t", str(self.pid()), "-m", "mount", *arguments], check=True)

    def reboot(self) -> None:
        """Start it anew without a warning, as after a power cut."""
        podman("restart", "--time", "0", self.host.container)
