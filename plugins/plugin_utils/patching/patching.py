# SPDX-License-Identifier: GPL-3.0-or-later
"""One host patched: its versions kept, what shows an intruder collected, upgraded, logged in to afresh, looked after.

Nothing here takes an upgrade back: downgrading by itself could do more harm than what it found. What is wrong ends the
run, and the way back is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from ..runs.remote import RemoteError, account_of
from .choosing import Choice
from .way_back import Differ

MODULE = "bulwark.msp.patch"
#: Outcomes after which nothing may be changed on further hosts.
WRONG = ("failed", "refused")
#: Seconds for what the module does beside waiting: it verifies packages when it collects.
SECONDS = 600.0


class Host(Protocol):
    """What patching needs of a host: a Remote, with packages."""

    def call(self, module: str, arguments: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Run a module; raises RemoteError."""

    def afresh(self) -> None:
        """Log in anew at the next call."""

    def upgrade(self, wanted: Mapping[str, str], seconds: float) -> None:
        """Bring packages to versions; raises RemoteError."""


@dataclass(frozen=True)
class Asked:
    """What is done to one host, and by which rules.

    checks: the owner's, as bulwark_health has them. seconds: limit of the upgrade. rest_seconds: until the host has to
    be well again. keep(packages): keep the versions that were there, on the controller. reboot(): start the host anew
    and wait for it, None where that is not allowed; it raises RemoteError.
    """

    run: str
    check: bool
    choice: Choice
    checks: Sequence[Mapping[str, Any]]
    seconds: float
    rest_seconds: float
    keep: Callable[[Mapping[str, str]], None]
    reboot: Callable[[], None] | None = None


@dataclass(frozen=True)
class Done:
    """What became of a host.

    outcome: unchanged, would_change, confirmed, refused (nothing was changed) or failed, with the reason for the last
    two. differ: packages by [version before, version now]. offered: whether the former can still be had. collected: the
    file on the host that shows an intruder, with its sha256. reboot: why the host should be started anew still.
    """

    outcome: str
    reason: str = ""
    differ: Differ = field(default_factory=dict)
    offered: Mapping[str, bool] | None = None
    collected: Mapping[str, Any] = field(default_factory=dict)
    reboot: Sequence[str] = ()
    rebooted: bool = False
    seconds: float = 0.0


class Patching:
    """Patches one host."""

    def __init__(self, host: Host, asked: Asked, clock: Callable[[], float] = time.monotonic) -> None:
        self._host = host
        self._asked = asked
        self._clock = clock
        self._collected: Mapping[str, Any] = {}

    def done(self) -> Done:
        """Patch the host, or in check mode find out what that would do; never raises RemoteError."""
        begun = self._clock()
        try:
            done = self._done()
        except RemoteError as error:
            done = Done("refused", "%s; nothing was changed" % error)
        return replace(done, collected=self._collected, seconds=round(self._clock() - begun, 3))

    def _done(self) -> Done:
        asked = self._asked
        if not asked.choice.anything:
            return Done("unchanged")
        before = self._answer("look", checks=list(asked.checks))
        if before["wrong"]:
            return Done(
                "refused", "it is not well as it is, so that nothing was changed: %s" % "; ".join(before["wrong"])
            )
        if not asked.check:
            asked.keep(before["packages"])
        if asked.choice.triage:
            self._collected = self._answer("collect", flaws=list(asked.choice.triage))
        wanted = {upgrade.package: upgrade.candidate for upgrade in asked.choice.upgrades}
        if asked.check:
            if wanted:
                self._host.upgrade(wanted, asked.seconds)
            differ = {one.package: [one.installed, one.candidate] for one in asked.choice.upgrades}
            return Done("would_change", differ=differ)
        return self._upgraded(wanted)

    def _upgraded(self, wanted: Mapping[str, str]) -> Done:
        """Upgrade, and say how the host is then: from here on it may have been changed whatever goes wrong."""
        trouble = ""
        try:
            if wanted:
                self._host.upgrade(wanted, self._asked.seconds)
        except RemoteError as error:
            trouble = str(error)
        after = self._compared(trouble)
        due = after.reboot or self._asked.choice.reboot
        if after.outcome == "failed" or not due or self._asked.reboot is None:
            return after
        try:
            self._asked.reboot()
        except RemoteError as error:
            return replace(after, outcome="failed", reason="it did not come back from its reboot: %s" % error)
        after = self._compared("")
        return replace(after, outcome="failed" if after.reason else "confirmed", reboot=(), rebooted=True)

    def _compared(self, trouble: str) -> Done:
        """Log in afresh and return how the host is now. trouble: what went wrong already."""
        asked = self._asked
        rest = 0.0 if trouble else asked.rest_seconds
        try:
            self._host.afresh()
            answer = self._answer("compare", rest + SECONDS, checks=list(asked.checks), seconds=rest)
        except RemoteError as error:
            unknown = "what was changed is not known, a fresh login failed: %s" % error
            return Done("failed", "; ".join(filter(None, (trouble, unknown))))
        reason = "; ".join(filter(None, (trouble, _unwell(answer["wrong"]))))
        outcome = "failed" if reason else "confirmed" if answer["differ"] else "unchanged"
        return Done(outcome, reason, answer["differ"], answer["offered"], reboot=tuple(answer["reboot"]))

    def _answer(self, operation: str, limit: float = SECONDS, **more: Any) -> dict[str, Any]:
        answer = self._host.call(MODULE, {"operation": operation, "run": self._asked.run, **more}, limit)
        if answer.get("failed") or "module_stderr" in answer:
            raise RemoteError(account_of(answer, "patch module"))
        return answer


def _unwell(wrong: Sequence[str]) -> str:
    return "it failed its health check: %s" % "; ".join(wrong) if wrong else ""
