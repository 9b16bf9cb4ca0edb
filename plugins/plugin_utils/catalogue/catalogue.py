# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue: what the advisory asks for, the controls and records that show it, and the policy they judge by.

`load()` reads it from the roles. `meta/advisory.yml` of a section names its recommendations, controls, records and
thresholds; `defaults/main.yml` holds the values of the policy and `meta/argument_specs.yml` their types and texts.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from .advisory import Control, Recommendation, Record, Section, Threshold
from .advisory_file import SEVERITIES, section
from .frameworks import Frameworks, frameworks
from .reference import Reference
from .role_policy import RolePolicy, role_policy
from .strict_yaml import CatalogueError, read

__all__ = [
    "PROFILES",
    "Catalogue",
    "CatalogueError",
    "Control",
    "Recommendation",
    "Record",
    "Reference",
    "Section",
    "Threshold",
    "load",
]

ROLES = Path(__file__).resolve().parents[3] / "roles"
#: The role that holds run options and registers. It is no section of the advisory.
GUARD = "guard"
PROFILES = ("baseline", "strict")


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Everything by id, in the order of the advisory.

    options: of all roles by variable, to be read only; argument_spec() returns a copy of them.
    """

    sections: tuple[Section, ...]
    recommendations: Mapping[str, Recommendation]
    controls: Mapping[str, Control]
    records: Mapping[str, Record]
    thresholds: Mapping[str, Threshold]
    frameworks: Frameworks
    options: Mapping[str, Any]
    _run_options: Mapping[str, Any]

    def control(self, id_: str) -> Control:
        """Return a control; raises KeyError if there is none of that id."""
        return self.controls[id_]

    def section_of(self, id_: str) -> str:
        """Return the name of the section that a control or record is at home in; raises KeyError."""
        return self._item(id_).section

    def recommendations_of(self, id_: str) -> tuple[Recommendation, ...]:
        """Return the recommendations that a control or record serves; raises KeyError."""
        return tuple(self.recommendations[name] for name in self._item(id_).recommendations)

    def serving(self, recommendation: str) -> tuple[Control | Record, ...]:
        """Return the controls and records that serve a recommendation."""
        items: list[Control | Record] = [*self.controls.values(), *self.records.values()]
        return tuple(item for item in items if recommendation in item.recommendations)

    def binds_provider(self, id_: str) -> bool:
        """Say whether a control or record serves a recommendation that the provider has to meet; raises KeyError."""
        return any(served.binds_provider for served in self.recommendations_of(id_))

    def severity_of(self, record: str) -> str:
        """Return the severity of a record: the highest of the recommendations that it serves; raises KeyError."""
        return min((served.severity for served in self.recommendations_of(record)), key=SEVERITIES.index)

    def enforced(self) -> frozenset[str]:
        """Return the controls that a role can enforce: those with a task file of their own."""
        return frozenset(
            control.id
            for control in self.controls.values()
            if (ROLES / control.section / "tasks" / (control.id + ".yml")).exists()
        )

    def defaults(self, profile: str) -> dict[str, Any]:
        """Return every policy value and run option of a profile (PROFILES), by variable; raises ValueError."""
        if profile not in PROFILES:
            raise ValueError(f"bulwark_profile: {profile!r} is no profile; it is one of {', '.join(PROFILES)}")
        strict = profile == "strict"
        policy = {name: value.strict if strict else value.default for name, value in self.thresholds.items()}
        return copy.deepcopy({**self._run_options, **policy})

    def argument_spec(self) -> dict[str, Any]:
        """Return the options of all roles by variable, in the form that ansible-core's ArgumentSpecValidator takes."""
        return copy.deepcopy(dict(self.options))

    def _item(self, id_: str) -> Control | Record:
        return self.controls[id_] if id_ in self.controls else self.records[id_]


def load(root: Path | None = None) -> Catalogue:
    """Return the catalogue of the roles in directory `root` (default: this collection's); read once a process.

    Raises CatalogueError if a file is missing or wrong, or if the files contradict each other.
    """
    return _load(root or ROLES)


@lru_cache(maxsize=4)
def _load(root: Path) -> Catalogue:
    files = sorted(root.glob("*/meta/advisory.yml"))
    if not files:
        raise CatalogueError(root, "", "", str(root), "it must be a directory of roles with meta/advisory.yml")
    policies = {file.parent.parent.name: role_policy(file.parent.parent) for file in files}
    sections = sorted(
        (section(read(file), policies[file.parent.parent.name].values) for file in files),
        key=lambda made: made.number,
    )
    guard = role_policy(root / GUARD)
    recommendations = _by_id(item for made in sections for item in made.recommendations)
    controls = _by_id(item for made in sections for item in made.controls)
    records = _by_id(item for made in sections for item in made.records)
    catalogue = Catalogue(
        tuple(sections),
        recommendations,
        controls,
        records,
        {threshold.variable: threshold for made in sections for threshold in made.thresholds},
        frameworks(root, recommendations, {*controls, *records}),
        _options(root, {GUARD: guard, **policies}),
        guard.values,
    )
    _check_references(catalogue, root)
    return catalogue


def _options(root: Path, policies: Mapping[str, RolePolicy]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for role, policy in policies.items():
        for name, option in policy.options.items():
            if name in options:
                file = root / role / "meta" / "argument_specs.yml"
                raise CatalogueError(file, "", "options", name, "another role has this variable; it has one home")
            options[name] = option
    return options


Item = TypeVar("Item", Recommendation, Control, Record)


def _by_id(items: Iterable[Item]) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for item in items:
        if item.id in found:
            file = Path(item.section, "meta", "advisory.yml")
            right = f"an id stands once, and {found[item.id].section} has it already"
            raise CatalogueError(file, "", "id", item.id, right)
        found[item.id] = item
    return found


def _check_references(catalogue: Catalogue, root: Path) -> None:
    """Every recommendation and variable that is named has to exist."""
    items: list[Control | Record] = [*catalogue.controls.values(), *catalogue.records.values()]
    for item in items:
        file = root / item.section / "meta" / "advisory.yml"
        for name in item.recommendations:
            if name not in catalogue.recommendations:
                raise CatalogueError(file, item.id, "recommendations", name, "there is no such recommendation")
    for control in catalogue.controls.values():
        for name in control.variables:
            if name not in catalogue.options:
                file = root / control.section / "meta" / "advisory.yml"
                raise CatalogueError(file, control.id, "variables", name, "no meta/argument_specs.yml has it")
