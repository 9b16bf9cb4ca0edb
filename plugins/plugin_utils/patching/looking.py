# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's packages read once more, after it has fetched its lists anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..evaluators.facts import Facts
from ..evaluators.verdict import Case
from ..runs.judging import StateError, check_state
from ..runs.remote import Remote, RemoteError, account_of

MODULE = "bulwark.msp.linux_state_info"
AREAS = ("packages", "running", "system", "updates")


def again(host: Remote, case: Case, state: Mapping[str, Any], seconds: float) -> Case:
    """Return the case with what the host says of its packages now; raises RemoteError."""
    answer = host.call(MODULE, {"areas": list(AREAS), "seconds": seconds}, seconds)
    if "state" not in answer:
        raise RemoteError(account_of(answer, "reader"))
    try:
        fresh = check_state(answer["state"])
    except StateError as error:
        raise RemoteError(str(error)) from None
    areas = {**state["areas"], **{name: fresh["areas"][name] for name in AREAS if name in fresh["areas"]}}
    errors = [error for error in state["errors"] if error["area"] not in AREAS]
    return replace(case, facts=Facts({"areas": areas, "errors": [*errors, *fresh["errors"]]}))
