# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of a host's kernels is the newest, and whether the running one is the one that lies on the disk."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

NUMBERS = re.compile(r"\d+")
#: "Debian 6.1.119-1" in what the kernel says of its build.
BUILD = re.compile(r"\bDebian (\S+)")


def newest(releases: Iterable[str]) -> str:
    """Return the newest of kernel releases such as 6.1.0-28-amd64; their numbers count, as package managers have it."""
    return max(releases, key=lambda release: ([int(number) for number in NUMBERS.findall(release)], release))


def other_build(kernel: Mapping[str, Any], packages: Mapping[str, str]) -> str | None:
    """Return the installed version of the running release's package where another build of it runs, None otherwise.

    Debian replaces a kernel in place as long as modules fit, so that its release stays the same.
    """
    running = BUILD.search(kernel["build"])
    installed = packages.get("linux-image-%s" % kernel["release"])
    return installed if running and installed and running[1] != installed else None
