# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of bulwark.msp.onboard: what this run's hosts were found with becomes a draft for each customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils import results
from ..plugin_utils.catalogue import catalogue
from ..plugin_utils.declared import declared
from ..plugin_utils.enforce.workspace import Workspace, WorkspaceError
from ..plugin_utils.onboarding import draft
from ..plugin_utils.onboarding.found import found
from ..plugin_utils.runs import playtime
from ..plugin_utils.text import clean

#: How a host is reached, beside secrets.
CONNECTION = ("ansible_host", "ansible_port", "ansible_user", "ansible_connection")

playtime.share_memory()


class ActionModule(ActionBase):
    """Connects to nothing: bulwark.msp.posture has read and judged the hosts, with keep: true."""

    _requires_connection = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset({"run"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Write a folder for each customer of the run and return where they lie."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        about = playtime.plain(self._task.args["run"])
        run = results.Run(Path(about["run_dir"]))
        hosts: dict[str, dict[str, Any]] = {}
        for target in run.read()["targeted"]:
            how = _reached(variables["hostvars"][target["host"]])
            hosts.setdefault(target["customer"], {})[target["host"]] = how
        folders = []
        try:
            drafts = _drafts(variables, date.fromisoformat(about["date"]))
            for customer, own in hosts.items():
                folder = drafts / results.encoded(customer) / about["run"]
                read = {host: found(case) for host in own for case in [_case(host)] if case}
                written = draft.files(customer, own, read, about["date"], str(folder))
                results.write_tree(folder, written)
                folders.append(str(folder))
        except results.ResultsError as error:
            return {**result, "failed": True, "msg": str(error)}
        for folder in folders:
            self._display.display("A draft to be read and approved lies in %s" % clean(folder))
        return {**result, "changed": False, "drafts": folders}


def _drafts(variables: Mapping[str, Any], today: date) -> Path:
    here = playtime.declared_variables(variables["hostvars"][variables["inventory_hostname"]])
    policy = declared.declare(here, catalogue.load(), today).policy
    return Path(str(policy["bulwark_draft_dir"])).expanduser().absolute()


def _case(host: str) -> Any:
    try:
        return Workspace(host).case()
    except WorkspaceError:
        return None


def _reached(variables: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: playtime.plain(variables[name]) for name in CONNECTION if name in variables}
    return {name: value for name, value in known.items() if isinstance(value, (str, int))}
