# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of bulwark.msp.safeguard: carry a host's plan out under commit-confirm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..plugin_utils.catalogue import catalogue
from ..plugin_utils.declared import declared
from ..plugin_utils.declared.subjects import subjects
from ..plugin_utils.enforce import breaker, probing
from ..plugin_utils.enforce.measures import seeds
from ..plugin_utils.enforce.packaged import PackagedHost
from ..plugin_utils.enforce.record import telling
from ..plugin_utils.enforce.safeguarding import WRONG, Asked, Done, Safeguard, asked
from ..plugin_utils.enforce.steps import Step
from ..plugin_utils.enforce.workspace import Workspace, WorkspaceError
from ..plugin_utils.evaluators.facts import Facts
from ..plugin_utils.runs import playtime
from ..plugin_utils.text import clean

CATALOGUE = catalogue.load()
ACCESS = frozenset(control.id for control in CATALOGUE.controls.values() if control.risk == "access")
playtime.share_memory()


class ActionModule(ActionBase):
    """Simulates, applies, logs in afresh, confirms; or sees that the host has put everything back."""

    _supports_check_mode = True
    _VALID_ARGS = frozenset({"run"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what became of each control; fails where the host had to put everything back."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        about = playtime.plain(self._task.args["run"])
        workspace = Workspace(str(variables["inventory_hostname"]))
        try:
            left, done = workspace.left(), Done("unchanged")
            # What an entry point asks for may pass, or be of a class that no run of all that fails enforces.
            failing, beyond = workspace.failing(), sorted(workspace.asked() - set(workspace.failing()))
            plan, held = breaker.bounded(workspace.plan(), workspace.case())
            if plan:
                family = workspace.state()["areas"].get("system", {}).get("family", "")
                host = PackagedHost(self, variables, str(family))
                here = playtime.declared_variables(variables["hostvars"][variables["inventory_hostname"]])
                secrets = declared.declare(here, CATALOGUE, date.fromisoformat(about["date"])).secrets
                done = Safeguard(host, self._asked(str(about["run"]), workspace, plan, host, secrets)).enforce()
            workspace.done()
        except WorkspaceError as error:
            raise AnsibleActionFail(str(error)) from None
        controls = telling.controls([*failing, *beyond], workspace.asked(), left, done, held)
        result.update(
            changed=done.outcome in ("would_change", "confirmed"),
            check=bool(self._task.check_mode),
            outcome=done.outcome,
            reason=done.reason,
            seconds=done.seconds,
            controls=controls,
        )
        warnings = telling.undone(controls, beyond)
        if done.still_running:
            warnings.append("processes of %s would not end: end them by hand" % ", ".join(done.still_running))
        result["warnings"] = [*result.get("warnings", ()), *map(clean, warnings)]
        if self._task.diff:
            result["diff"] = telling.diff(done)
        if done.outcome in WRONG:
            result.update(failed=True, msg="%s: %s" % (done.outcome, done.reason))
        return result

    def _asked(
        self, run: str, workspace: Workspace, plan: Sequence[Step], host: PackagedHost, secrets: Mapping[str, Any]
    ) -> Asked:
        case = workspace.case()
        policy = case.policy
        return asked(
            run,
            policy,
            bool(self._task.check_mode),
            plan=plan,
            case=case,
            state=workspace.state(),
            access=ACCESS,
            subjects=[*subjects(case.registers), *_own_login(case.facts)],
            secrets=seeds.secrets(plan, secrets.get("bulwark_totp_seeds") or {}),
            probes=_probes(host, secrets["bulwark_probe_accounts"], float(policy["bulwark_confirm_seconds"]))
            if secrets.get("bulwark_probe_accounts")
            else None,
        )


def _own_login(facts: Facts) -> list[dict[str, Any]]:
    """Return the run's own account and address as the host sees them, as a subject of the reader."""
    system = facts["system"]
    account, peer = system.get("account"), system.get("peer")
    return [{"user": account, "addresses": [peer]}] if account and peer else []


def _probes(host: PackagedHost, declared_ones: Sequence[Mapping[str, Any]], seconds: float) -> Callable[[], list[str]]:
    """Return what tries the probe accounts' logins, all within half of the time until the host takes back."""
    logins = probing.logins(declared_ones)
    each = min(probing.LOGIN_SECONDS, seconds / 2 / len(logins))

    def tried() -> list[str]:
        target = host.ssh_target()
        try:
            wrong = [probing.probe(target, login, each).wrong(login) for login in logins]
        except probing.ProbeError as error:
            wrong = [str(error)]
        return [text for text in wrong if text]

    return tried
