# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of bulwark.msp.posture: read the host once, judge, write its result file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils import results
from ..plugin_utils.catalogue import catalogue
from ..plugin_utils.declared import declared, selection
from ..plugin_utils.declared.subjects import backups, log_agents, log_hours, marks, places, sensors, subjects
from ..plugin_utils.enforce import choosing
from ..plugin_utils.enforce.workspace import Workspace
from ..plugin_utils.evaluators.facts import Facts
from ..plugin_utils.evaluators.verdict import Case
from ..plugin_utils.fleet.fingerprints import Key
from ..plugin_utils.judges.all import JUDGES
from ..plugin_utils.runs import deep, judging, playtime, signed_files
from ..plugin_utils.runs.context import context
from ..plugin_utils.runs.finding import Subject
from ..plugin_utils.runs.remote import Remote, RemoteError, Unreachable, account_of
from ..plugin_utils.text import clean

MODULE = "bulwark.msp.linux_state_info"
NAME_LIMIT = 300
#: Ansible imports an action before it forks a worker for each host: what is loaded here, they share.
CATALOGUE = catalogue.load()
ENFORCED = CATALOGUE.enforced()
judging.prepare(CATALOGUE)
playtime.share_memory()


class ActionModule(ActionBase):
    """Reads and judges one host. Hands Ansible counts only; everything else is in the result file."""

    _supports_check_mode = True
    _VALID_ARGS = frozenset({"run", "enforce", "keep", "deep"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return counts by status and the platform; a host that can't be read doesn't fail."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        about = playtime.plain(self._task.args["run"])
        run = results.Run(Path(about["run_dir"]))
        today = date.fromisoformat(about["date"])
        host = str(variables["inventory_hostname"])
        declared_here = playtime.declared_variables(variables["hostvars"][host])
        declaration = signed_files.with_signatures(declared.declare(declared_here, CATALOGUE, today), run)
        subject = Subject(host, declaration, self._covers(host, variables["groups"]))
        controls = selection.selected(declaration.policy, CATALOGUE, JUDGES)
        known = context(run, subject, controls, CATALOGUE)
        state: Mapping[str, Any] = {}
        key = Key(declaration.secrets.get("bulwark_fingerprint_key") or run.key())
        walked = deep.Walked()
        try:
            walked = self._walk(subject, variables)
            state, problem = self._state(subject, variables, key, self._areas(declaration.policy, controls))
            document = judging.judge_state(state, subject, controls, CATALOGUE, today, about, key, known)
            for reason in filter(None, (walked.problem, problem)):
                document["errors"].insert(0, {"area": None, "fact": None, "reason": reason})
            if declaration.policy.get("bulwark_keep_state"):
                run.write_state(subject.customer, host, state)
        except RemoteError as failure:
            at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            document = judging.unread_host(str(failure), subject, controls, CATALOGUE, about, at, earlier=known.earlier)
            self._display.warning("bulwark: %s was not read: %s" % (clean(host, NAME_LIMIT), failure))
        run.write_host(document)
        if self._task.args.get("enforce"):
            case = Case(Facts(state), declaration.policy, declaration.registers, today, known, host)
            result.update(_to_enforce(document, case, state, host))
        elif self._task.args.get("keep") and state:
            case = Case(Facts(state), declaration.policy, declaration.registers, today, known, host)
            Workspace(host).begin(case, state, (), {})
        return {
            **result,
            "changed": bool(walked.told),
            "run": about["run"],
            "platform": document["platform"],
            "counts": dict(Counter(finding["status"] for finding in document["findings"])),
            "unread": [error["reason"] for error in document["errors"] if error["area"] is None],
        }

    def _covers(self, host: str, groups: Mapping[str, list[str]]) -> Callable[[str], bool]:
        """Return whether a host pattern covers the host; the inventory is gone through only where a waiver has one."""
        return lambda pattern: host in playtime.host_patterns(self._loader, groups)(pattern)

    def _walk(self, subject: Subject, variables: Mapping[str, Any]) -> deep.Walked:
        """Have the host walk its disks and check its backups where the run asks for it, and say so."""
        policy = subject.declaration.policy
        asked = self._task.args.get("deep") and policy["bulwark_deep"] and not self._task.check_mode
        if not asked or policy.get("bulwark_state_dir"):
            return deep.Walked()
        remote = Remote(self, variables)
        parts = (deep.walk(remote, policy), deep.check_backups(remote, subject.declaration.registers, policy))
        for part in parts:
            if part.told:
                self._display.display("bulwark: %s %s" % (clean(subject.host, NAME_LIMIT), clean(part.told)))
        told, problems = ([text for text in texts if text] for texts in zip(*parts, strict=True))
        return deep.Walked("; ".join(told), "; ".join(problems))

    def _areas(self, policy: Mapping[str, Any], controls: Iterable[str]) -> list[str]:
        """Return the areas that are read: all where the state is for more than these judges."""
        whole = self._task.args.get("enforce") or self._task.args.get("keep") or policy.get("bulwark_keep_state")
        return [] if whole else judging.areas(controls, CATALOGUE)

    def _state(
        self, subject: Subject, variables: Mapping[str, Any], key: Key, areas: list[str]
    ) -> tuple[Mapping[str, Any], str]:
        """Return the host's state and, where escalation failed, the reason it was read without."""
        policy = subject.declaration.policy
        if policy.get("bulwark_state_dir"):
            return self._recorded(Path(str(policy["bulwark_state_dir"])), subject.host), ""
        seconds = float(policy["bulwark_read_seconds"])
        arguments = {
            "areas": areas,
            "subjects": subjects(subject.declaration.registers),
            "marks": marks(policy),
            "places": places(policy, subject.declaration.registers),
            "log_hours": log_hours(policy, subject.declaration.registers),
            "backups": backups(subject.declaration.registers),
            "scan_reports": policy["bulwark_scan_reports"],
            "log_agents": log_agents(subject.declaration.registers),
            "sensors": sensors(subject.declaration.registers),
            "fingerprint_key": key.for_hosts if policy["bulwark_compare_hashes"] else "",
            "seconds": seconds,
        }
        remote = Remote(self, variables)
        try:
            return _read(remote, arguments, seconds), ""
        except Unreachable:
            raise
        except RemoteError as failure:
            if not remote.escalates:
                raise
            remote.without_escalation()
            return _read(remote, arguments, seconds), "not read as root (%s), only without" % failure

    @staticmethod
    def _recorded(folder: Path, host: str) -> Mapping[str, Any]:
        try:
            return judging.check_state(results.read_json(folder / (results.encoded(host) + ".json")))
        except (results.ResultsError, judging.StateError) as error:
            raise RemoteError("no recorded state: %s" % error) from None


def _read(remote: Remote, arguments: Mapping[str, Any], seconds: float) -> Mapping[str, Any]:
    answer = remote.call(MODULE, arguments, seconds)
    if "state" not in answer:
        raise RemoteError(account_of(answer, "reader"))
    try:
        return judging.check_state(answer["state"])
    except judging.StateError as error:
        raise RemoteError(str(error)) from None


def _to_enforce(document: Mapping[str, Any], case: Case, state: Mapping[str, Any], host: str) -> dict[str, Any]:
    """Keep what enforcement builds on, and return the failing controls by section and those that are left."""
    choice = choosing.choose(document, case.policy, CATALOGUE, ENFORCED)
    Workspace(host).begin(case, state, choice.failing, choice.left)
    sections: dict[str, list[str]] = {}
    for control in choice.failing:
        sections.setdefault(CATALOGUE.section_of(control), []).append(control)
    before = {finding["control"]: finding["status"] for finding in document["findings"]}
    return {"failing": sections, "left": choice.left, "before": before, "unwaived": choice.unwaived}
