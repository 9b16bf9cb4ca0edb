# SPDX-License-Identifier: GPL-3.0-or-later
"""One host's plan is simulated, applied under a running revert, tried and confirmed, or put back; and it says which."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce import safeguarding
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.safeguarding import Asked, Done, Safeguard
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.remote import RemoteError, Unreachable

RUN = "20261122T020000Z-000000"
TRIES, ROOT, BANNER = "lin-ic-ssh-max-tries", "lin-ic-ssh-no-root", "lin-lm-banner"
CALL_SECONDS = 0.5
LATE = "it was not confirmed in time"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class FakeHost:
    """A host as the module's contract has it: armed until confirmed, put back when the time is up.

    refused: by the host itself. away: says whether the host can't be reached now. loses: operations that it carries out
    while the answer gets lost. answers: what an operation answers instead. stays: what can't be put back.
    """

    clock: Clock
    local: bool = False
    refused: dict[str, str] = field(default_factory=dict)
    to_install: list[str] = field(default_factory=list)
    away: Callable[[FakeHost], bool] = lambda host: False
    loses: set[str] = field(default_factory=set)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    stays: list[str] = field(default_factory=list)
    conflicts: list[dict[str, str]] = field(default_factory=list)
    package_failure: str = ""
    calls: list[str] = field(default_factory=list)
    deadline: float | None = None
    live: set[str] = field(default_factory=set)
    confirmed: bool = False
    reverted: dict[str, Any] | None = None
    installed: list[tuple[str, bool]] = field(default_factory=list)

    def call(self, module: str, arguments: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        operation = arguments["operation"]
        self.calls.append(operation)
        self.clock.sleep(CALL_SECONDS)
        if self.deadline is not None and self.clock() > self.deadline:
            self._put_back(LATE)
        if self.away(self):
            raise Unreachable("unreachable: Connection timed out")
        answer = self.answers.get(operation) or getattr(self, f"_{operation}")(arguments)
        if operation in self.loses:
            self.loses.remove(operation)
            raise Unreachable("unreachable: Connection reset by peer")
        return {"changed": False, **answer}

    def afresh(self) -> None:
        self.calls.append("afresh")

    def packages(self, names: Sequence[str], present: bool) -> None:
        if self.package_failure:
            raise RemoteError(self.package_failure)
        self.installed += [(name, present) for name in names]
        if present:
            self.to_install = []

    def wanted(self, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        out = {*self.refused, *arguments["leave"]}
        steps = [step for step in arguments["plan"] if step["control"] not in out]
        return [
            {"control": step["control"], "task": step["task"], "kind": "file", "name": step["path"],
             "before": None, "after": "x"}
            for step in steps if step["control"] not in self.live
        ]  # fmt: skip

    def _simulate(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        changes = self.wanted(arguments)
        return {
            "changes": changes, "refused": self.refused, "packages": self.to_install, "problems": [],
            "state": {"areas": {"candidate": {change["control"]: True for change in changes}}, "errors": []},
        }  # fmt: skip

    def _prepare(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {"prepared": True}

    def _apply(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        changes = self.wanted(arguments)
        self.live = {change["control"] for change in changes}
        self.deadline = self.clock() + arguments["confirm_seconds"]
        return {"changes": changes, "armed": True, "seconds_left": arguments["confirm_seconds"]}

    def _restore(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if self.conflicts and not arguments["force"]:
            return {"failed": True, "msg": "conflicts", "conflicts": self.conflicts}
        return {**self._apply({**arguments, "plan": [], "leave": []}), "conflicts": self.conflicts}

    def _confirm(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if self.deadline is None:
            return {"failed": True, "msg": "nothing waits for a confirmation"}
        self.deadline, self.confirmed = None, True
        return {"confirmed": True}

    def _revert(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self._put_back("asked to")
        return {"reverted": []}

    def _forget(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {}

    def _status(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        runs = [{"run": RUN, "confirmed": True}] if self.confirmed else []
        return {"pending": None, "lock": None, "runs": runs, "reverted": self.reverted}

    def _put_back(self, reason: str) -> None:
        if self.deadline is not None:
            told = {"run": RUN, "reason": reason, "after_reboot": self.stays}
            self.deadline, self.live, self.reverted = None, set(), told


@pytest.fixture
def clock() -> Clock:
    return Clock()


def step(control: str) -> dict[str, Any]:
    return {"control": control, "task": f"{control} | Mend it", "kind": "file", "path": f"/etc/{control}"}


def safeguard(host: FakeHost, *controls: str, access: Iterable[str] = (TRIES, ROOT), **asked: Any) -> Safeguard:
    given: dict[str, Any] = {
        "run": RUN, "owner": "me@here", "check": False, "confirm_seconds": 15.0, "seconds": 60.0, "keep": {},
        "plan": [step(control) for control in controls or (TRIES, BANNER)], "access": frozenset(access),
        "case": Case(Facts({"areas": {}, "errors": []}), {}, None, date(2026, 11, 22)),  # type: ignore[arg-type]
        "state": {"areas": {"system": {"account": "ansible"}}, "errors": []},
        **asked,
    }  # fmt: skip
    return Safeguard(host, Asked(**given), host.clock, host.clock.sleep)


@pytest.fixture(autouse=True)
def out(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Who would be out, by the control that shuts them out: what the lockout rules would find on the candidate."""
    found: dict[str, str] = {}

    def shut_out(before: Case, after: Case, account: str, meant: Any) -> list[Any]:
        changed = set(after.facts["candidate"])
        return [SimpleNamespace(account=account, why=why) for control, why in found.items() if control in changed]

    monkeypatch.setattr(safeguarding, "shut_out", shut_out)
    return found


def names(done: Done) -> list[str]:
    return [change["control"] for change in done.changes]


class TestSimulation:
    def test_check_mode_never_applies(self, clock: Clock) -> None:
        host = FakeHost(clock, to_install=["libpam-oath"])
        done = safeguard(host, check=True).enforce()
        assert (done.outcome, names(done)) == ("would_change", [TRIES, BANNER])
        assert host.calls == ["simulate"]
        assert host.installed == []

    def test_nothing_to_change_is_one_call(self, clock: Clock) -> None:
        host = FakeHost(clock, live={TRIES, BANNER})
        assert safeguard(host).enforce().outcome == "unchanged"
        assert host.calls == ["simulate"]

    def test_what_the_host_refuses_is_left_and_the_rest_goes_on(self, clock: Clock) -> None:
        host = FakeHost(clock, refused={BANNER: "/etc/issue.net is a link"})
        done = safeguard(host).enforce()
        assert (done.outcome, names(done), done.refused) == ("confirmed", [TRIES], {BANNER: "/etc/issue.net is a link"})

    def test_the_control_that_would_shut_somebody_out_is_found_and_refused(
        self, clock: Clock, out: dict[str, str]
    ) -> None:
        out[ROOT] = "it logs in as root"
        host = FakeHost(clock)
        done = safeguard(host, TRIES, ROOT, BANNER).enforce()
        assert (done.outcome, names(done)) == ("confirmed", [TRIES, BANNER])
        assert done.refused == {ROOT: "ansible would be out: it logs in as root"}

    def test_where_only_all_together_shut_somebody_out_all_that_could_are_refused(
        self, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        both = [SimpleNamespace(account="eve", why="no way is left")]
        monkeypatch.setattr(
            safeguarding, "shut_out",
            lambda before, after, account, meant: both if {TRIES, ROOT} <= set(after.facts["candidate"]) else [],
        )  # fmt: skip
        done = safeguard(FakeHost(clock), TRIES, ROOT, BANNER).enforce()
        assert (done.outcome, names(done)) == ("confirmed", [BANNER])
        assert done.refused == dict.fromkeys((TRIES, ROOT), "eve would be out: no way is left")

    def test_a_host_with_a_problem_is_not_touched(self, clock: Clock) -> None:
        host = FakeHost(clock, answers={"simulate": {"changes": [], "problems": ["its lock is held by you@there"]}})
        done = safeguard(host).enforce()
        assert (done.outcome, done.reason) == ("refused", "its lock is held by you@there")
        assert host.calls == ["simulate"]

    def test_an_unreachable_host_is_asked_once(self, clock: Clock) -> None:
        host = FakeHost(clock, away=lambda host: True)
        done = safeguard(host).enforce()
        assert (done.outcome, done.reason) == ("failed", "unreachable: Connection timed out")
        assert host.calls == ["simulate"]

    def test_on_a_local_connection_access_is_left_without_a_probe(self, clock: Clock) -> None:
        done = safeguard(FakeHost(clock, local=True)).enforce()
        assert (done.outcome, names(done)) == ("confirmed", [BANNER])
        assert "bulwark_probe_accounts" in done.refused[TRIES]
        done = safeguard(FakeHost(clock, local=True), probes=list).enforce()
        assert names(done) == [TRIES, BANNER]


class TestPackages:
    def test_they_come_between_a_prepared_record_and_the_change(self, clock: Clock) -> None:
        host = FakeHost(clock, to_install=["libpam-oath"])
        assert safeguard(host).enforce().outcome == "confirmed"
        assert host.installed == [("libpam-oath", True)]
        assert host.calls == ["simulate", "prepare", "simulate", "apply", "afresh", "confirm"]

    def test_where_they_fail_nothing_else_is_changed(self, clock: Clock) -> None:
        host = FakeHost(clock, to_install=["libpam-oath"], package_failure="installing libpam-oath failed: no network")
        done = safeguard(host).enforce()
        assert (done.outcome, done.reason) == ("failed", "installing libpam-oath failed: no network")
        assert "apply" not in host.calls


class TestConfirmation:
    def test_it_follows_a_fresh_login(self, clock: Clock) -> None:
        host = FakeHost(clock)
        done = safeguard(host).enforce()
        assert (done.outcome, names(done), done.reason) == ("confirmed", [TRIES, BANNER], "")
        assert host.calls == ["simulate", "apply", "afresh", "confirm"]

    def test_a_host_cut_off_by_the_change_puts_everything_back_and_is_asked_how(self, clock: Clock) -> None:
        host = FakeHost(clock, away=lambda host: host.deadline is not None and "apply" in host.calls[:-1])
        done = safeguard(host).enforce()
        assert done.outcome == "reverted"
        assert done.reason == (
            "a fresh login failed: unreachable: Connection timed out; the host put everything back: " + LATE
        )
        assert names(done) == [TRIES, BANNER]
        assert done.seconds <= 15 + safeguarding.REVERT_SECONDS

    def test_a_host_that_stays_away_is_said_to_be_unknown(self, clock: Clock) -> None:
        host = FakeHost(clock, away=lambda host: "apply" in host.calls[:-1])
        done = safeguard(host).enforce()
        assert done.outcome == "failed"
        assert done.reason.endswith(
            "whether the host put everything back is not known: unreachable: Connection timed out"
        )
        assert done.seconds <= 15 + safeguarding.REVERT_SECONDS + 5

    def test_a_probe_that_goes_wrong_has_it_put_back_at_once(self, clock: Clock) -> None:
        host = FakeHost(clock)
        done = safeguard(host, probes=lambda: ["alice can't log in: the code was refused"]).enforce()
        assert done.outcome == "reverted"
        assert done.reason.startswith("alice can't log in: the code was refused; the host put everything back")
        assert "confirm" not in host.calls
        assert host.live == set()
        assert done.seconds < 5

    def test_what_putting_back_can_not_undo_is_told(self, clock: Clock) -> None:
        host = FakeHost(clock, stays=["the kernel's audit rules"])
        done = safeguard(host, probes=lambda: ["alice can't log in"]).enforce()
        assert (done.outcome, done.after_reboot) == ("reverted", ("the kernel's audit rules",))
        assert done.reason.endswith("; only the next start of the host takes back the kernel's audit rules")

    def test_a_confirmation_that_comes_too_late(self, clock: Clock) -> None:
        host = FakeHost(clock)

        def slow() -> list[str]:
            clock.sleep(20)
            return []

        done = safeguard(host, probes=slow).enforce()
        assert done.outcome == "reverted"
        assert LATE in done.reason

    def test_a_host_that_is_slow_beyond_every_deadline_is_asked_all_the_same(self, clock: Clock) -> None:
        host = FakeHost(clock)

        def slow() -> list[str]:
            clock.sleep(120)
            return []

        done = safeguard(host, probes=slow).enforce()
        assert done.outcome == "reverted"
        assert done.reason.endswith("the host put everything back: " + LATE)

    def test_a_confirmation_whose_answer_got_lost_is_one(self, clock: Clock) -> None:
        host = FakeHost(clock, loses={"confirm"})
        done = safeguard(host).enforce()
        assert (done.outcome, done.reason, names(done)) == ("confirmed", "", [TRIES, BANNER])
        assert host.live == {TRIES, BANNER}


class TestApply:
    def test_what_the_host_undid_itself_failed(self, clock: Clock) -> None:
        host = FakeHost(
            clock, answers={"apply": {"failed": True, "msg": "sshd did not reload; everything was put back"}}
        )
        done = safeguard(host).enforce()
        assert (done.outcome, done.reason) == ("failed", "sshd did not reload; everything was put back")

    @pytest.mark.parametrize("operation", ["apply", "restore"])
    def test_an_answer_that_got_lost_is_not_confirmed_but_put_back(self, operation: str, clock: Clock) -> None:
        host = FakeHost(clock, loses={operation})
        safe = safeguard(host)
        done = safe.enforce() if operation == "apply" else safe.restore("newest", False, False)
        assert done.outcome == "reverted"
        assert "the connection broke while the host was changed" in done.reason
        assert (host.live, host.deadline) == (set(), None)

    def test_a_module_that_was_killed_may_have_armed_the_host(self, clock: Clock) -> None:
        killed = {"failed": True, "module_stderr": "", "msg": "MODULE FAILURE", "rc": 137}
        host = FakeHost(clock, answers={"apply": killed})
        done = safeguard(host).enforce()
        assert done.outcome == "failed"
        assert done.reason == "the safeguard was killed on the host (exit status 137); the host was not changed"
        assert "revert" in host.calls


class TestRestore:
    def test_conflicts_are_refused_with_the_list_unless_forced(self, clock: Clock) -> None:
        conflicts = [{"path": "/etc/motd", "why": "its text"}]
        done = safeguard(FakeHost(clock, conflicts=conflicts)).restore("newest", False, False)
        assert done.outcome == "refused"
        assert "/etc/motd (its text)" in done.reason
        assert "bulwark_restore_force" in done.reason
        assert safeguard(FakeHost(clock, conflicts=conflicts)).restore("newest", True, False).outcome == "confirmed"

    def test_it_is_confirmed_by_a_fresh_login_too(self, clock: Clock) -> None:
        host = FakeHost(clock)
        assert safeguard(host).restore("first", False, True).outcome == "confirmed"
        assert host.calls == ["restore", "afresh", "confirm", "forget"]

    def test_what_it_does_not_take_back_is_told(self, clock: Clock) -> None:
        told = {"kept_out": [{"account": "dana", "why": "left"}], "after_reboot": ["the kernel's audit rules"]}
        host = FakeHost(clock)
        host.answers["restore"] = {**host._apply({"confirm_seconds": 60, "plan": [], "leave": []}), **told}
        done = safeguard(host).restore("newest", False, False)
        assert (done.outcome, done.kept_out, done.after_reboot) == ("confirmed", *told.values())

    def test_nothing_is_forgotten_where_putting_back_failed(self, clock: Clock) -> None:
        host = FakeHost(clock, away=lambda host: "afresh" in host.calls and host.deadline is not None)
        assert safeguard(host).restore("first", False, True).outcome == "reverted"
        assert "forget" not in host.calls
