# SPDX-License-Identifier: GPL-3.0-or-later
"""A fresh Debian machine as a container: Debian's minimal set, ca-certificates, and nothing else to help."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from tests.lab.podman import podman
from tests.lab.turns import one_at_a_time

CHECKOUT = "/opt/bulwark.msp"
# How this machine reaches its package registries. A fresh machine of the same network would be set up the same way.
CONFIGURATION = ("/etc/pip.conf", "~/.config/pip/pip.conf", "/etc/ssl/certs")
ENVIRONMENT = ("PIP_", "SSL_CERT_", "REQUESTS_CA_BUNDLE", "http_proxy", "https_proxy", "no_proxy")


def bare_image(suite: str, directory: Path) -> str:
    """Image of a bare Debian, built once on this machine with mmdebstrap in `directory`."""
    image = f"localhost/bulwark/bare:{suite}"
    with one_at_a_time(Path(tempfile.gettempdir()) / f"bulwark-bare-build.{os.getuid()}.lock"):
        if podman("image", "exists", image, check=False).returncode != 0:
            tar = directory / f"{suite}.tar"
            packages = "--include=ca-certificates"
            subprocess.run(["mmdebstrap", "-q", "--variant=minbase", packages, suite, tar], check=True)
            podman("import", "-q", str(tar), image)
            tar.unlink()
    return image


def run_as_root(image: str, clone: Path, command: str) -> subprocess.CompletedProcess[bytes]:
    """Run `command` in a new bare machine whose checkout is `clone`."""
    mounts = [f"{clone}:{CHECKOUT}"]
    for name in CONFIGURATION:
        path = Path(name).expanduser()
        if path.exists():
            mounts.append(f"{path}:{name.replace('~', '/root')}:ro")
    passed = [name for name in os.environ if name.startswith(ENVIRONMENT)]
    return podman(
        "run", "--rm", "--network", "host", "--workdir", CHECKOUT,
        *(f"--volume={mount}" for mount in mounts), *(f"--env={name}" for name in passed),
        image, "sh", "-c", command, check=False,
    )  # fmt: skip
