# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory declares for one host: variables gathered, merged by prefix, validated and typed.

Every problem is reported by variable, index, key and value together with what would be right, all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..catalogue.catalogue import Catalogue
from . import registers, selection
from .checking import Problem, holds_secrets, near, problems_in
from .contradictions import contradictions
from .merging import as_meant, merge, target_of
from .waivers import Waiver, WaiverError, waiver

PREFIX = "bulwark_"
#: Names that the playbooks themselves set, and what report.yml takes.
OWN_RESULTS = frozenset(
    {"bulwark_run", "bulwark_posture", "bulwark_report_run", "bulwark_enforced", "bulwark_section", "bulwark_control",
     "bulwark_canary", "bulwark_searches", "bulwark_sightings"}
)  # fmt: skip


@dataclass(frozen=True)
class Declaration:
    """A host's valid declaration: policy values, registers, waivers, and the raw merged registers for records.

    secrets: the values of variables that are no_log. They are nowhere else, so that nothing writes them by accident.
    """

    values: Mapping[str, Any]
    policy: Mapping[str, Any]
    registers: registers.Registers
    waivers: tuple[Waiver, ...]
    secrets: Mapping[str, Any] = field(default_factory=dict, repr=False)


class DeclarationError(Exception):
    """What is declared for a host can't be used; `problems` holds every reason."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


def declare(variables: Mapping[str, Any], catalogue: Catalogue, today: date) -> Declaration:
    """Return the Declaration of a host's variables (all of them or only the bulwark_ ones); raises DeclarationError."""
    given = {name: value for name, value in variables.items() if name.startswith(PREFIX) and name not in OWN_RESULTS}
    validator = _validator(catalogue)
    misfits = {name: list(_misfits(name, value, validator.argument_spec)) for name, value in sorted(given.items())}
    problems = [problem for found in misfits.values() for problem in found]
    # What fits is looked at further all the same, so that every problem is told at once.
    merged = merge({name: value for name, value in given.items() if not misfits[name]})
    result = validator.validate(merged.values)
    problems += merged.problems
    problems += [Problem(PREFIX + "*", message) for message in result.error_messages]
    values = {name: value for name, value in result.validated_parameters.items() if name in merged.values}
    problems += [*contradictions(merged, values, catalogue), *selection.problems_with(values, catalogue)]
    waivers: list[Waiver] = []
    for place, entry in merged.entries("bulwark_waivers", values):
        try:
            waivers.append(waiver(entry, catalogue, today))
        except WaiverError as error:
            problems += [Problem("%s.%s" % (place, key), text) for key, text in error.faults]
    if problems:
        raise DeclarationError(problems)
    known = registers.build(values)
    options = validator.argument_spec
    secrets = {name: values.pop(name) for name in list(values) if holds_secrets(options[name])}
    policy = {**catalogue.defaults(values.get("bulwark_profile") or "baseline"), **values}
    return Declaration(values, policy, known, tuple(waivers), secrets)


def usable(variables: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """Return those of a file's variables that fit, merged and typed as declare() has them."""
    validator = _validator(catalogue)
    specification = validator.argument_spec
    fitting = {
        name: value
        for name, value in variables.items()
        if name.startswith(PREFIX) and name not in OWN_RESULTS and not list(_misfits(name, value, specification))
    }
    merged = merge(fitting)
    validated = validator.validate(merged.values).validated_parameters
    return {name: value for name, value in validated.items() if name in merged.values}


@lru_cache(maxsize=1)
def _validator(catalogue: Catalogue) -> ArgumentSpecValidator:
    return ArgumentSpecValidator(catalogue.argument_spec())


def _misfits(name: str, value: Any, specification: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield that there is no such variable, or where its value doesn't fit."""
    target = target_of(name)
    option = specification.get(target or name)
    if option is None:
        yield Problem(name, "this collection has no such variable%s" % near(name, specification))
    else:
        yield from problems_in(name, option, as_meant(value) if target else value)
