# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of bulwark.msp.patch: upgrade what is chosen, log in afresh, see whether the host is well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..plugin_utils import results
from ..plugin_utils.declared.work_windows import is_open
from ..plugin_utils.enforce.packaged import PackagedHost
from ..plugin_utils.enforce.workspace import Workspace, WorkspaceError
from ..plugin_utils.evaluators.facts import Unread
from ..plugin_utils.evaluators.verdict import Case
from ..plugin_utils.patching import looking, telling
from ..plugin_utils.patching.choosing import Choice, choose
from ..plugin_utils.patching.patching import WRONG, Asked, Done, Patching
from ..plugin_utils.runs import playtime
from ..plugin_utils.runs.remote import RemoteError, account_of
from ..plugin_utils.text import clean

NAME_LIMIT = 300
#: What is another one after a boot. In a container the boot id is that of the machine, and stays.
BOOTED = "cat /proc/sys/kernel/random/boot_id; cut -d ' ' -f 22 /proc/1/stat"
playtime.share_memory()


class ActionModule(ActionBase):
    """Patches one host; whatever is not well afterwards fails it, and with it the ring."""

    _supports_check_mode = True
    _VALID_ARGS = frozenset({"run"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what became of the host; fails where it is not well, or nothing could be done."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        about = playtime.plain(self._task.args["run"])
        name = str(variables["inventory_hostname"])
        run = results.Run(Path(about["run_dir"]))
        try:
            workspace = Workspace(name)
            case, state = workspace.case(), workspace.state()
        except WorkspaceError as error:
            raise AnsibleActionFail(str(error)) from None
        debian = state["areas"].get("system", {}).get("family") != "redhat"
        host = PackagedHost(self, variables, "debian" if debian else "redhat")
        try:
            case = self._looked_again(host, case, state, result)
            choice = choose(case, case.policy["bulwark_patch_scope"])
        except (RemoteError, Unread) as reason:
            choice, done = (
                Choice(),
                Done("refused", "nothing was changed, since what to upgrade is not known: %s" % reason),
            )
        else:
            versions: dict[str, str] = {}
            done = Patching(host, self._asked(str(about["run"]), case, choice, variables, versions.update)).done()
            if versions:
                document = telling.record(choice, done, versions, debian)
                kept = run.write_versions(case.registers.customer, name, document)
                self._display.vv("bulwark: %s" % kept)
        shown = telling.lines(choice, done, debian)
        self._show(name, shown, variables)
        findings = results.read_json(run.host_file(case.registers.customer, name))["findings"]
        result.update(
            changed=done.outcome == "would_change" or bool(done.differ) or done.rebooted,
            check=bool(self._task.check_mode),
            outcome=done.outcome,
            reason=done.reason,
            seconds=done.seconds,
            before={finding["control"]: finding["status"] for finding in findings},
            controls=telling.controls(choice, done),
            told=shown,
        )
        if self._task.diff:
            result["diff"] = telling.diff(done)
        if done.outcome in WRONG:
            result.update(failed=True, msg=telling.message(choice, done))
        return result

    def _looked_again(
        self, host: PackagedHost, case: Case, state: Mapping[str, Any], result: dict[str, Any]
    ) -> Case:  # fmt: skip
        """Have the host fetch its lists, and return the case with what they say; where it can't, as it was."""
        if self._task.check_mode or not case.policy["bulwark_patch_refresh"]:
            return case
        try:
            host.refresh()
        except RemoteError as error:
            text = "it is patched by the lists that it has: %s" % error
            result["warnings"] = [*result.get("warnings", ()), clean(text)]
            return case
        return looking.again(host, case, state, float(case.policy["bulwark_read_seconds"]))

    def _asked(
        self,
        run: str,
        case: Case,
        choice: Choice,
        variables: Mapping[str, Any],
        keep: Callable[[Mapping[str, str]], None],
    ) -> Asked:
        policy = case.policy
        windows = policy["bulwark_windows"]
        may_reboot = policy["bulwark_patch_reboot"] and not self._task.check_mode

        def reboot() -> None:
            if windows and not is_open(windows, datetime.now(timezone.utc)):
                raise RemoteError(
                    "every window of bulwark_windows has closed meanwhile, so that it was not started anew"
                )
            self._reboot(variables, int(policy["bulwark_reboot_seconds"]))

        return Asked(
            run=run,
            check=bool(self._task.check_mode),
            choice=choice,
            checks=policy["bulwark_health"],
            seconds=float(policy["bulwark_patch_seconds"]),
            rest_seconds=float(policy["bulwark_health_seconds"]),
            keep=keep,
            reboot=reboot if may_reboot else None,
        )

    def _reboot(self, variables: Mapping[str, Any], seconds: int) -> None:
        """Start the host anew by Ansible's own action and wait until it answers; raises RemoteError."""
        task = self._task.copy()
        task.args = {"reboot_timeout": seconds, "boot_time_command": BOOTED, "msg": "bulwark.msp.patch"}
        action = self._shared_loader_obj.action_loader.get(
            "ansible.builtin.reboot",
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        answer = playtime.plain(action.run(task_vars=dict(variables)))
        if answer.get("failed") or not answer.get("rebooted"):
            raise RemoteError(account_of(answer, "reboot action"))

    def _show(self, name: str, lines: list[str], variables: Mapping[str, Any]) -> None:
        """Show what became of the host; a job log, which others read, carries the number of lines alone."""
        if variables.get("awx_job_id") or variables.get("tower_job_id"):
            lines = ["%d lines about its packages are kept with the run" % len(lines)] if lines else []
        for line in lines:
            self._display.display("bulwark: %s: %s" % (clean(name, NAME_LIMIT), line))
