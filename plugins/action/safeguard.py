# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of bulwark.msp.safeguard: carry a host's plan out under commit-confirm."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..plugin_utils import catalogue, playtime
from ..plugin_utils.enforce import telling
from ..plugin_utils.enforce.safeguarding import Asked, Done, Safeguard
from ..plugin_utils.enforce.workspace import Workspace, WorkspaceError
from ..plugin_utils.remote import Remote, RemoteError, account_of
from ..plugin_utils.subjects import subjects

CATALOGUE = catalogue.load()
ACCESS = frozenset(control.id for control in CATALOGUE.controls.values() if control.risk == "access")
#: Outcomes after which nothing more may be changed on the next hosts.
WRONG = ("failed", "reverted")
APT = "ansible.builtin.apt"
DNF = "ansible.builtin.dnf"
INSTALL_SECONDS = 600
#: An index of packages of this age is good enough (apt's cache_valid_time).
INDEX_SECONDS = 3600
playtime.share_memory()


class PackagedHost(Remote):
    """The host with Ansible's own modules for its packages."""

    family = "debian"

    def packages(self, names: Sequence[str], present: bool) -> None:
        """Install or remove packages, with nothing that they only recommend; raises RemoteError."""
        arguments: dict[str, Any] = {"name": list(names), "state": "present" if present else "absent"}
        if self.family == "debian":
            # What a package starts by itself would be running before its configuration is there.
            arguments.update(install_recommends=False, policy_rc_d=101, purge=not present)
            arguments.update({"update_cache": True, "cache_valid_time": INDEX_SECONDS} if present else {})
        answer = self.call(APT if self.family == "debian" else DNF, arguments, INSTALL_SECONDS)
        if answer.get("failed"):
            raise RemoteError("installing %s failed: %s" % (", ".join(names), account_of(answer, "package module")))


class ActionModule(ActionBase):
    """Simulates, applies, logs in afresh, confirms; or sees that the host has put everything back."""

    _supports_check_mode = True
    _VALID_ARGS = frozenset({"run"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what became of each failing control; fails where the host had to put everything back."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        about = playtime.plain(self._task.args["run"])
        workspace = Workspace(str(variables["inventory_hostname"]))
        try:
            failing, left, done = workspace.failing(), workspace.left(), Done("unchanged")
            if workspace.plan():
                done = Safeguard(self._host(workspace, variables), self._asked(about, workspace, variables)).enforce()
                workspace.done()
        except WorkspaceError as error:
            raise AnsibleActionFail(str(error)) from None
        result.update(
            changed=done.outcome in ("would_change", "confirmed"),
            check=bool(self._task.check_mode),
            outcome=done.outcome,
            reason=done.reason,
            seconds=done.seconds,
            controls=telling.controls(failing, left, done),
        )
        if self._task.diff:
            result["diff"] = telling.diff(done)
        if done.outcome in WRONG:
            result.update(failed=True, msg="%s: %s" % (done.outcome, done.reason))
        return result

    def _host(self, workspace: Workspace, variables: Mapping[str, Any]) -> PackagedHost:
        host = PackagedHost(self, variables)
        host.family = workspace.state()["areas"].get("system", {}).get("family", host.family)
        return host

    def _asked(self, about: Mapping[str, Any], workspace: Workspace, variables: Mapping[str, Any]) -> Asked:
        case = workspace.case()
        policy = case.policy
        return Asked(
            run=about["run"],
            owner="%s@%s" % (getpass.getuser(), socket.gethostname()),
            plan=workspace.plan(),
            case=case,
            state=workspace.state(),
            access=ACCESS,
            subjects=subjects(case.registers),
            secrets={},
            confirm_seconds=float(policy["bulwark_confirm_seconds"]),
            seconds=float(policy["bulwark_read_seconds"]),
            check=bool(self._task.check_mode),
            probes=None,
            keep={"keep_days": policy["bulwark_snapshot_days"], "keep_runs": policy["bulwark_snapshot_runs"]},
        )
