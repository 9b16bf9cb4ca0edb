# SPDX-License-Identifier: GPL-3.0-or-later
"""What a line of an authentication log tells of a logon: sshd, sudo, su, login and password changes.

User names come from whoever knocks: a name is taken only where the words around it can't be part of it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

FAILED, OPENED, CHANGED, ENDED = "failed", "opened", "changed", "ended"
#: sshd says this of every first request, in which nobody has tried anything yet.
NO_TRY = "none"
#: An agent offers one key after the other, so several of these are one failure.
OFFERS = frozenset({"publickey", "hostbased", "gssapi-with-mic", "gssapi-keyex"})
#: Since OpenSSH 9.8 each connection has a program of its own.
SSH = ("sshd", "sshd-session")
LOCAL = ("sudo", "sudo-i", "su", "su-l", "login")
#: What journalctl is asked for; what follows here reads only these.
WANTED = (
    r"^(Failed|Accepted) [a-z/-]+ for |^Connection (closed|reset) by authenticating user "
    r"|^Disconnected from authenticating user |^pam_[a-z_]+\((sudo|sudo-i|su|su-l|login):(auth|session)\): "
    r"|^PAM [0-9]+ more authentication failure| incorrect password attempts? ; |: password changed for |^change user '"
)

_ACCEPTED = re.compile(r"Accepted (\S+) for (\S+) from (\S+) port (\d+) ssh2(?::|$)")
_FAILED = re.compile(r"Failed (\S+) for (\S+) from (\S+) port (\d+)(?: ssh2(?::|$)|$)")
_REFUSED = re.compile(r"Failed (\S+) for invalid user (.*) from (\S+) port (\d+)(?: ssh2(?:: \S+ \S+)?)?$", re.DOTALL)
_ENDED = re.compile(
    r"(Connection closed by|Connection reset by|Disconnected from) authenticating user (\S+) (\S+) port (\d+)"
    r"(?: \[preauth\])?$"
)
_PAM = re.compile(r"pam_[a-z_]+\((\S+?):auth\): authentication failure; .*\srhost=(\S*)\s+user=(\S+)$")
_MORE = re.compile(r"PAM (\d{1,6}) more authentication failures?; .*\srhost=(\S*)\s+user=(\S+)$")
_SESSION = re.compile(r"pam_[a-z_]+\((\S+?):session\): session opened for user ([^\s(]+)")
_SUDO = re.compile(r"\s*(\S+) : (\d{1,6}) incorrect password attempts? ; ")
_PASSWORD = re.compile(
    r"(?:pam_[a-z_]+\([a-z_-]+:chauthtok\): password changed for (\S+)|change user '(\S+)' password)$"
)
_REPEATED = re.compile(r"message repeated (\d{1,9}) times: \[ (.*)\]$", re.DOTALL)


class Event(NamedTuple):
    """What happened.

    kind: FAILED, OPENED, CHANGED (a password) or ENDED (a connection, before anybody was let in). user: "" where it has
    none. address: where from, "" for this host itself. way: the method, or the local program. times: how often.
    connection: what the lines of one attempt share beside their process.
    """

    kind: str
    user: str
    address: str
    way: str
    times: int
    connection: str


def parse(program: str, text: str) -> Event | None:
    """Return what a line says, None where it is about something else."""
    repeated = _REPEATED.match(text) if text.startswith("message") else None
    if repeated:
        event = parse(program, repeated.group(2)) if not _REPEATED.match(repeated.group(2)) else None
        return event._replace(times=event.times * int(repeated.group(1))) if event else None
    if program in SSH:
        return _ssh(text)
    if program in LOCAL:
        return _local(program, text)
    changed = _PASSWORD.match(text)
    return Event(CHANGED, changed.group(1) or changed.group(2), "", program, 1, "") if changed else None


def _ssh(text: str) -> Event | None:
    # An existing account's name holds no blank, so that nothing after it can pass for the address.
    refused = " for invalid user " in text
    if text.startswith("Failed "):
        kind, found = FAILED, (_REFUSED if refused else _FAILED).match(text)
        if refused and not found:
            return Event(FAILED, "", "", "", 1, "")
    elif text.startswith("Accepted "):
        kind, found = OPENED, _ACCEPTED.match(text)
    else:
        kind, found = ENDED, _ENDED.match(text)
    if not found:
        return None
    way, user, address, port = found.groups()
    return Event(kind, user, address, way, 1, address + " " + port) if way != NO_TRY else None


def _local(program: str, text: str) -> Event | None:
    found = _PAM.match(text)
    if found:
        return Event(FAILED, found.group(3), found.group(2), program, 1, "")
    for pattern in (_MORE, _SUDO):
        found = pattern.match(text)
        if found and pattern is _MORE:
            return Event(FAILED, found.group(3), found.group(2), program, int(found.group(1)), "")
        if found:
            # The first of them is a line of PAM's.
            return Event(FAILED, found.group(1), "", program, int(found.group(2)) - 1, "")
    opened = _SESSION.match(text)
    # Only at a console somebody comes from outside; sudo and su let in whom somebody else already is.
    return Event(OPENED, opened.group(1) if program == "login" else "", "", program, 1, "") if opened else None
