# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of bulwark.msp.canary_search: ask one collector for the lines of all hosts that send there."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils.runs import canary, playtime
from ..plugin_utils.runs.remote import Remote, RemoteError, account_of

MODULE = "bulwark.msp.canary_search"
#: Seconds that one call waits: a connection on which nothing comes for minutes may be cut on its way.
PATIENCE = 60.0
#: Seconds on top for looking at what is held of the senders.
HOLDINGS = 60.0
playtime.share_memory()


class Denied(RemoteError):
    """The account may not read the store."""


class ActionModule(ActionBase):
    """Never fails: what went wrong is told with all the lines. Delegated to the collector."""

    _supports_check_mode = True
    _VALID_ARGS = frozenset({"search"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the answer as runs/canary.py describes it."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        search = playtime.plain(self._task.args["search"])
        answer: dict[str, Any] = {
            "collector": search["collector"], "store": search["store"], "until": time.time(), "skew": 0.0,
            "senders": {}, "problem": "",
        }  # fmt: skip
        try:
            self._look(Remote(self, task_vars or {}), search, answer)
        except RemoteError as failure:
            answer["problem"] = str(failure)
        return {**result, "changed": False, "answer": answer}

    def _look(self, remote: Remote, search: Mapping[str, Any], answer: dict[str, Any]) -> None:
        """Fill in the answer, call by call until all is found or the time is over."""
        missing = [line["host"] for line in search["lines"]]
        while True:
            arguments = canary.asked(search, time.time(), PATIENCE, missing)
            said = _read(remote, arguments)
            now = time.time()
            told = canary.taken(said, missing)
            answer["senders"].update(told)
            answer.update(until=now, skew=(canary.moment(said.get("now")) or now) - now)
            missing = [host for host in missing if told.get(host, {}).get("seen") is None]
            if not missing or arguments["seconds"] < PATIENCE:
                return


def _read(remote: Remote, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the module's answer; escalated only where the account that logs in may not read the store."""
    try:
        with remote.unescalated():
            return _call(remote, arguments)
    except Denied:
        if not remote.escalates:
            raise
    return _call(remote, arguments)


def _call(remote: Remote, arguments: Mapping[str, Any]) -> dict[str, Any]:
    answer = remote.call(MODULE, arguments, arguments["seconds"] + HOLDINGS)
    if "now" not in answer:
        raise (Denied if answer.get("denied") is True else RemoteError)(account_of(answer, "search"))
    return answer
