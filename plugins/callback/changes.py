# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keeps what enforcement did, or in check mode would do, as files of the run, just before its report is made."""

from __future__ import annotations

DOCUMENTATION = r"""
name: changes
type: notification
short_description: Put what enforcement changes, or would change, into the run's results
version_added: 0.2.0
description:
  - Collects from the results of a play which failing controls were changed, would be changed in check mode, were left
    or put back, with the differences of the files; then M(bulwark.msp.report) shows it beside each control.
  - Reads the result of M(bulwark.msp.safeguard), of M(bulwark.msp.patch), and of each other task whose name is
    C(<control id> | <sentence>).
  - Writes C(enforcement/<customer>/<host>.json) in the run's folder when M(bulwark.msp.report) starts.
  - Prints nothing and fails no play. What looks like a secret is masked, and of a task with C(no_log) nothing is kept
    but that it changed something.
  - The collection's own playbooks load it by themselves. Elsewhere name it in C(callbacks_enabled).
author:
  - The bulwark.msp authors (@bulwark-msp)
"""

from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

from ..plugin_utils.enforce.record import ordinary, record
from ..plugin_utils.results import Run, read_json
from ..plugin_utils.runs import playtime

OWN = "bulwark.msp."

playtime.share_memory()


class CallbackModule(CallbackBase):
    """Collects while the play goes on; whatever goes wrong here is a warning."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "bulwark.msp.changes"
    CALLBACK_NEEDS_ENABLED = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Start with no run."""
        super().__init__(*arguments, **options)
        self._run: Run | None = None
        self._told: dict[str, record.Told] = {}

    def v2_runner_on_ok(self, result: Any) -> None:
        """Take in the result of a task on a host."""
        self._safely(self._take, result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Take in the result of a task that failed."""
        self._safely(self._take, result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Take in that a host was lost."""
        self._safely(self._take, result)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Write what is known of the hosts so far before the report reads it."""
        if _action(task) == OWN + "report":
            self._safely(self._write)

    def _safely(self, step: Any, *arguments: Any) -> None:
        try:
            step(*arguments)
        except Exception as error:
            self._display.warning("bulwark: the report lacks a part of what was enforced: %s" % error)

    def _take(self, result: Any) -> None:
        task, action = result._task, _action(result._task)
        if action == OWN + "begin" and "run_dir" in result._result:
            self._run, self._told = Run(Path(str(result._result["run_dir"]))), {}
        elif action == OWN + "posture":
            self._judged(result)
        elif action == OWN + "safeguard":
            self._of(result).take(playtime.plain(result._result))
        elif action == OWN + "patch":
            told, done = self._of(result), playtime.plain(result._result)
            told.before = done.get("before", {})
            told.take(done)
        elif not action.startswith(OWN) and result.is_changed():
            control = ordinary.control_of(task.name)
            if control:
                arguments, told = (playtime.plain(each) for each in (result._task_fields["args"], result._result))
                self._of(result).change(control, task.name, ordinary.changes(action, arguments, told))

    def _judged(self, result: Any) -> None:
        """Take in a judgement: the one that enforcement starts from says what is left, the next one how it ended."""
        host = result._host.get_name()
        if "before" in result._result:
            judged = playtime.plain(result._result)
            told = self._of(result)
            told.before = judged["before"]
            told.unwaived = judged["unwaived"]
            told.leave(judged["left"])
            if judged["unread"] and not judged["failing"] and not judged["left"]:
                told.end("failed", "; ".join(judged["unread"]))
        elif host in self._told:
            self._told[host].judged_again = True

    def _of(self, result: Any) -> record.Told:
        check = bool(result._task.check_mode)
        return self._told.setdefault(result._host.get_name(), record.Told(check))

    def _write(self) -> None:
        hosts, self._told = self._told, {}
        if self._run is None or not hosts or self._run.sealed:
            return
        customers = {target["host"]: target["customer"] for target in self._run.read()["targeted"]}
        for host, told in hosts.items():
            if host in customers:
                self._safely(self._write_host, self._run, host, customers[host], told)

    @staticmethod
    def _write_host(run: Run, host: str, customer: str, told: record.Told) -> None:
        findings = read_json(run.host_file(customer, host))["findings"] if told.judged_again else ()
        after = {finding["control"]: finding["status"] for finding in findings}
        run.write_enforcement(record.document(run.name, host, customer, told, after))


def _action(task: Any) -> str:
    return str(task.resolved_action or task.action)
