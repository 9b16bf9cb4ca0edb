# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates for those who send and collect logs, made by community.crypto: certificates.yml beside this file.

issue(folder, {"acme": "acme.example"}, {"acme-web": "acme"})
certificate(folder, "acme-web", "acme")    # {"ca.pem": ..., "cert.pem": ..., "key.pem": ...}
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from .podman import LabError
from .turns import one_at_a_time

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def issue(folder: Path, domains: Mapping[str, str], hosts: Mapping[str, str]) -> None:
    """Make what is missing: an authority for each customer, and a certificate of it for each of its hosts.

    domains: customer -> domain. hosts: host -> customer; its certificate bears <host>.<domain>.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with one_at_a_time(folder / ".lock"):
        if all((folder / name / "cert.pem").exists() for name in (*domains, *hosts)):
            return
        given = {
            "lab_folder": str(folder),
            "lab_customers": [{"name": name, "domain": domain} for name, domain in domains.items()],
            "lab_hosts": [
                {"name": name, "customer": customer, "domain": domains[customer]} for name, customer in hosts.items()
            ],
        }
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        }
        playbook = ["ansible-playbook", "-i", "localhost,", str(HERE / "certificates.yml"), "-e", json.dumps(given)]
        done = subprocess.run(playbook, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError(f"the certificates could not be made: {(done.stdout + done.stderr)[-2000:]}")


def certificate(folder: Path, host: str, customer: str) -> dict[str, str]:
    """Return what a host needs, by file name: its authority, its certificate and its key."""
    files = {"ca.pem": (customer, "cert.pem"), "cert.pem": (host, "cert.pem"), "key.pem": (host, "key.pem")}
    return {name: (folder / owner / file).read_text(encoding="utf-8") for name, (owner, file) in files.items()}
