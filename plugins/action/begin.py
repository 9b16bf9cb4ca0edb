# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of bulwark.msp.begin."""

from __future__ import annotations

import contextlib
import os
from datetime import datetime, timezone
from typing import Any

from ansible import __version__ as ansible_version
from ansible import constants
from ansible.plugins.action import ActionBase

from ..plugin_utils.catalogue import catalogue
from ..plugin_utils.results import ResultsError, Store
from ..plugin_utils.runs import begin, planning, playtime

#: Read before Ansible forks, so that the actions after it have it too; run() says what is wrong with it.
with contextlib.suppress(catalogue.CatalogueError):
    catalogue.load()
playtime.share_memory()


class ActionModule(ActionBase):
    """Checks what is declared for every host of the play, then makes the run's folder."""

    _requires_connection = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset({"playbook"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return run, run_dir, sequence, date, hosts and unjudged, or fail with every problem found."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        now = datetime.now(timezone.utc)
        playbook = str(self._task.args.get("playbook", ""))
        try:
            known = catalogue.load()
            plan = planning.plan(self._loader, variables, known, now.date(), playbook)
            store = Store(playtime.report_folder(plan.options, variables))
            if playbook in begin.WITHOUT_RUN:
                return {**result, **_checked(plan, now), "history": str(begin.history(plan, store))}
            run, sequence = begin.start(
                plan,
                store,
                known,
                now,
                {"bulwark.msp": playtime.collection_version(), "ansible-core": ansible_version},
                _warnings(),
                playbook,
                bool(self._task.check_mode),
            )
        except (begin.BeginError, ResultsError, catalogue.CatalogueError) as error:
            return {**result, "failed": True, "msg": "Nothing was connected to.\n%s" % error}
        self._display.vv("bulwark: run %s, results in %s" % (run.name, run.folder))
        return {
            **result,
            **_checked(plan, now),
            "run": run.name,
            "run_dir": str(run.folder),
            "sequence": sequence,
        }


def _checked(plan: begin.Plan, now: datetime) -> dict[str, Any]:
    return {
        "changed": False,
        "date": now.date().isoformat(),
        "hosts": len(plan.targets),
        "unjudged": [target.host for target in plan.targets if target.other_platform],
    }


def _warnings() -> list[str]:
    if (
        constants.config.get_config_value("HOST_KEY_CHECKING")
        and os.environ.get("ANSIBLE_HOST_KEY_CHECKING") != "False"
    ):
        return []
    return ["Host key checking is off: the hosts' identities were not verified."]
