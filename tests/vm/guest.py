# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest in the words of a lab's host: scripts, files, and the inventory's variables."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

from tests.lab.engine import ADDRESS
from tests.vm.image import VmError
from tests.vm.vm import LOGIN_SECONDS, Vm

#: Who says nothing for so long has gone.
ALIVE_SECONDS = 10
#: Emulated, on a busy machine, and read for several scenarios at once.
READ_SECONDS = 400


class Guest:
    """A virtual machine. name: what it is in the inventory, of which it may have several."""

    def __init__(self, vm: Vm, name: str = "vm") -> None:
        self.vm = vm
        self.name = name

    def run(self, script: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*self.ssh("ansible"), "sudo", "bash", "-euo", "pipefail"], input=script, capture_output=True, text=True,
            check=False, timeout=600,
        )  # fmt: skip
        if check and done.returncode != 0:
            raise VmError(f"script ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-2000:]}")
        return done

    def put(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file of root's."""
        packed = base64.b64encode(text.encode()).decode()
        self.run(f"install -D -m {mode:o} <(base64 -d <<<{packed}) {path}")

    def exists(self, path: str) -> bool | None:
        rc = self.run(f"test -e {path}", check=False).returncode
        return {0: True, 1: False}.get(rc)

    def variables(self) -> dict[str, Any]:
        return {
            "ansible_host": ADDRESS,
            "ansible_port": self.vm.port,
            "ansible_user": "ansible",
            "ansible_ssh_timeout": LOGIN_SECONDS,
            "ansible_ssh_common_args": " ".join(self.vm.ssh_options()),
            "ansible_python_interpreter": "/usr/bin/python3",
            "bulwark_read_seconds": READ_SECONDS,
        }

    def ssh(self, account: str, key: Path | None = None) -> list[str]:
        identity = ["-i", str(key)] if key else []
        # Where the power goes nobody says goodbye.
        alive = ["-o", f"ServerAliveInterval={ALIVE_SECONDS}"]
        return ["ssh", *identity, *self.vm.ssh_options(), *alive, "-p", str(self.vm.port), f"{account}@{ADDRESS}"]
