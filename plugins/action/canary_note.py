# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of bulwark.msp.canary_note: keep what was found, for each customer apart, and tell all of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils.records.canary import CanaryError, keep
from ..plugin_utils.results import ResultsError
from ..plugin_utils.runs import canary, playtime

playtime.share_memory()


class ActionModule(ActionBase):
    """Writes everything first, and only then fails, with one line for each reason."""

    _requires_connection = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset({"run"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return how many lines were found and how many not; fails where one was not, or could not be looked for."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        about = playtime.plain(self._task.args["run"])
        lines = [one["line"] for one in playtime.registered(variables, canary.WRITTEN) if "line" in one]
        if self._task.check_mode:
            self._display.display(canary.table(canary.planned(lines)))
            return {**result, "changed": False}
        kept, rows = canary.outcome(lines, _answers(variables))
        try:
            for customer, hosts in kept.items():
                keep(Path(str(about["history"])), customer, hosts)
        except (CanaryError, ResultsError) as error:
            return {**result, "failed": True, "msg": str(error)}
        brief = bool(variables.get("awx_job_id") or variables.get("tower_job_id"))
        self._display.display("bulwark: " + canary.counted(rows) if brief else canary.table(rows))
        reasons = list(canary.wrong(rows))
        if reasons:
            told = [canary.counted(rows)] if brief else reasons
            return {**result, "changed": False, "failed": True, "msg": "\n".join(told)}
        return {**result, "changed": False, "found": len([row for row in rows if row.good])}


def _answers(variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    looked = playtime.registered(variables, canary.LOOKED)
    return [one["answer"] for each in looked for one in each.get("results", ()) if "answer" in one]
