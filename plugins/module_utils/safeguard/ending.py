# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends what still runs as an account. It can't be put back, so it comes after the confirmation of all the rest."""

from __future__ import annotations

import os
import pwd
import signal
import time
from collections.abc import Iterable
from contextlib import suppress

from ..edits.refused import Refused
from . import putback

#: Seconds that a process is given to end by itself.
GRACE_SECONDS = 3.0


def uid_of(account: str) -> int:
    """Return the uid of an account whose processes may be ended; raises Refused."""
    try:
        uid = pwd.getpwnam(account).pw_uid
    except KeyError:
        raise Refused("there is no account %s" % account) from None
    if uid == 0 or uid in _own_uids():
        raise Refused("the processes of %s are the system's or our own" % account)
    return uid


def processes(uid: int) -> list[int]:
    """Return the processes of a uid."""
    found = []
    for name in os.listdir("/proc"):
        with suppress(OSError):
            if name.isdigit() and os.stat("/proc/" + name).st_uid == uid:
                found.append(int(name))
    return found


def end(accounts: Iterable[str]) -> list[str]:
    """End the sessions and processes of accounts and return those of which something would not end."""
    left = []
    for account in accounts:
        try:
            uid = uid_of(account)
        except Refused:
            continue
        if putback.has_systemd():
            # Also the manager of its units, which would start them anew.
            putback.command(["loginctl", "terminate-user", str(uid)])
        if not (_gone(uid, signal.SIGTERM) or _gone(uid, signal.SIGKILL)):
            left.append(account)
    return left


def _gone(uid: int, sign: signal.Signals) -> bool:
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline:
        found = processes(uid)
        if not found:
            return True
        for process in found:
            with suppress(OSError):
                os.kill(process, sign)
        time.sleep(0.1)
    return not processes(uid)


def _own_uids() -> set[int]:
    """Return the uids of the processes that we descend from: the login of this very run is among them."""
    found, process = set(), os.getpid()
    while process > 1:
        try:
            found.add(os.stat("/proc/%d" % process).st_uid)
            with open("/proc/%d/stat" % process, encoding="utf-8", errors="replace") as file:
                process = int(file.read().rpartition(")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            break
    return found
