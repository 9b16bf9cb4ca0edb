# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of bulwark.msp.records: drafts of what a customer's records lack, and what falls due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils.catalogue import catalogue
from ..plugin_utils.drafting import keeping
from ..plugin_utils.results import ResultsError, write_new
from ..plugin_utils.runs import begin, planning, playtime
from ..plugin_utils.text import clean

ONE_CUSTOMER = "bulwark_import is of one customer; narrow the run with --limit, it has %s"

playtime.share_memory()


class ActionModule(ActionBase):
    """Connects to nothing."""

    _requires_connection = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset({"source", "kind"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Write what is missing as drafts and return, by customer, what was written and what falls due."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        today = datetime.now(timezone.utc).date()
        try:
            known = catalogue.load()
            plan = planning.plan(self._loader, task_vars or {}, known, today)
            folders, problems = keeping.folders(plan)
            if not folders:
                raise keeping.KeepingError("\n".join(problems))
            drafts = self._imported(plan, folders, today)
            for customer, folder in folders.items():
                lacking = keeping.missing(customer, folder)
                drafts.update({path: text for path, text in lacking.items() if path not in drafts})
            if not self._task.check_mode:
                for path, text in drafts.items():
                    write_new(path, text)
            kept = [keeping.looked_at(customer, folder, plan, known, today) for customer, folder in folders.items()]
        except (begin.BeginError, keeping.KeepingError, ResultsError, catalogue.CatalogueError) as error:
            return {**result, "failed": True, "msg": str(error)}
        for each in kept:
            each.written = sorted(str(path) for path in drafts if path.parent == each.folder)
            lines = each.lines(today, bool(self._task.check_mode))
            self._display.display("\n".join(clean(line) for line in lines))
        for problem in problems:
            self._display.warning(clean(problem))
        return {**result, "changed": bool(drafts), "customers": {each.customer: _told(each, today) for each in kept}}

    def _imported(self, plan: begin.Plan, folders: Mapping[str, Path], today: date) -> dict[Path, str]:
        """Return the draft that the CSV becomes, by where it goes; nothing where none is given."""
        if not self._task.args.get("source"):
            return {}
        if len(plan.hosts()) > 1:
            raise keeping.KeepingError(ONE_CUSTOMER % ", ".join(plan.hosts()))
        ((customer, folder),) = folders.items()
        source = Path(str(self._task.args["source"])).expanduser().absolute()
        return dict([keeping.imported(source, str(self._task.args["kind"]), customer, folder, today)])


def _told(each: keeping.Kept, today: date) -> dict[str, Any]:
    return {
        "folder": str(each.folder),
        "written": each.written,
        "drafts": each.drafts,
        "problems": each.problems,
        "due": {notice: [one.told(today) for one in falls] for notice, falls in each.due.items()},
    }
