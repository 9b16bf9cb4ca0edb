# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins on a pty with exactly the factors that the policy asks for: the proof that people still get in, and only so.

One connection shows both. ssh offers the key first; what the server still asks after it has taken the key ("partial
success") it would not have let in without. So no refused login is left behind, for which OpenSSH 9.8 and newer would
penalise the controller's address. Secrets go to ssh's own questions and nowhere else.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..declared.totp import Codes

try:
    import pexpect
except ImportError:
    pexpect = None

#: Longest time in seconds for the whole of one login. A host may well think for a while before it asks anything.
LOGIN_SECONDS = 45.0
MAX_QUESTIONS = 4
#: More than this without a question is no login dialogue.
MAX_SAID = 65536
#: ssh takes the first value it is given, so these go before the connection's own arguments.
OPTIONS = (
    "BatchMode=no", "ControlMaster=no", "ControlPath=none", "IdentitiesOnly=yes", "IdentityAgent=none",
    "PreferredAuthentications=publickey,keyboard-interactive,password", "PubkeyAuthentication=yes",
    "KbdInteractiveAuthentication=yes", "NumberOfPasswordPrompts=1", "LogLevel=VERBOSE", "RequestTTY=no",
    "ForwardAgent=no", "ClearAllForwardings=yes",
)  # fmt: skip
FAILED = 255  # ssh's own exit status
PARTIAL = r'(?i)authenticated (?:using "publickey" )?with partial success'
#: Questions end where the cursor waits. A code's may hold the word password as well (pam_oath), so it is tried first.
CODE = r"(?i)(?:one-time|verification|otp|token|passcode|code)[^\r\n]*:[ ]?$"
PASSWORD = r"(?i)password[^\r\n]*:[ ]?$"
PASSPHRASE = r"(?i)passphrase[^\r\n]*:[ ]?$"
HOST_KEY = r"(?i)are you sure you want to continue connecting[^\r\n]*$"


class ProbeError(Exception):
    """Logins can't be tried here; the text says why."""


@dataclass(frozen=True)
class Login:
    """An account to try: its key's path on the controller, and its secrets. codes: of its seed, None without one."""

    name: str
    key: str | None = None
    password: str | None = field(default=None, repr=False)
    codes: Codes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Outcome:
    """What became of one try. asked: key, code, password, as the server took or asked them. reason: why it failed."""

    account: str
    entered: bool
    asked: tuple[str, ...] = ()
    reason: str = ""

    def wrong(self, login: Login) -> str:
        """Return what is wrong with it for an account that has these factors, nothing where it is as it should be."""
        if not self.entered:
            return "%s can't log in: %s" % (self.account, self.reason)
        if login.key and (login.codes or login.password) and self.asked == ("key",):
            return "%s gets in with the key alone" % self.account
        if login.codes and "code" not in self.asked:
            return "%s gets in without a code" % self.account
        if login.key and "key" not in self.asked:
            return "%s gets in without the key" % self.account
        return ""


def logins(declared: Sequence[Mapping[str, Any]]) -> list[Login]:
    """Return the logins of bulwark_probe_accounts; raises SeedError."""
    return [
        Login(
            name=entry["name"],
            key=os.path.expanduser(entry["key"]) if entry.get("key") else None,
            password=entry.get("password"),
            codes=Codes(entry["totp_seed"]) if entry.get("totp_seed") else None,
        )
        for entry in declared
    ]


def probe(
    target: Sequence[str], login: Login, seconds: float = LOGIN_SECONDS, clock: Callable[[], float] = time.monotonic
) -> Outcome:
    """Log in once and leave at once; never longer than `seconds`, a second try included.

    target: ssh's arguments that lead to the host (-o, -p, -J, ... and its name last), without account and key. A code
    that the server refuses may have been used by somebody else a moment ago: it is tried again with the next one where
    there is time for it.
    """
    if pexpect is None:
        raise ProbeError("bulwark_probe_accounts: trying logins needs the Python package pexpect on the controller")
    deadline = clock() + seconds
    outcome = _Dialogue(target, login, deadline, clock).outcome()
    again = login.codes is not None and "code" in outcome.asked and not outcome.entered
    if again and login.codes and login.codes.wait() < deadline - clock() - 1:
        return _Dialogue(target, login, deadline, clock).outcome()
    return outcome


class _Dialogue:
    """One connection: what the server asks is answered once each, in whatever order it asks."""

    def __init__(self, target: Sequence[str], login: Login, deadline: float, clock: Callable[[], float]) -> None:
        self._login = login
        self._deadline, self._clock = deadline, clock
        self._asked: list[str] = []
        self._arguments = [word for option in OPTIONS for word in ("-o", option)]
        self._arguments += ["-i", login.key] if login.key else ["-o", "PubkeyAuthentication=no"]
        self._arguments += ["-l", login.name, *target, "true"]

    def _left(self) -> float:
        return self._deadline - self._clock()

    def outcome(self) -> Outcome:
        """Talk to the server once."""
        if self._login.key and not os.access(self._login.key, os.R_OK):
            return self._end("the key %s can't be read on the controller" % self._login.key)
        child = pexpect.spawn(
            "ssh", self._arguments, env={**os.environ, "LC_ALL": "C"}, encoding="utf-8", codec_errors="replace",
            echo=False, timeout=None, maxread=4096,
        )  # fmt: skip
        try:
            return self._talk(child)
        finally:
            child.close(force=True)

    def _talk(self, child: Any) -> Outcome:
        patterns = [
            CODE,
            PASSWORD,
            PASSPHRASE,
            HOST_KEY,
            PARTIAL,
            r"(?s).{%d}" % MAX_SAID,
            pexpect.EOF,
            pexpect.TIMEOUT,
        ]
        while len(self._asked) <= MAX_QUESTIONS:
            if self._left() <= 0:
                return self._end("no answer in time")
            at = child.expect(patterns, timeout=max(0.1, self._left()))
            if at == 4:
                self._asked.append("key")
            elif at in (0, 1):
                refusal = self._answer(child, "code" if at == 0 else "password")
                if refusal:
                    return refusal
            elif at == 6:
                return self._closed(child)
            else:
                reasons = {2: "its key asks for a passphrase", 3: "the host's key is not known", 5: "it says too much"}
                return self._end(reasons.get(at, "no answer in time"))
        return self._end("it is asked too many questions")

    def _answer(self, child: Any, what: str) -> Outcome | None:
        """Answer a question; return how it ends where there is no answer, or the answer was refused."""
        if what in self._asked:
            return self._end("the %s was refused" % what)
        self._asked.append(what)
        if what == "code" and self._login.codes:
            if self._login.codes.wait() > self._left():
                return self._end("its last code was used, and the next one comes too late")
            child.sendline(self._login.codes.next())
        elif what == "password" and self._login.password:
            child.sendline(self._login.password)
        else:
            return self._end("it is asked for a %s that bulwark_probe_accounts doesn't give" % what)
        return None

    def _closed(self, child: Any) -> Outcome:
        child.wait()
        if child.exitstatus not in (None, FAILED):
            # Where no partial success was told, and nothing asked, the key alone opened it.
            return Outcome(self._login.name, True, tuple(self._asked) or ("key",))
        if self._asked and self._asked[-1] != "key":
            return self._end("the %s was refused" % self._asked[-1])
        return self._end("refused after the key" if self._asked else "refused, or not reached")

    def _end(self, reason: str) -> Outcome:
        return Outcome(self._login.name, False, tuple(self._asked), reason)
