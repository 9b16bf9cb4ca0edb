# SPDX-License-Identifier: GPL-3.0-or-later
"""What a marked line looks like, and how one is written."""

from __future__ import annotations

import re

from ..door import Door, Unreadable

TAG = "bulwark-canary"
#: Logons are logged there: a path that leaves them out must not pass.
PRIORITY = "auth.notice"
TOKEN = re.compile(r"[0-9a-f]{32}")


def write(door: Door, token: str) -> None:
    """Have the host log a line with the token. Raises Unreadable where it can't."""
    # Not as an argument: what records the execution of programs would have it too, and may send it another way.
    done = door.run(["logger", "--tag", TAG, "--priority", PRIORITY], stdin=token + "\n")
    if done.rc != 0:
        raise Unreadable("logger exited %d: %s" % (done.rc, done.err.strip()[:200]))


def token_of(line: str) -> str:
    """Return the token of a stored line, "" for any other line."""
    text = line.rstrip()
    return text[-32:] if TAG in text[:-32] and TOKEN.fullmatch(text[-32:]) else ""
