# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that tell of a second factor, given or refused: of sshd's dialogue through PAM, of security keys, of modules.

Accounts' names come from whoever knocks: a line counts only where these words begin its text.
"""

from __future__ import annotations

import re
import time

from ..door import Door, Unreadable
from .lines import DAY, of_file, of_journal

EVENT = (
    r"(?:(?:Accepted|Failed) keyboard-interactive/pam for "
    r"|Accepted publickey for \S+ from \S+ port \d+ ssh2: (?:ED25519|ECDSA)-SK "
    r"|Accepted google_authenticator for |Invalid verification code for "
    r"|(?:Successful|Failed|Aborted) Duo login for )"
)
#: As a file has it: moments, host and facility before the program, in any of the usual forms.
STORED = re.compile(r"(?:\S+ ){2,4}[^\s:\[]+(?:\[\d+\])?: " + EVENT)
#: As rsyslog's traditional form has it.
TRADITIONAL = re.compile(r"\w{3} [ \d]\d [\d:]{8} \S+ [^\s:\[]+(?:\[\d+\])?: " + EVENT)
FILES = ("/var/log/auth.log", "/var/log/secure")
SECONDS = 5.0
#: A local account can send the journal any text, but not as root.
JOURNAL = ("journalctl", "-q", "--no-pager", "-o", "short-unix", "--system", "-r", "-n", "1", "--case-sensitive=true")


def told(line: str) -> bool:
    """Say whether a line of a log file tells of a second factor."""
    return bool(STORED.match(line) or TRADITIONAL.match(line))


def last(door: Door, days: int) -> int | None:
    """Return when the host last logged a second factor in the last `days`, in seconds since 1970 by its clock.

    None where its logs tell of none; where they can't be read too.
    """
    now = int(time.time())
    start = now - days * DAY
    try:
        lines = door.stream([*JOURNAL, "--since=@%d" % start, "--grep=^" + EVENT, "_UID=0"], SECONDS)
        found = [line.time for line in map(of_journal, lines) if line]
    except Unreadable:
        found = []
    return max([*found, *(when for path in FILES for when in [_in_file(door, path, now, start)] if when)], default=None)


def _in_file(door: Door, path: str, now: int, start: int) -> int | None:
    try:
        for text in door.backwards(path, SECONDS):
            line = of_file(text, now) if told(text) else None
            if line:
                return line.time if line.time >= start else None
    except Unreadable:
        pass
    return None
