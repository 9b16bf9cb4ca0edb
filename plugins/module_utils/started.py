# SPDX-License-Identifier: GPL-3.0-or-later
"""With which words systemd starts a service, and where it listens for one: its own view, drop-ins and all."""

from __future__ import annotations

import re

from .door import Door, Unreadable

COMMAND = re.compile(r"^ExecStart=\{ path=[^;]* ; argv\[\]=(.*?) ; ignore_errors=", re.MULTILINE)
LISTEN = re.compile(r"^Listen=(.*) \(\w+\)$", re.MULTILINE)


def words(door: Door, unit: str) -> list[str]:
    """Return program and arguments of a service; raises Unreadable where that is not one command."""
    found: list[str] = COMMAND.findall(door.output(["systemctl", "show", "--property=ExecStart", unit]))
    if len(found) != 1:
        raise Unreadable("%s: systemd names no single command that starts it" % unit)
    return found[0].split()


def listens(door: Door, unit: str) -> list[str]:
    """Return the addresses of a socket unit, in the order in which its service is handed them (3, 4, ...)."""
    found: list[str] = LISTEN.findall(door.output(["systemctl", "show", "--property=Listen", unit]))
    return found
