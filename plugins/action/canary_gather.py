# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of bulwark.msp.canary_gather: put together what each collector is asked for."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils.runs import canary, playtime

playtime.share_memory()


class ActionModule(ActionBase):
    """Connects to nothing."""

    _requires_connection = False
    _supports_check_mode = True
    _VALID_ARGS: frozenset[str] = frozenset()

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the searches by the host of the play whose task makes them."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        written = playtime.registered(task_vars or {}, canary.WRITTEN) if not self._task.check_mode else ()
        lines = [one["line"] for one in written if "line" in one]
        return {**result, "changed": False, "searches": canary.searches(lines)}
