# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of bulwark.msp.restore: put a host back to before a run, under commit-confirm."""

from __future__ import annotations

from datetime import date
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils.catalogue import catalogue
from ..plugin_utils.declared import declared
from ..plugin_utils.enforce.packaged import PackagedHost
from ..plugin_utils.enforce.record import telling
from ..plugin_utils.enforce.safeguarding import AFTER_REBOOT, WRONG, Safeguard, asked
from ..plugin_utils.runs import playtime
from ..plugin_utils.text import clean

CATALOGUE = catalogue.load()
FIRST = "first"
playtime.share_memory()


class ActionModule(ActionBase):
    """Asks the host for what a run found there, has it put back, logs in afresh, confirms."""

    _supports_check_mode = True
    _VALID_ARGS = frozenset({"run"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what was put back; fails where that is refused or had to be undone."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        about = playtime.plain(self._task.args["run"])
        here = playtime.declared_variables(variables["hostvars"][variables["inventory_hostname"]])
        policy = declared.declare(here, CATALOGUE, date.fromisoformat(about["date"])).policy
        forget = bool(policy["bulwark_forget"])
        to_run = FIRST if forget else str(policy["bulwark_restore_run"])
        safeguard = Safeguard(
            PackagedHost(self, variables, ""), asked(str(about["run"]), policy, bool(self._task.check_mode))
        )
        done = safeguard.restore(to_run, bool(policy["bulwark_restore_force"]), forget)
        result.update(
            changed=done.outcome in ("would_change", "confirmed"),
            outcome=done.outcome,
            reason=done.reason,
            seconds=done.seconds,
            restored=sorted({str(change["name"]) for change in done.changes}),
            kept_out=[dict(one) for one in done.kept_out],
            after_reboot=list(done.after_reboot),
        )
        words = ["%s was not given back: %s" % (clean(one["account"]), clean(one["why"])) for one in done.kept_out]
        words += [AFTER_REBOOT % clean(one) for one in done.after_reboot]
        if words:
            result["warnings"] = [*result.get("warnings", ()), *words]
        if self._task.diff:
            result["diff"] = telling.diff(done)
        if done.outcome in (*WRONG, "refused"):
            result.update(failed=True, msg="%s: %s" % (done.outcome, done.reason))
        return result
