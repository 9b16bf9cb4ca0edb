# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of bulwark.msp.report: complete the run, render its pages, then fail the play where asked to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils import catalogue, closing, declared, playtime, results, summary
from ..plugin_utils.formats import markdown

MOST_REASONS = 60


class ActionModule(ActionBase):
    """Writes everything first, and only then fails, with one line for each reason."""

    _requires_connection = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset({"run_dir", "run"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Complete the run in `run_dir`, or render the run `run` of the results directory anew."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        try:
            return {**result, **self._report(variables)}
        except declared.DeclarationError as error:
            return {**result, "failed": True, "msg": "\n".join(str(problem) for problem in error.problems)}
        except (results.ResultsError, catalogue.CatalogueError) as error:
            return {**result, "failed": True, "msg": str(error)}

    def _report(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        known = catalogue.load()
        today = datetime.now(timezone.utc).date()
        own = declared.declare(
            playtime.declared_variables(variables["hostvars"][variables["inventory_hostname"]]), known, today
        )
        run = self._run(own.policy, variables)
        if not run.sealed:
            self._complete(run, own.policy, variables["hostvars"], known)
        about = run.read()
        hosts = [closing.totals(document) for document in run.hosts()]
        results.write_text_pieces(run.folder / "report.md", markdown.render(about, hosts, run.hosts()))
        brief = bool(variables.get("awx_job_id") or variables.get("tower_job_id"))
        self._display.display(summary.terminal(about, hosts, run.hosts(), str(run.folder), brief))
        outcome = {"changed": False, "run": run.name, "run_dir": str(run.folder), **about["totals"]}
        if about["reasons"]:
            outcome.update(failed=True, msg=_message(about["reasons"]))
        return outcome

    def _run(self, policy: Mapping[str, Any], variables: Mapping[str, Any]) -> results.Run:
        if self._task.args.get("run_dir"):
            return results.Run(Path(str(self._task.args["run_dir"])))
        store = results.Store(playtime.report_folder(policy, variables))
        return store.run(str(self._task.args.get("run") or results.LATEST))

    def _complete(
        self, run: results.Run, policy: Mapping[str, Any], hostvars: Mapping[str, Any], known: catalogue.Catalogue
    ) -> None:
        about = run.read()
        day = date.fromisoformat(about["date"])

        def declared_of(host: str) -> declared.Declaration | None:
            if host not in hostvars:
                return None
            try:
                return declared.declare(playtime.declared_variables(hostvars[host]), known, day)
            except declared.DeclarationError:
                return None

        at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        closing.fill_gaps(run, declared_of, known, day, at)
        hosts = [closing.totals(document) for document in run.hosts()]
        others = [target["host"] for target in about["targeted"] if target["other_platform"]]
        closing.complete(run, hosts, closing.reasons_to_fail(hosts, others, policy), at)
        results.Store(run.folder.parent).complete(run, int(policy["bulwark_keep_runs"]), day)


def _message(reasons: list[str]) -> str:
    """Return the reasons as lines, as many as somebody reads; run.json holds them all."""
    more = ["and %d more reasons, in run.json" % (len(reasons) - MOST_REASONS)] if len(reasons) > MOST_REASONS else []
    return "\n".join([*reasons[:MOST_REASONS], *more])
