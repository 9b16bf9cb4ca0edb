# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests on real hosts share: an inventory of lab hosts, and an audit run as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.engine import Host, Lab

ROOT = Path(__file__).resolve().parents[2]
#: How long a host may take to read, where three workers' hosts share two cores.
READ_SECONDS = 240


@dataclass(frozen=True)
class Played:
    """An ended playbook: exit status, everything it printed, and its results directory."""

    rc: int
    output: str
    reports: Path

    def document(self, name: str) -> dict[str, Any]:
        """Return a document of the latest run, such as run.json or hosts/acme/acme-web.json."""
        found: dict[str, Any] = json.loads((self.reports / "latest" / name).read_text(encoding="utf-8"))
        return found

    def host(self, name: str, customer: str = "_none") -> dict[str, Any]:
        """Return a host's result."""
        return self.document(f"hosts/{customer}/{name}.json")


def inventory(
    path: Path, lab: Lab, hosts: Iterable[Host], variables: Mapping[str, Any] | None = None,
    own: Mapping[str, Mapping[str, Any]] | None = None,
) -> Path:  # fmt: skip
    """Write an inventory of lab hosts, reached over SSH with sudo; `variables` go to all, `own` by host name to one."""
    lab.write_known_hosts(hosts)
    common = {
        "ansible_host": "127.0.0.1",
        "ansible_user": "ansible",
        "ansible_ssh_private_key_file": str(lab.key),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={lab.known_hosts}",
        "ansible_python_interpreter": "/usr/bin/python3",
        "bulwark_read_seconds": READ_SECONDS,
        **(variables or {}),
    }
    named = {host.name: {"ansible_port": host.port, **(own or {}).get(host.name, {})} for host in hosts}
    path.write_text(json.dumps({"all": {"hosts": named, "vars": common}}), encoding="utf-8")
    return path


def play(
    playbook: str, hosts: Path, reports: Path, *arguments: str,
    environment: Mapping[str, str] | None = None, directory: Path = ROOT,
) -> Played:  # fmt: skip
    """Run a playbook of the collection in a directory, by the environment that runs the tests; return how it ended."""
    done = subprocess.run(
        command(playbook, hosts, reports, *arguments),
        cwd=directory,
        env={**playing_environment(), **(environment or {})},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=600,
    )
    return Played(done.returncode, done.stdout + done.stderr, reports)


def command(playbook: str, hosts: Path, reports: Path, *arguments: str) -> list[str]:
    """Return the command line that plays a playbook of the collection."""
    return ["ansible-playbook", f"bulwark.msp.{playbook}", "-i", str(hosts), "-e", f"bulwark_report_dir={reports}",
            *arguments]  # fmt: skip


def playing_environment() -> dict[str, str]:
    """Return the environment in which the checkout's playbooks are played."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_FORCE_COLOR": "0",
    }
