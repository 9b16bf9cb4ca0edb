# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of bulwark.msp.report: complete the run, render its pages, then fail the play where asked to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils import results
from ..plugin_utils.catalogue import catalogue
from ..plugin_utils.declared import declared
from ..plugin_utils.drafting import waivers
from ..plugin_utils.drift import documents, finish, history, merge, model, shapes, verify
from ..plugin_utils.formats import notices, summary, writing
from ..plugin_utils.runs import closing, memory, playtime, rings
from ..plugin_utils.text import clean

MOST_REASONS = 60
ONE_CUSTOMER = "bulwark_draft_waivers is of one customer; narrow the play with --limit, it has %s"

playtime.share_memory()


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
        if own.policy["bulwark_verify"] and not self._task.args.get("run_dir"):
            return self._verified(own.policy, variables)
        run = self._run(own.policy, variables)
        done = finish.Finished([], None)
        if not run.sealed:
            ring = self._ring(run, own.policy, variables)
            if ring.goes_on:
                later = len(ring.later)
                return {"changed": False, "run": run.name, "run_dir": str(run.folder), "later": later}
            done = self._complete(run, own.policy, variables["hostvars"], known, ring)
        about = documents.about_run(run)
        earlier = done.earlier or history.read(memory.history_folder(run, own.policy), about)
        report = model.build(run, earlier, known)
        writing.write(run, report, known)
        brief = bool(variables.get("awx_job_id") or variables.get("tower_job_id"))
        shown = (page.document for page in report.documents())
        self._display.display(
            summary.terminal(about, report.totals, shown, str(run.folder), brief, report.fleet.enforcement)
        )
        self._tell(report.problems, brief)
        for notice in notices.lines(report.fleet.policy, brief):
            self._display.warning(notice)
        outcome = {"changed": False, "run": run.name, "run_dir": str(run.folder), **about["totals"]}
        if own.policy["bulwark_draft_waivers"]:
            outcome["waivers"] = self._drafted(str(own.policy["bulwark_draft_waivers"]), report, variables, known)
        reasons = [*about["reasons"], *done.late]
        if reasons:
            outcome.update(failed=True, msg=_message(reasons))
        return outcome

    def _run(self, policy: Mapping[str, Any], variables: Mapping[str, Any]) -> results.Run:
        if self._task.args.get("run_dir"):
            return results.Run(Path(str(self._task.args["run_dir"])))
        store = results.Store(playtime.report_folder(policy, variables))
        if policy["bulwark_merge"]:
            slices = [Path(str(folder)) for folder in policy["bulwark_merge"]]
            return merge.merge(slices, store, datetime.now(timezone.utc))
        return store.run(str(self._task.args.get("run") or results.LATEST))

    def _ring(self, run: results.Run, policy: Mapping[str, Any], variables: Mapping[str, Any]) -> rings.Ring:
        """Return where a run in rings stands; another, or one that was cut off before, goes on to no host."""
        about = run.read()
        if not about.get("rings"):
            return rings.Ring((), {})
        targets = {target["host"]: target for target in about["targeted"] if not target["other_platform"]}
        if not self._task.args.get("run_dir"):
            return rings.Ring(tuple(closing.without_result(run, about)), {})
        return rings.ring(
            variables["ansible_play_hosts_all"],
            set(variables["ansible_play_hosts"]),
            {*variables["ansible_play_batch"], variables["inventory_hostname"]},
            lambda host: _trouble(run, targets[host], policy, variables["hostvars"][host]) if host in targets else "",
        )

    def _complete(
        self,
        run: results.Run,
        policy: Mapping[str, Any],
        hostvars: Mapping[str, Any],
        known: catalogue.Catalogue,
        ring: rings.Ring,
    ) -> finish.Finished:
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
        closing.fill_gaps(run, declared_of, known, day, at, ring.later)
        return finish.finish(run, policy, known, at, ring.troubled)

    def _drafted(
        self, place: str, report: model.ReportModel, variables: Mapping[str, Any], known: catalogue.Catalogue
    ) -> str:
        """Draft waivers of what fails at the one customer of the play's hosts, and return where they are."""
        played = set(variables["ansible_play_hosts_all"])
        customers = {target["customer"] for target in report.about["targeted"] if target["host"] in played}
        if len(customers) != 1:
            raise results.ResultsError(ONE_CUSTOMER % (", ".join(sorted(customers)) or "none of the run"))
        (customer,) = customers
        found = waivers.Open(known)
        found.add("", next(view.findings for view in report.customers if view.customer == customer))
        for page in report.documents(customer):
            found.add(page.row.host, page.document["findings"])
        text = found.draft(customer, report.run.date)
        if not text:
            self._display.display("Nothing fails at %s that a waiver could accept" % clean(customer))
            return ""
        path = Path(place).expanduser().absolute()
        if not self._task.check_mode:
            results.write_new(path, text)
        self._display.display("Waivers to be decided, one by one, lie in %s" % clean(path))
        return str(path)

    def _tell(self, problems: tuple[shapes.Problem, ...], brief: bool) -> None:
        """Say which result files were left out; a job log carries their number alone."""
        if problems and brief:
            self._display.warning("%d result files can't be used and were left out" % len(problems))
        for problem in () if brief else problems[:MOST_REASONS]:
            self._display.warning("%s %s" % (problem.path, problem.reason))

    def _verified(self, policy: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        """Check the chain of evidence; fail naming the first file that doesn't match, and then the others."""
        signers = policy["bulwark_allowed_signers"]
        store = results.Store(playtime.report_folder(policy, variables))
        verdict = verify.verify(store, Path(str(signers)).expanduser() if signers else None)
        self._display.display("\n".join(verdict.told))
        outcome: dict[str, Any] = {"changed": False, "faults": list(verdict.faults)}
        if verdict.faults:
            outcome.update(failed=True, msg=_message(list(verdict.faults)))
        return outcome


def _trouble(
    run: results.Run, target: Mapping[str, Any], policy: Mapping[str, Any], variables: Mapping[str, Any]
) -> str:
    """Return why a run may not go on after a host, nothing where it may."""
    path = run.host_file(target["customer"], target["host"])
    problem = closing.totals(results.read_json(path)).problem if path.exists() else closing.NO_RESULT
    counted = problem if policy["bulwark_fail_on_unreachable"] else None
    return rings.trouble(counted, variables.get("bulwark_posture") or {}, variables.get("bulwark_enforced") or {})


def _message(reasons: list[str]) -> str:
    """Return the reasons as lines, as many as somebody reads; run.json and the task's result hold them all."""
    more = ["and %d more reasons" % (len(reasons) - MOST_REASONS)] if len(reasons) > MOST_REASONS else []
    return "\n".join([*reasons[:MOST_REASONS], *more])
