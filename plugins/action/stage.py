# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of bulwark.msp.stage: what a control's task asks for becomes steps of the host's plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..plugin_utils.enforce import staging
from ..plugin_utils.enforce.measures.all import MEASURES
from ..plugin_utils.enforce.workspace import Workspace, WorkspaceError
from ..plugin_utils.runs import playtime

playtime.share_memory()


class ActionModule(ActionBase):
    """Touches no host: bulwark.msp.safeguard carries the plan there, as a whole."""

    _requires_connection = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset({"control", "measures"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return how many steps the task adds to the plan, or why its control is left as it is."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = playtime.plain(self._task.args)
        workspace = Workspace(str((task_vars or {})["inventory_hostname"]))
        control = str(arguments.get("control", ""))
        try:
            steps = staging.steps(workspace.case(), control, _measures(arguments.get("measures")), MEASURES)
        except staging.Left as reason:
            workspace.leave(control, str(reason))
            return {**result, "changed": False, "steps": 0, "left": str(reason)}
        except (WorkspaceError, staging.StagingError) as error:
            raise AnsibleActionFail("%s: %s" % (control or "control", error)) from None
        workspace.add(control, self._task.name or control, steps)
        return {**result, "changed": False, "steps": len(steps)}


def _measures(given: Any) -> list[Mapping[str, Any]]:
    if not isinstance(given, list) or not all(isinstance(entry, Mapping) and len(entry) == 1 for entry in given):
        raise AnsibleActionFail("measures: must be a list of {measure: what it is given}")
    return given
