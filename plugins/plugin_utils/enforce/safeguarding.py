# SPDX-License-Identifier: GPL-3.0-or-later
"""One host's plan carried out so that nobody is locked out: simulate, apply under a running revert, log in, confirm.

The host puts everything back by itself unless it is told in time that it can still be logged in to. Whatever goes
wrong here can therefore only leave the host as it was.
"""

from __future__ import annotations

import base64
import getpass
import json
import socket
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from ..evaluators.facts import Facts
from ..evaluators.verdict import Case
from ..runs.remote import RemoteError, account_of
from .entry.lockout import shut_out
from .steps import Step, disabled

MODULE = "bulwark.msp.safeguard"
#: Outcomes after which nothing may be changed on further hosts.
WRONG = ("failed", "reverted")
#: Areas of the state that the plan's files can change, as seen on the candidate.
AREAS = ("access", "accounts", "factors", "keys", "lockout", "pam", "passwords", "sessions", "sshd", "sudo", "trust")
#: Seconds beyond the deadline that a host may take to put everything back.
REVERT_SECONDS = 15
POLL_SECONDS = 1.0
AFTER_REBOOT = "only the next start of the host takes back %s"
#: Seconds that are kept back from the deadline for the confirmation itself.
LAST_CALL_SECONDS = 3


class Host(Protocol):
    """What carrying out a plan needs of a host: Remote, with packages."""

    @property
    def local(self) -> bool:
        """Say whether it is the controller itself."""

    def call(self, module: str, arguments: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Run a module; raises RemoteError."""

    def afresh(self) -> None:
        """Log in anew at the next call."""

    def packages(self, names: Sequence[str], present: bool) -> None:
        """Install or remove packages; raises RemoteError."""


@dataclass(frozen=True)
class Asked:
    """What is to be done to one host, and by which rules.

    owner: the account and machine that run Ansible, for the host's lock. confirm_seconds: time until the host puts
    everything back. seconds: limit of one call. keep: bounds of the snapshots, as the module takes them. case, state:
    what the host was judged by. access: controls whose enforcement may cost somebody the way in. subjects: as
    linux_state_info takes them. probes: try each probe account's login, return what is wrong with them.
    """

    run: str
    owner: str
    check: bool
    confirm_seconds: float
    seconds: float
    keep: Mapping[str, int]
    plan: Sequence[Step] = ()
    case: Case | None = None
    state: Mapping[str, Any] = field(default_factory=dict)
    access: Collection[str] = ()
    subjects: Sequence[Mapping[str, Any]] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)
    probes: Callable[[], list[str]] | None = None


@dataclass(frozen=True)
class Done:
    """What became of a plan.

    outcome: would_change, unchanged, confirmed, reverted, refused or failed, with the reason where it is one of the
    last three. changes: what the host says it changes, or would. refused: controls that were left out, and why.
    kept_out: [{account, why}] that a restore did not give back. after_reboot: what only the next start of the host
    takes back of a run that was restored or reverted. still_running: disabled accounts of which something would not
    end.
    """

    outcome: str
    reason: str = ""
    changes: Sequence[Mapping[str, Any]] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    kept_out: Sequence[Mapping[str, str]] = ()
    after_reboot: Sequence[str] = ()
    still_running: Sequence[str] = ()


def asked(run: str, policy: Mapping[str, Any], check: bool, **more: Any) -> Asked:
    """Return what is asked by the policy in force; `more` are the fields that are the caller's own."""
    return Asked(
        run=run,
        owner="%s@%s" % (getpass.getuser(), socket.gethostname()),
        check=check,
        confirm_seconds=float(policy["bulwark_confirm_seconds"]),
        seconds=float(policy["bulwark_read_seconds"]),
        keep={"keep_days": policy["bulwark_snapshot_days"], "keep_runs": policy["bulwark_snapshot_runs"]},
        **more,
    )


class Lost(RemoteError):
    """The host may have been changed and can't say so; the text says why."""


class Safeguard:
    """Carries out one host's plan."""

    def __init__(
        self,
        host: Host,
        asked: Asked,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._host = host
        self._asked = asked
        self._clock = clock
        self._sleep = sleep
        self._refused: dict[str, str] = {}
        self._still_running: Sequence[str] = ()

    def enforce(self) -> Done:
        """Carry out the plan, or in check mode find out what it would do."""
        begun = self._clock()
        try:
            done = self._enforce()
        except Lost as lost:
            done = self._undone(str(lost), self._latest())
        except RemoteError as error:
            done = Done("failed", str(error))
        seconds = round(self._clock() - begun, 3)
        return replace(done, refused=dict(self._refused), still_running=self._still_running, seconds=seconds)

    def restore(self, to_run: str, force: bool, forget: bool) -> Done:
        """Put the host back to before the run `to_run`; `forget` then removes every trace of ours."""
        begun = self._clock()
        try:
            done = self._restored(to_run, force)
            if forget and not self._asked.check and done.outcome in ("confirmed", "unchanged"):
                self._answer("forget")
        except Lost as lost:
            done = self._undone(str(lost), self._latest())
        except RemoteError as error:
            done = Done("failed", str(error))
        return replace(done, seconds=round(self._clock() - begun, 3))

    def _restored(self, to_run: str, force: bool) -> Done:
        answer = self._changed("restore", to_run=to_run, force=force)
        conflicts = ["%s (%s)" % (found["path"], found["why"]) for found in answer.get("conflicts", ())]
        if conflicts and not force:
            return Done("refused", "changed by somebody else since, so that nothing was put back: %s; "
                        "bulwark_restore_force puts them back all the same" % ", ".join(conflicts))  # fmt: skip
        told = {"kept_out": answer.get("kept_out", ()), "after_reboot": answer.get("after_reboot", ())}
        if self._asked.check and not answer.get("failed"):
            outcome = "would_change" if answer["changed"] else "unchanged"
            return Done(outcome, changes=answer["changes"], **told)
        done = replace(self._kept(answer), **told)
        if answer.get("packages") and done.outcome in ("confirmed", "unchanged"):
            self._host.packages(answer["packages"], present=False)
            # What the packages' own scripts changed on their way out.
            again = self._kept(self._changed("restore", to_run=to_run, force=True))
            if again.outcome != "unchanged":
                done = replace(again, changes=[*done.changes, *again.changes], **told)
            else:
                done = replace(done, outcome="confirmed")
        return done

    def _enforce(self) -> Done:
        asked = self._asked
        if self._host.local and asked.probes is None:
            self._leave_out(
                asked.access,
                "on a local connection nothing shows whether a login still works; declare bulwark_probe_accounts",
            )
        simulated = self._simulated()
        if simulated.get("problems"):
            return Done("refused", "; ".join(simulated["problems"]))
        missing = list(simulated.get("packages", ()))
        if asked.check or not simulated["changes"]:
            return Done("would_change" if simulated["changes"] else "unchanged", changes=simulated["changes"])
        if missing:
            self._answer("prepare")
            self._host.packages(missing, present=True)
            self._simulated()
        return self._kept(self._changed("apply"))

    def _changed(self, operation: str, **more: Any) -> dict[str, Any]:
        """Have the host change itself under a running revert; raises Lost where it gives no answer of its own."""
        try:
            answer = self._call(operation, **more)
        except RemoteError as error:
            raise Lost("the connection broke while the host was changed: %s" % error) from None
        if "module_stderr" in answer:  # killed, perhaps after it had armed the revert
            raise Lost(account_of(answer, "safeguard"))
        return answer

    def _latest(self) -> float:
        """Return the time after which a host that was armed before now has put everything back."""
        return self._clock() + self._asked.confirm_seconds

    def _kept(self, answer: Mapping[str, Any]) -> Done:
        """Return what becomes of a change that the host has made and will take back unless it is confirmed."""
        if answer.get("failed"):
            return Done("failed", account_of(answer, "safeguard"))
        if not answer.get("armed"):
            return Done("unchanged")
        deadline = self._clock() + float(answer["seconds_left"])
        reason = self._confirmed(deadline)
        done = self._undone(reason, deadline) if reason else Done("confirmed")
        return replace(done, changes=answer["changes"])

    def _confirmed(self, deadline: float) -> str:
        """Log in afresh, try the probe accounts, confirm; return what went wrong, nothing where all is well."""
        wrong = self._asked.probes() if self._asked.probes else []
        if wrong:
            return "; ".join(wrong)
        try:
            self._host.afresh()
            self._still_running = self._answer("confirm", self._left(deadline)).get("still_running", ())
        except RemoteError as error:
            return "a fresh login failed: %s" % error
        return ""

    def _left(self, deadline: float) -> float:
        return max(1.0, deadline - self._clock() - LAST_CALL_SECONDS)

    def _undone(self, reason: str, deadline: float) -> Done:
        """Have everything put back, or see what the host did by itself: only it knows whether it was confirmed."""
        while True:
            try:
                self._host.afresh()
                self._answer("revert")
                return self._by_its_own_account(reason)
            except RemoteError as error:
                if self._clock() > deadline + REVERT_SECONDS:
                    unknown = "%s; whether the host put everything back is not known: %s" % (reason, error)
                    return Done("failed", unknown)
            self._sleep(POLL_SECONDS)

    def _by_its_own_account(self, reason: str) -> Done:
        status = self._answer("status")
        if any(found["run"] == self._asked.run and found["confirmed"] for found in status.get("runs", ())):
            return Done("confirmed")
        reverted = status.get("reverted") or {}
        if reverted.get("run") != self._asked.run:
            return Done("failed", "%s; the host was not changed" % reason)
        stays = tuple(reverted.get("after_reboot", ()))
        told = ["the host put everything back: %s" % reverted["reason"], *(AFTER_REBOOT % one for one in stays)]
        return Done("reverted", "; ".join([reason, *told]), after_reboot=stays)

    def _simulated(self) -> dict[str, Any]:
        """Return what the plan would do without the controls that can't be had, which are refused with the reason."""
        answer = self._simulate()
        out = self._out(answer)
        if not out:
            return answer
        concerned = {step["control"] for step in self._asked.plan} & set(self._asked.access) - self._refused.keys()
        for control in sorted(concerned):
            alone = self._out(self._simulate(leave=concerned - {control}), concerned - {control})
            if alone:
                self._refused[control] = alone
        answer = self._simulate()
        out = self._out(answer)
        if out:
            self._leave_out(concerned, out)
            answer = self._simulate()
        return answer

    def _simulate(self, leave: Iterable[str] = ()) -> dict[str, Any]:
        answer = self._answer("simulate", leave=[*self._refused, *leave])
        if not leave:
            for control, reason in answer.get("refused", {}).items():
                self._refused.setdefault(control, reason)
        return answer

    def _out(self, simulated: Mapping[str, Any], leave: Collection[str] = ()) -> str:
        """Return who could log in before and could not with the candidate in place; nothing where everybody can.

        leave: controls that the candidate was made without. Who is meant to be disabled may be out.
        """
        case = self._asked.case
        candidate = simulated.get("state") or {}
        if case is None or not candidate:
            return ""
        areas = {**self._asked.state["areas"], **candidate["areas"]}
        errors = [error for error in self._asked.state["errors"] if error["area"] not in candidate["areas"]]
        after = replace(case, facts=Facts({"areas": areas, "errors": [*errors, *candidate["errors"]]}))
        account = str(self._asked.state["areas"].get("system", {}).get("account") or "")
        left = {*self._refused, *leave}
        meant = disabled(step for step in self._asked.plan if step["control"] not in left)
        return "; ".join(
            "%s would be out: %s" % (out.account, out.why) for out in shut_out(case, after, account, meant)
        )

    def _leave_out(self, controls: Iterable[str], reason: str) -> None:
        planned = {step["control"] for step in self._asked.plan}
        for control in controls:
            if control in planned:
                self._refused.setdefault(control, reason)

    def _answer(self, operation: str, seconds: float | None = None, leave: Iterable[str] = ()) -> dict[str, Any]:
        answer = self._call(operation, seconds, leave)
        if answer.get("failed"):
            raise RemoteError(account_of(answer, "safeguard"))
        return answer

    def _call(
        self, operation: str, seconds: float | None = None, leave: Iterable[str] = (), **more: Any
    ) -> dict[str, Any]:
        asked = self._asked
        arguments: dict[str, Any] = {"operation": operation, "run": asked.run, "owner": asked.owner, **more}
        if operation == "restore":
            arguments.update(confirm_seconds=asked.confirm_seconds, **asked.keep)
        if operation in ("simulate", "apply", "prepare"):
            arguments.update(
                plan=list(asked.plan),
                leave=sorted({*self._refused, *leave}),
                subjects=list(asked.subjects),
                secrets=_packed(asked.secrets),
                areas=list(AREAS),
                confirm_seconds=asked.confirm_seconds,
                **asked.keep,
            )
        return self._host.call(MODULE, arguments, seconds or asked.seconds)


def _packed(secrets: Mapping[str, str]) -> str:
    """Return secrets as the module takes them: as they are, Ansible would blot each out wherever an answer holds it."""
    return base64.b64encode(json.dumps(dict(secrets)).encode()).decode() if secrets else ""
