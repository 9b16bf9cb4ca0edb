# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's images, named by what they are made from: an unchanged recipe is never built twice.

Beside Debian's suites there is `stale`: a Debian 12 that was installed without its security updates and has learned of
them since.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from .podman import LabError, podman
from .turns import one_at_a_time

RECIPE = Path(__file__).with_name("image")
STALE = "stale"
STALE_RECIPE = Path(__file__).with_name("stale")
#: The release alone; without it mmdebstrap takes the security suite too.
STALE_SOURCE = ("bookworm", "deb http://deb.debian.org/debian bookworm main")
BASE_PACKAGES = "ca-certificates,dbus,iproute2,openssh-server,procps,python3,python3-apt,sudo,systemd,systemd-sysv"
BASE_OPTIONS = (
    "--variant=minbase",
    f"--include={BASE_PACKAGES}",
    '--aptopt=Acquire::Languages "none"',
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
)


def _prefix() -> str:
    return os.environ.get("BULWARK_IMAGE_PREFIX", "localhost/bulwark")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def base_image(suite: str) -> str:
    """Image of a bare Debian that boots systemd; `BULWARK_BASE_IMAGE_<SUITE>` names another one, e.g. a pulled one."""
    override = os.environ.get(f"BULWARK_BASE_IMAGE_{suite.upper()}")
    return override or f"{_prefix()}/base:{suite}-{_digest(suite, *BASE_OPTIONS, *_source(suite))}"


def _source(suite: str) -> tuple[str, ...]:
    return STALE_SOURCE if suite == STALE else ()


def _recipes(suite: str) -> list[Path]:
    return [RECIPE, STALE_RECIPE] if suite == STALE else [RECIPE]


def host_image(suite: str) -> str:
    """Image of a lab host: the base and every package a scenario needs, switched off."""
    recipe = (path.read_text(encoding="utf-8") for folder in _recipes(suite) for path in sorted(folder.iterdir()))
    return f"{_prefix()}/host:{suite}-{_digest(base_image(suite), *recipe)}"


def ensure_images(suites: Iterable[str], *, bare: bool = False) -> dict[str, str]:
    """Build what is missing and return suite -> image name; `bare` stops at the base image.

    A machine builds one image at a time, also when several test runs ask at once.
    """
    names = {}
    for suite in dict.fromkeys(suites):
        names[suite] = base_image(suite) if bare else host_image(suite)
        if _exists(names[suite]):
            continue
        with one_at_a_time(Path(tempfile.gettempdir()) / f"bulwark-lab-build.{os.getuid()}.lock"):
            if not _exists(base_image(suite)):
                _build_base(suite)
            if not _exists(names[suite]):
                _build_host(suite)
    return names


def _exists(image: str) -> bool:
    return podman("image", "exists", image, check=False).returncode == 0


def _build_base(suite: str) -> None:
    image = base_image(suite)
    if not image.startswith("localhost/"):
        podman("pull", "-q", image)
        return
    with tempfile.TemporaryDirectory(prefix="bulwark-base-") as scratch:
        tar = f"{scratch}/{suite}.tar"
        release, *sources = _source(suite) or (suite,)
        command = ["mmdebstrap", "-q", *BASE_OPTIONS, release, tar, *sources]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise LabError(
                "mmdebstrap is not installed: apt-get install mmdebstrap, "
                f"or name a base image that can be pulled in BULWARK_BASE_IMAGE_{suite.upper()}"
            ) from None
        if done.returncode != 0:
            raise LabError(f"mmdebstrap {suite} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
        podman("import", "-q", "-c", 'CMD ["/sbin/init"]', tar, image)


def _build_host(suite: str) -> None:
    image = base_image(suite)
    for recipe in _recipes(suite):
        # Our own tag is the cache: podman's does not see that a mounted recipe has changed.
        built = podman(
            "build", "-q", "--no-cache", "--network", "host", "--pull=never",
            "--build-arg", f"BASE={image}", str(recipe),
        )  # fmt: skip
        image = built.stdout.decode().strip()
    podman("tag", image, host_image(suite))
