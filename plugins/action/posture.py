# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of bulwark.msp.posture: read the host once, judge, write its result file."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator, Mapping
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

MODULE = "bulwark.msp.linux_state_info"
#: Seconds on top of bulwark_read_seconds for connecting, sending the module and getting the answer back.
GRACE_SECONDS = 30


class ReadingFailed(Exception):
    """The host could not be read at all; the text says why."""


class OutOfTime(Exception):
    """The host did not answer in time."""


class ActionModule(ActionBase):
    """Reads and judges one host. Hands Ansible counts only; everything else is in the result file."""

    _supports_check_mode = True
    _VALID_ARGS = frozenset({"run_dir"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return counts by status, the failing controls and the platform; a host that can't be read doesn't fail."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        known = catalogue.load()
        run = results.Run(Path(str(self._task.args["run_dir"])))
        about = run.read()
        today = date.fromisoformat(about["date"])
        declaration = declared.declare(playtime.declared_variables(variables), known, today)
        covers = playtime.pattern_matcher(self._loader, variables.get("groups", {}))
        host = str(variables["inventory_hostname"])
        subject = Subject(host, declaration, lambda pattern: covers(pattern, host))
        controls = selection.selected(declaration.policy, known, JUDGES)
        try:
            state, problem = self._state(subject, variables)
            document = judging.judge_state(state, subject, controls, known, today, about)
            if problem:
                document["errors"].insert(0, {"area": None, "fact": None, "reason": problem})
            if declaration.policy.get("bulwark_keep_state"):
                run.write_state(subject.customer, host, state)
        except ReadingFailed as failure:
            at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            document = judging.unread_host(str(failure), subject, controls, known, about, at)
            self._display.warning("bulwark: %s was not read: %s" % (host, failure))
        run.write_host(document)
        findings = document["findings"]
        return {
            **result,
            "changed": False,
            "run": about["run"],
            "platform": document["platform"],
            "counts": dict(Counter(finding["status"] for finding in findings)),
            "failing": [finding["control"] for finding in findings if finding["status"] == "fail"],
            "unread": [error["reason"] for error in document["errors"] if error["area"] is None],
        }

    def _state(self, subject: Subject, variables: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
        """Return the host's state and, where escalation failed, the reason it was read without."""
        policy = subject.declaration.policy
        if policy.get("bulwark_state_dir"):
            return self._recorded(Path(str(policy["bulwark_state_dir"])), subject.host), ""
        seconds = float(policy["bulwark_read_seconds"])
        arguments = {"subjects": subjects(subject.declaration.registers), "seconds": seconds}
        try:
            return self._read(arguments, variables, seconds), ""
        except ReadingFailed as failure:
            if self._connection.become is None or "unreachable" in str(failure):
                raise
            self._without_escalation()
            reason = "escalation failed (%s); read once more without" % failure
            return self._read(arguments, variables, seconds), reason

    def _without_escalation(self) -> None:
        self._play_context.become = False
        self._connection.set_become_plugin(None)

    def _read(self, arguments: Mapping[str, Any], variables: Mapping[str, Any], seconds: float) -> Mapping[str, Any]:
        # From -vvv on, connections print what a module answers; a state is nobody's reading matter on a terminal.
        # The connection holds a play context of its own.
        self._connection._play_context.no_log = True
        try:
            with time_limit(seconds + GRACE_SECONDS):
                answer = self._execute_module(module_name=MODULE, module_args=dict(arguments), task_vars=variables)
        except AnsibleConnectionFailure as error:
            raise ReadingFailed("unreachable: %s" % _brief(error)) from None
        except OutOfTime:
            raise ReadingFailed("unreachable: no answer within %g seconds" % (seconds + GRACE_SECONDS)) from None
        except AnsibleError as error:
            raise ReadingFailed(_brief(error)) from None
        finally:
            self._connection._play_context.no_log = False
        if "state" not in answer:
            said = answer.get("module_stderr") or answer.get("msg") or "the reader gave no answer"
            raise ReadingFailed(_brief(said))
        try:
            return judging.check_state(playtime.plain(answer["state"]))
        except judging.StateError as error:
            raise ReadingFailed(str(error)) from None

    @staticmethod
    def _recorded(folder: Path, host: str) -> Mapping[str, Any]:
        try:
            return judging.check_state(results.read_json(folder / (results.encoded(host) + ".json")))
        except (results.ResultsError, judging.StateError) as error:
            raise ReadingFailed("no recorded state: %s" % error) from None


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in the body after `seconds`; a worker runs one task in its main thread, so a signal reaches it."""

    def out_of_time(_signal: int, _frame: Any) -> None:
        raise OutOfTime

    previous = signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _brief(said: Any) -> str:
    """Return the last line that says something, at most 300 characters: tracebacks and banners stay out."""
    lines = [line.strip() for line in str(said).splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no reason given"
