# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's one way to podman: fixed configuration, clear errors."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

PACKAGES = (
    "podman", "runc", "mmdebstrap", "iptables", "nftables", "iproute2", "netavark", "aardvark-dns",
    "openssh-client", "uidmap", "catatonit", "debian-archive-keyring",
)  # fmt: skip
CONFIGURATION = Path(__file__).with_name("containers.conf")


class LabError(RuntimeError):
    """Something the lab needs is missing or a command failed; the message says what to do."""


def missing_packages() -> list[str]:
    """Debian packages of the lab that are not installed, in the order of PACKAGES."""
    known = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n", *PACKAGES],
        capture_output=True, text=True, check=False,
    ).stdout.split("\n")  # fmt: skip
    installed = {line.split()[1] for line in known if line.startswith("installed ")}
    return [package for package in PACKAGES if package not in installed]


def install_packages() -> list[str]:
    """Install what is missing (Debian, as root) and return the names; raises LabError where that can't be done."""
    if not shutil.which("apt-get"):
        raise LabError(f"not a Debian machine: install by hand {' '.join(PACKAGES)}")
    missing = missing_packages()
    if missing and os.geteuid() != 0:
        raise LabError(f"run as root: apt-get install --no-install-recommends {' '.join(missing)}")
    if missing:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
            subprocess.run(["apt-get", "-q", *command], check=True, env=environment)
    return missing


def podman(*arguments: str, stdin: bytes | None = None, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    """Run podman with the lab's configuration; output is captured as bytes.

    Raises LabError when podman is not installed, or (with `check`) with the command's last words when it fails.
    """
    environment = {**os.environ}
    environment.setdefault("CONTAINERS_CONF", str(CONFIGURATION))
    try:
        done = subprocess.run(["podman", *arguments], input=stdin, capture_output=True, check=False, env=environment)
    except FileNotFoundError:
        wanted = " ".join(PACKAGES)
        raise LabError(f"podman is not installed: apt-get install --no-install-recommends {wanted}") from None
    if check and done.returncode != 0:
        words = (done.stderr or done.stdout).decode(errors="replace").strip()[-2000:]
        raise LabError(f"podman {arguments[0]} {arguments[-1][:80]!r} ended with {done.returncode}: {words}")
    return done
