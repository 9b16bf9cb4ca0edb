# SPDX-License-Identifier: GPL-3.0-or-later
"""How long times are in the binary files of utmp(5), which glibc decides by the machine."""

from __future__ import annotations

#: Machines (uname -m) whose utmp and lastlog have times of 64 bits; all others keep 32 for old programs' sake.
WIDE_MACHINES = frozenset({"aarch64", "riscv64", "loongarch64"})


def is_wide(machine: str) -> bool:
    """Say whether a machine's records hold times of 64 bits."""
    return machine in WIDE_MACHINES
