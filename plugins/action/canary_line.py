# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of bulwark.msp.canary_line: have a host log a line that nobody could have guessed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from datetime import date
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils.catalogue import catalogue
from ..plugin_utils.declared import declared
from ..plugin_utils.declared.registers import Undeclared
from ..plugin_utils.runs import canary, playtime
from ..plugin_utils.runs.remote import Remote, RemoteError, Unreachable, account_of
from ..plugin_utils.text import clean

MODULE = "bulwark.msp.canary_line"
SECONDS = 30.0
CATALOGUE = catalogue.load()
playtime.share_memory()


class ActionModule(ActionBase):
    """Never fails: what went wrong is told with all the others' lines."""

    _supports_check_mode = True
    _VALID_ARGS = frozenset({"run"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the line as runs/canary.py describes it."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        about = playtime.plain(self._task.args["run"])
        host = str(variables["inventory_hostname"])
        here = playtime.declared_variables(variables["hostvars"][host])
        declaration = declared.declare(here, CATALOGUE, date.fromisoformat(about["date"]))
        policy = declaration.policy
        line: dict[str, Any] = {
            "host": host,
            "customer": declaration.registers.customer,
            "days": int(policy["bulwark_mfa_events_days"]),
            "seconds": int(policy["bulwark_canary_log_seconds"]),
            "collectors": [],
            "why": "",
            "wrong": False,
        }
        try:
            line["collectors"] = canary.destinations(declaration.registers, policy["bulwark_log_store"], host)
        except Undeclared as reason:
            line["why"] = str(reason)
        if not line["why"] and not line["collectors"]:
            line["why"] = "bulwark_collectors names nobody who collects what this host logs"
        if line["why"] or self._task.check_mode:
            return {**result, "changed": not line["why"], "line": line}
        token = secrets.token_hex(16)
        try:
            answer = _written(Remote(self, variables), {"token": token, "days": line["days"]})
        except RemoteError as failure:
            line.update(why=str(failure), wrong=bool(policy["bulwark_fail_on_unreachable"]))
            return {**result, "changed": False, "line": line}
        names = answer["names"] if isinstance(answer.get("names"), list) else []
        line.update(
            token=token,
            sent=time.time(),
            factors=canary.moment(answer.get("factors")),
            names=[host, *(clean(name, canary.NAME_LIMIT) for name in names[:3])],
        )
        return {**result, "changed": True, "line": line}


def _written(remote: Remote, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the module's answer; without escalation where that fails, since any account may log."""
    try:
        return _call(remote, arguments)
    except Unreachable:
        raise
    except RemoteError:
        if not remote.escalates:
            raise
        remote.without_escalation()
        return _call(remote, arguments)


def _call(remote: Remote, arguments: Mapping[str, Any]) -> dict[str, Any]:
    answer = remote.call(MODULE, arguments, SECONDS)
    if not answer.get("changed"):
        raise RemoteError(account_of(answer, "canary"))
    return answer
