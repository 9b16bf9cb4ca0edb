# SPDX-License-Identifier: GPL-3.0-or-later
"""One host judged: its state, what is declared for it and the policy become the host's result document."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from .catalogue import Catalogue
from .facts import Facts
from .finding import Subject, blank, finding
from .judges.all import JUDGES
from .text import clean

SCHEMA = "bulwark/host-result/1"
STATE_SCHEMA = "bulwark/host-state/1"


class StateError(Exception):
    """A document isn't a host state this version can judge; the text says why."""


def check_state(state: Any) -> Mapping[str, Any]:
    """Return `state` where it is a host state of a form we know; raises StateError otherwise."""
    if not isinstance(state, Mapping):
        raise StateError("the host state is no object")
    if state.get("schema") != STATE_SCHEMA:
        raise StateError("the host state has schema %r, this version reads %s" % (state.get("schema"), STATE_SCHEMA))
    for key, form in (("areas", Mapping), ("errors", list), ("collected_at", str)):
        if not isinstance(state.get(key), form):
            raise StateError("the host state has no usable '%s'" % key)
    return state


def judge_state(
    state: Mapping[str, Any], subject: Subject, controls: Iterable[str], catalogue: Catalogue, today: date,
    run: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """Return the host's result document with one finding for each of `controls`."""
    facts = Facts(state)
    system = state["areas"].get("system", {})
    account = str(system.get("account") or "")
    registered = subject.declaration.registers.account(account)
    return _document(
        subject,
        run,
        platform=_platform(system),
        identity={"account": clean(account), "kind": registered.kind if registered else None},
        collected_at=state["collected_at"],
        seconds=state.get("seconds"),
        state_sha256=hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest(),
        findings=[
            finding(catalogue.control(id_), catalogue, JUDGES[id_], facts, subject, today, state["collected_at"])
            for id_ in controls
        ],
        errors=[
            {"area": clean(error["area"]), "fact": error["fact"] and clean(error["fact"]), "reason": clean(error["reason"])}
            for error in state["errors"]
        ],
    )


def unread_host(
    reason: str, subject: Subject, controls: Iterable[str], catalogue: Catalogue, run: Mapping[str, Any], at: str,
    platform: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the result document of a host that could not be read: every control `unknown`, with the reason."""
    return _document(
        subject,
        run,
        platform=dict(platform or {"system": "unknown", "family": "unknown", "version": ""}),
        identity={"account": "", "kind": None},
        collected_at=at,
        seconds=None,
        state_sha256=None,
        findings=[blank(catalogue.control(id_), catalogue, subject, "unknown", reason, at) for id_ in controls],
        errors=[{"area": None, "fact": None, "reason": clean(reason)}],
    )


def _document(subject: Subject, run: Mapping[str, Any], **observed: Any) -> dict[str, Any]:
    accounts = subject.declaration.registers.accounts or ()
    return {
        "schema": SCHEMA,
        "run": run["run"],
        "sequence": run["sequence"],
        "host": subject.host,
        "customer": subject.customer,
        "parties": sorted({account.party for account in accounts}),
        **observed,
        "links": {},
    }


def _platform(system: Mapping[str, Any]) -> dict[str, str]:
    release = system.get("release") or {}
    return {
        "system": clean(release.get("pretty_name") or release.get("id") or "unknown"),
        "family": clean(system.get("family") or "unknown"),
        "version": clean(release.get("version_id") or ""),
    }
