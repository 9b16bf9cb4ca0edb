# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of bulwark.msp.posture: read the host once, judge, write its result file."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase

from ..plugin_utils import catalogue, declared, judging, playtime, results, selection
from ..plugin_utils.finding import Subject
from ..plugin_utils.judges.all import JUDGES
from ..plugin_utils.subjects import subjects
from ..plugin_utils.text import clean
from ..plugin_utils.timelimit import OutOfTime, time_limit

MODULE = "bulwark.msp.linux_state_info"
#: Seconds on top of bulwark_read_seconds for connecting, sending the module and getting the answer back.
GRACE_SECONDS = 30
REASON_LIMIT = 300
#: What connections write in place of a reason while no_log is on.
CENSORED = "censored"
#: Seconds after which a failed connection is not tried again for its reason: it would take as long again.
SLOW_SECONDS = 5
#: Ansible imports an action before it forks a worker for each host: what is loaded here, they share.
CATALOGUE = catalogue.load()
playtime.share_memory()


class ReadingFailed(Exception):
    """The host could not be read at all; the text says why."""


class Unreachable(ReadingFailed):
    """The host does not answer, so that asking it in another way is of no use."""


class ActionModule(ActionBase):
    """Reads and judges one host. Hands Ansible counts only; everything else is in the result file."""

    _supports_check_mode = True
    _VALID_ARGS = frozenset({"run"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return counts by status and the platform; a host that can't be read doesn't fail."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        about = playtime.plain(self._task.args["run"])
        run = results.Run(Path(about["run_dir"]))
        today = date.fromisoformat(about["date"])
        host = str(variables["inventory_hostname"])
        declared_here = playtime.declared_variables(variables["hostvars"][host])
        declaration = declared.declare(declared_here, CATALOGUE, today)
        subject = Subject(host, declaration, self._covers(host, variables["groups"]))
        controls = selection.selected(declaration.policy, CATALOGUE, JUDGES)
        try:
            state, problem = self._state(subject, variables)
            document = judging.judge_state(state, subject, controls, CATALOGUE, today, about)
            if problem:
                document["errors"].insert(0, {"area": None, "fact": None, "reason": problem})
            if declaration.policy.get("bulwark_keep_state"):
                run.write_state(subject.customer, host, state)
        except ReadingFailed as failure:
            at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            document = judging.unread_host(str(failure), subject, controls, CATALOGUE, about, at)
            self._display.warning("bulwark: %s was not read: %s" % (clean(host, REASON_LIMIT), failure))
        run.write_host(document)
        return {
            **result,
            "changed": False,
            "run": about["run"],
            "platform": document["platform"],
            "counts": dict(Counter(finding["status"] for finding in document["findings"])),
            "unread": [error["reason"] for error in document["errors"] if error["area"] is None],
        }

    def _covers(self, host: str, groups: Mapping[str, list[str]]) -> Callable[[str], bool]:
        """Return whether a host pattern covers the host; the inventory is gone through only where a waiver has one."""
        return lambda pattern: host in playtime.host_patterns(self._loader, groups)(pattern)

    def _state(self, subject: Subject, variables: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
        """Return the host's state and, where escalation failed, the reason it was read without."""
        policy = subject.declaration.policy
        if policy.get("bulwark_state_dir"):
            return self._recorded(Path(str(policy["bulwark_state_dir"])), subject.host), ""
        seconds = float(policy["bulwark_read_seconds"])
        arguments = {"subjects": subjects(subject.declaration.registers), "seconds": seconds}
        try:
            return self._read(arguments, variables, seconds), ""
        except Unreachable:
            raise
        except ReadingFailed as failure:
            if self._connection.become is None:
                raise
            self._without_escalation()
            return self._read(arguments, variables, seconds), "not read as root (%s), only without" % failure

    def _without_escalation(self) -> None:
        self._play_context.become = False
        self._connection.set_become_plugin(None)

    def _read(self, arguments: Mapping[str, Any], variables: Mapping[str, Any], seconds: float) -> Mapping[str, Any]:
        begun = time.monotonic()
        try:
            with self._unseen(), time_limit(seconds + GRACE_SECONDS):
                answer = self._execute_module(module_name=MODULE, module_args=dict(arguments), task_vars=variables)
        except AnsibleConnectionFailure as error:
            if "privilege escalation" in str(error):  # connected, but sudo never got to an answer
                raise ReadingFailed(_brief(error)) from None
            raise Unreachable("unreachable: %s" % self._in_the_open(error, time.monotonic() - begun)) from None
        except OutOfTime:
            raise Unreachable("unreachable: no answer within %g seconds" % (seconds + GRACE_SECONDS)) from None
        except AnsibleError as error:
            raise ReadingFailed(_brief(error)) from None
        if "state" not in answer:
            raise ReadingFailed(_account_of(answer))
        try:
            return judging.check_state(playtime.plain(answer["state"]))
        except judging.StateError as error:
            raise ReadingFailed(str(error)) from None

    def _in_the_open(self, error: AnsibleConnectionFailure, taken: float) -> str:
        """Return why connecting failed. While the state is unseen so is that reason, so it is asked for again."""
        if CENSORED not in str(error):
            return _brief(error)
        if taken > SLOW_SECONDS:
            return "connecting failed after %d seconds" % taken
        try:
            with time_limit(GRACE_SECONDS):
                self._low_level_execute_command("true", sudoable=False)
        except AnsibleConnectionFailure as reason:
            return _brief(reason)
        except OutOfTime:
            return "no answer within %d seconds" % GRACE_SECONDS
        return "connecting failed once, and worked when tried again"

    @contextmanager
    def _unseen(self) -> Iterator[None]:
        """Keep the state off the terminal, and the registered accounts out of the host's log.

        From -vvv on, connections print what a module answers, and every module logs its arguments.
        """
        owners = (self._connection._play_context, self._task)
        before = [owner.no_log for owner in owners]
        for owner in owners:
            owner.no_log = True
        try:
            yield
        finally:
            for owner, no_log in zip(owners, before, strict=True):
                owner.no_log = no_log

    @staticmethod
    def _recorded(folder: Path, host: str) -> Mapping[str, Any]:
        try:
            return judging.check_state(results.read_json(folder / (results.encoded(host) + ".json")))
        except (results.ResultsError, judging.StateError) as error:
            raise ReadingFailed("no recorded state: %s" % error) from None


def _account_of(answer: Mapping[str, Any]) -> str:
    """Return what an answer without a state says of itself."""
    rc = answer.get("rc")
    if isinstance(rc, int) and rc > 128:
        return "the reader was killed on the host (exit status %d)" % rc
    return _brief(answer.get("module_stderr") or answer.get("msg") or "the reader gave no answer")


def _brief(said: Any) -> str:
    """Return the last line that says something, made harmless: tracebacks and banners stay out."""
    lines = [line.strip() for line in str(said).splitlines() if line.strip()]
    return clean(lines[-1], REASON_LIMIT) if lines else "no reason given"
