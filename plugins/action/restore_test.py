# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of bulwark.msp.restore_test: have a host restore from its backups, and note what came of it."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..plugin_utils.enforce.workspace import Workspace, WorkspaceError
from ..plugin_utils.records.writing import note
from ..plugin_utils.records.yaml_file import RecordError
from ..plugin_utils.runs import playtime, restore_testing
from ..plugin_utils.runs.remote import Remote, Unreachable
from ..plugin_utils.text import clean

NAME_LIMIT = 300
playtime.share_memory()


class ActionModule(ActionBase):
    """Restores to a scratch place on the host and writes the record on the controller."""

    _supports_check_mode = True
    _VALID_ARGS = frozenset({"run"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what was tested; fails where a test failed or could not be made, after the others were."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        about = playtime.plain(self._task.args["run"])
        host = str(variables["inventory_hostname"])
        try:
            case = Workspace(host).case()
        except WorkspaceError as error:
            raise AnsibleActionFail(str(error)) from None
        policy = case.policy
        planned = [trial.problem or trial.told for trial in restore_testing.trials(case)]
        if self._task.check_mode or not planned:
            return {**result, "changed": bool(planned), "planned": planned}
        folder = Path(str(policy["bulwark_evidence_dir"])).expanduser()
        who = restore_testing.tester(case, _name(policy, variables))
        customer, days = case.registers.customer, int(policy["bulwark_restore_test_days"])
        try:
            said, wrong = restore_testing.each(
                Remote(self, variables), case, host, str(about["run"]), who,
                lambda test: note(folder, customer, [test], case.today, who["name"], days),
            )  # fmt: skip
        except Unreachable as failure:
            return {**result, "failed": True, "msg": str(failure)}
        except RecordError as error:
            return {**result, "failed": True, "msg": "what was tested could not be noted: %s" % error}
        for line in said:
            self._display.display("bulwark: %s: %s" % (clean(host, NAME_LIMIT), line))
        result.update(changed=bool(said), planned=planned, passed=said, wrong=wrong)
        return {**result, "failed": True, "msg": "; ".join(wrong)} if wrong else result


def _name(policy: Mapping[str, Any], variables: Mapping[str, Any]) -> str:
    """Return who makes the test: who is named, else AWX's user, else the one who runs Ansible."""
    given = policy["bulwark_restore_tester"] or variables.get("awx_user_name") or getpass.getuser()
    return clean(playtime.plain(given), 100)
