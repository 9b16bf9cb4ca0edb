# SPDX-License-Identifier: GPL-3.0-or-later
"""One host judged: its state, what is declared for it and the policy become the host's result document."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from ..catalogue.catalogue import PROFILES, Catalogue
from ..catalogue.end_of_support import end_of_support
from ..catalogue.remote_tools import remote_tools
from ..catalogue.sensors import sensors
from ..evaluators.context import NOTHING, SOURCES, Context
from ..evaluators.facts import Facts
from ..evaluators.patterns import one_of
from ..evaluators.verdict import Case
from ..fleet.fingerprints import Key
from ..fleet.links import AREAS as LINKED
from ..fleet.links import links
from ..judges.all import JUDGES
from ..text import clean
from .finding import Subject, blank, finding
from .memory import Memory

SCHEMA = "bulwark/host-result/1"
STATE_SCHEMA = "bulwark/host-state/1"
#: The area that says which system it is.
PLATFORM = "system"
TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
#: A day in seconds: more than any reading takes, and less than infinity.
FOREVER = 86400
WILD = frozenset("*?[")


class StateError(Exception):
    """A document isn't a host state this version can judge; the text says why."""


def check_state(state: Any) -> Mapping[str, Any]:
    """Return `state` where it is a host state of a form we know; raises StateError otherwise."""
    if not isinstance(state, Mapping):
        raise StateError("the host state is no object")
    if state.get("schema") != STATE_SCHEMA:
        raise StateError("the host state has schema %r, this version reads %s" % (state.get("schema"), STATE_SCHEMA))
    if not TIME.fullmatch(str(state.get("collected_at"))):
        raise StateError("the host state has no usable 'collected_at'")
    seconds = state.get("seconds")
    if not isinstance(seconds, (int, float)) or not 0 <= seconds < FOREVER:
        raise StateError("the host state has no usable 'seconds'")
    areas = state.get("areas")
    if not isinstance(areas, Mapping) or not all(isinstance(facts, Mapping) for facts in areas.values()):
        raise StateError("the host state has no usable 'areas'")
    errors = state.get("errors")
    if not isinstance(errors, list) or not all(_is_error(error) for error in errors):
        raise StateError("the host state has no usable 'errors'")
    return state


def _is_error(error: Any) -> bool:
    return (
        isinstance(error, Mapping)
        and isinstance(error.get("area"), str)
        and isinstance(error.get("fact", ""), (str, type(None)))
        and isinstance(error.get("reason"), str)
        and bool(error["reason"])
    )


def prepare(catalogue: Catalogue) -> None:
    """Load what judging any host needs: before workers are forked, which then share it.

    That is what is known of the world outside, and the expressions of the patterns there and in the policy's defaults.
    """
    policies = [catalogue.defaults(profile).values() for profile in PROFILES]
    lists = [tuple(value) for values in policies for value in values if isinstance(value, list)]
    for tool in remote_tools().tools:
        lists += [tool.packages, tool.units, tool.user_units, tool.programs, tool.paths]
    lists += [end_of_support().foreign, *(product.units for product in sensors().products)]
    for patterns in lists:
        if any(isinstance(one, str) and WILD.intersection(one) for one in patterns):
            one_of(patterns)


def areas(controls: Iterable[str], catalogue: Catalogue) -> list[str]:
    """Return the areas of a host's state that its result is made from, where `controls` are judged."""
    read = {area for id_ in controls for area in catalogue.control(id_).reads} - set(SOURCES)
    return sorted({PLATFORM, *LINKED, *read})


def judge_state(
    state: Mapping[str, Any], subject: Subject, controls: Iterable[str], catalogue: Catalogue, today: date,
    run: Mapping[str, Any], key: Key, context: Context = NOTHING,
) -> dict[str, Any]:  # fmt: skip
    """Return the host's result document with one finding for each of `controls`.

    key: of the fingerprints by which fleet judges compare this host with others.
    """
    declaration = subject.declaration
    case = Case(Facts(state), declaration.policy, declaration.registers, today, context, subject.host)
    system = state["areas"].get(PLATFORM, {})
    account = str(system.get("account") or "")
    registered = declaration.registers.account(account)
    return _document(
        subject,
        run,
        platform=_platform(system),
        identity={"account": clean(account), "kind": registered.kind if registered else None},
        collected_at=state["collected_at"],
        seconds=state.get("seconds"),
        state_sha256=hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest(),
        findings=[
            finding(catalogue.control(id_), catalogue, JUDGES[id_], case, subject, state["collected_at"])
            for id_ in controls
        ],
        errors=[
            {"area": clean(error["area"]), "fact": fact and clean(fact), "reason": clean(error["reason"])}
            for error in state["errors"]
            for fact in [error.get("fact")]
        ],
        links=links(case, key),
    )


def unread_host(
    reason: str, subject: Subject, controls: Iterable[str], catalogue: Catalogue, run: Mapping[str, Any], at: str,
    platform: Mapping[str, Any] | None = None, earlier: Memory | None = None,
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
        findings=[
            blank(catalogue.control(id_), catalogue, subject, "unknown", reason, at, earlier) for id_ in controls
        ],
        errors=[{"area": None, "fact": None, "reason": clean(reason)}],
        links={},
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
    }


def _platform(system: Mapping[str, Any]) -> dict[str, str]:
    release = system.get("release")
    release = release if isinstance(release, Mapping) else {}
    return {
        "system": clean(release.get("pretty_name") or release.get("id") or "unknown"),
        "family": clean(system.get("family") or "unknown"),
        "version": clean(release.get("version_id") or ""),
    }
