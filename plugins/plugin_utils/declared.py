# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory declares for one host: variables gathered, merged by prefix, validated and typed.

Every problem is reported by host, variable, key and value together with what would be right, all of them at once.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from . import registers
from .catalogue import Catalogue
from .waivers import Waiver, WaiverError, waiver

PREFIX = "bulwark_"
#: Lists that several groups may contribute to, each by a variable of its own: the name plus "_<anything>".
MERGED = ("bulwark_accounts", "bulwark_listeners", "bulwark_zones", "bulwark_contracts", "bulwark_waivers",
          "bulwark_host_lists", "bulwark_admin_cidrs")  # fmt: skip
#: What makes two entries of a merged list the same entry.
IDENTITY = {
    "bulwark_accounts": ("name",),
    "bulwark_listeners": ("proto", "port", "address", "process"),
    "bulwark_zones": ("name",),
}
#: Names that the playbooks themselves set.
OWN_RESULTS = frozenset({"bulwark_run", "bulwark_posture"})
PARTY = re.compile(r"customer|(msp|vendor):[a-z0-9][a-z0-9._-]*")
PARTY_TEXT = "customer, msp:<id> or vendor:<id> (id in lower case)"
DATES = {
    "bulwark_accounts": ("expires", "tested"),
    "bulwark_contracts": ("start", "end"),
    "bulwark_waivers": ("expires",),
    "bulwark_host_lists": ("date",),
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """One thing wrong with what is declared: the variable (with index and key) and what would be right."""

    variable: str
    text: str

    def __str__(self) -> str:
        return "%s: %s" % (self.variable, self.text)


@dataclass(frozen=True)
class Declaration:
    """A host's valid declaration: policy values, registers, waivers, and the raw merged registers for records."""

    values: Mapping[str, Any]
    policy: Mapping[str, Any]
    registers: registers.Registers
    waivers: tuple[Waiver, ...]


class DeclarationError(Exception):
    """What is declared for a host can't be used; `problems` holds every reason."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


def declare(variables: Mapping[str, Any], catalogue: Catalogue, today: date) -> Declaration:
    """Return the Declaration of a host's variables (all of them or only the bulwark_ ones); raises DeclarationError."""
    given = {
        name: value for name, value in variables.items() if name.startswith(PREFIX) and name not in OWN_RESULTS
    }
    merged, problems = merge(given)
    specification = catalogue.argument_spec()
    problems += _unknown(merged, specification)
    known = {name: value for name, value in merged.items() if name in specification}
    result = _validator(catalogue).validate(known)
    problems += [_from_validator(message, known) for message in result.error_messages]
    if problems:
        raise DeclarationError(problems)
    values = {name: value for name, value in result.validated_parameters.items() if name in known}
    problems = list(_semantic_problems(values))
    waivers: list[Waiver] = []
    for index, entry in enumerate(values.get("bulwark_waivers") or []):
        try:
            waivers.append(waiver(entry, catalogue, today))
        except WaiverError as error:
            problems.append(Problem("bulwark_waivers[%d].%s" % (index, error.key), error.text))
    if problems:
        raise DeclarationError(problems)
    policy = {**catalogue.defaults(values.get("bulwark_profile") or "baseline"), **values}
    return Declaration(values, policy, registers.build(values), tuple(waivers))


@lru_cache(maxsize=1)
def _validator(catalogue: Catalogue) -> ArgumentSpecValidator:
    return ArgumentSpecValidator(catalogue.argument_spec())


def merge(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Return the variables with each merged list concatenated from all that contribute, and what clashes."""
    merged: dict[str, Any] = {}
    problems: list[Problem] = []
    sources: dict[str, dict[Any, str]] = {name: {} for name in MERGED}
    for name in sorted(given):
        target = next((list_name for list_name in MERGED if name == list_name or name.startswith(list_name + "_")), None)
        if target is None:
            merged[name] = given[name]
            continue
        entries = given[name]
        if not isinstance(entries, list):
            problems.append(Problem(name, "must be a list, found %s" % type(entries).__name__))
            continue
        for index, entry in enumerate(entries):
            identity = _identity(target, entry)
            if identity is not None and identity in sources[target]:
                problems.append(
                    Problem("%s[%d]" % (name, index),
                            "%s is declared in %s already; keep one of them" % (_shown(identity), sources[target][identity]))
                )  # fmt: skip
            elif identity is not None:
                sources[target][identity] = name
        merged[target] = merged.get(target, []) + entries
    return merged, problems


def _identity(target: str, entry: Any) -> tuple[str, ...] | None:
    keys = IDENTITY.get(target)
    if keys is None or not isinstance(entry, Mapping):
        return None
    return tuple(str(entry.get(key)) for key in keys)


def _shown(identity: tuple[str, ...]) -> str:
    return "/".join(part for part in identity if part != "None")


def _unknown(merged: Mapping[str, Any], specification: Mapping[str, Any]) -> list[Problem]:
    problems = []
    for name in sorted(set(merged) - set(specification)):
        near = difflib.get_close_matches(name, specification, n=1, cutoff=0.75)
        hint = "; did you mean %s?" % near[0] if near else ""
        problems.append(Problem(name, "this collection has no such variable%s" % hint))
    return problems


def _from_validator(message: str, known: Mapping[str, Any]) -> Problem:
    variable = next((name for name in sorted(known, key=len, reverse=True) if name in message), PREFIX + "*")
    return Problem(variable, message)


def _semantic_problems(values: Mapping[str, Any]) -> Iterator[Problem]:
    for name, keys in DATES.items():
        for place, entry in _entries(values, name):
            yield from _dates(place, entry, keys)
    for place, entry in _entries(values, "bulwark_accounts"):
        yield from _party(place + ".party", entry.get("party"))
        yield from _networks(place + ".sources", entry.get("sources") or ())
        for index, key in enumerate(entry.get("keys") or ()):
            yield from _dates("%s.keys[%d]" % (place, index), key, ("since",))
            if not str(key.get("fingerprint", "")).startswith("SHA256:"):
                yield Problem("%s.keys[%d].fingerprint" % (place, index),
                              "%r is no fingerprint; write it as ssh-keygen -lf prints it: SHA256:..." % key.get("fingerprint"))  # fmt: skip
    for place, entry in _entries(values, "bulwark_listeners"):
        if not 0 < int(entry["port"]) < 65536:
            yield Problem(place + ".port", "%r is no port; 1 to 65535" % entry["port"])
    for place, entry in _entries(values, "bulwark_zones"):
        yield from _networks(place + ".cidrs", entry.get("cidrs") or ())
    for place, entry in _entries(values, "bulwark_contracts"):
        yield from _party(place + ".party", entry.get("party"))
    yield from _networks("bulwark_admin_cidrs", values.get("bulwark_admin_cidrs") or ())
    for index, party in enumerate(values.get("bulwark_msp_managed") or ()):
        yield from _party("bulwark_msp_managed[%d]" % index, party)


def _entries(values: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for index, entry in enumerate(values.get(name) or ()):
        if isinstance(entry, Mapping):
            yield "%s[%d]" % (name, index), entry


def _dates(place: str, entry: Mapping[str, Any], keys: tuple[str, ...]) -> Iterator[Problem]:
    for key in keys:
        value = entry.get(key)
        if value in (None, ""):
            continue
        try:
            date.fromisoformat(str(value)[:10])
        except ValueError:
            yield Problem("%s.%s" % (place, key), "%r is no date; write it as YYYY-MM-DD" % str(value))


def _party(place: str, value: Any) -> Iterator[Problem]:
    if not PARTY.fullmatch(str(value)):
        yield Problem(place, "%r is no party; write %s" % (value, PARTY_TEXT))


def _networks(place: str, values: Any) -> Iterator[Problem]:
    for value in values:
        try:
            ipaddress.ip_network(str(value), strict=False)
        except ValueError:
            yield Problem(place, "%r is no network or address; write it as 192.0.2.0/24 or 2001:db8::/32" % str(value))
