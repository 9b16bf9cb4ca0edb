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
from typing import Any, Protocol, TypeVar

from .advisory import SEVERITIES, Control, Recommendation, Record, Reference, Section, Threshold, section
from .strict_yaml import CatalogueError, read

__all__ = [
    "PROFILES",
    "SEVERITIES",
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

ROLES = Path(__file__).resolve().parents[2] / "roles"
#: The role that holds run options and registers. It is no section of the advisory.
GUARD = "guard"
PREFIX = "bulwark_"
PROFILES = ("baseline", "strict")


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Everything by id, in the order of the advisory."""

    sections: tuple[Section, ...]
    recommendations: Mapping[str, Recommendation]
    controls: Mapping[str, Control]
    records: Mapping[str, Record]
    thresholds: Mapping[str, Threshold]
    _options: Mapping[str, Any]
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
        served = (*self.controls.values(), *self.records.values())
        return tuple(item for item in served if recommendation in item.recommendations)

    def binds_provider(self, id_: str) -> bool:
        """Say whether a control or record serves a recommendation that the provider has to meet; raises KeyError."""
        return any(served.binds_provider for served in self.recommendations_of(id_))

    def defaults(self, profile: str) -> dict[str, Any]:
        """Return every policy value and run option of a profile (PROFILES), by variable; raises ValueError."""
        if profile not in PROFILES:
            raise ValueError(f"bulwark_profile: {profile!r} is no profile; it is one of {', '.join(PROFILES)}")
        strict = profile == "strict"
        policy = {name: value.strict if strict else value.default for name, value in self.thresholds.items()}
        return copy.deepcopy({**self._run_options, **policy})

    def argument_spec(self) -> dict[str, Any]:
        """Return the options of all roles by variable, in the form that ansible-core's ArgumentSpecValidator takes."""
        return copy.deepcopy(dict(self._options))

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
    guard = _Policy(root / GUARD)
    policies = {file.parent.parent: _Policy(file.parent.parent) for file in files}
    sections = [section(read(file), policies[file.parent.parent].default_of) for file in files]
    for made, policy in zip(sections, policies.values(), strict=True):
        policy.check_thresholds(made)
    sections.sort(key=lambda made: made.number)
    catalogue = Catalogue(
        tuple(sections),
        _by_id(item for made in sections for item in made.recommendations),
        _by_id(item for made in sections for item in made.controls),
        _by_id(item for made in sections for item in made.records),
        {threshold.variable: threshold for made in sections for threshold in made.thresholds},
        {name: option for policy in (guard, *policies.values()) for name, option in policy.options.items()},
        guard.defaults,
    )
    _check_references(catalogue, root)
    return catalogue


class _Policy:
    """The policy of one role: values from defaults/main.yml, types from meta/argument_specs.yml, one like the other."""

    def __init__(self, role: Path) -> None:
        self.file = role / "defaults" / "main.yml"
        self.defaults: dict[str, Any] = read(self.file).rest() if self.file.exists() else {}
        specification = role / "meta" / "argument_specs.yml"
        self.options: dict[str, Any] = read(specification).entry("argument_specs").entry("main").value("options", {})
        for name, option in self.options.items():
            if not name.startswith(PREFIX):
                raise CatalogueError(specification, name, "", name, f"a variable begins with {PREFIX}")
            if option.get("default") != self.defaults.get(name):
                raise CatalogueError(
                    specification, name, "default", option.get("default"),
                    f"it must be as in defaults/main.yml, {self.defaults.get(name)!r}",
                )  # fmt: skip
        for name, value in self.defaults.items():
            if name not in self.options:
                raise CatalogueError(self.file, name, "", value, "it must stand in meta/argument_specs.yml as well")

    def default_of(self, variable: str) -> Any:
        if variable not in self.defaults:
            raise CatalogueError(self.file, variable, "", None, "a threshold of advisory.yml must have its value here")
        return self.defaults[variable]

    def check_thresholds(self, made: Section) -> None:
        for name, value in self.defaults.items():
            if name not in {threshold.variable for threshold in made.thresholds}:
                raise CatalogueError(self.file, name, "", value, "its origin must stand in advisory.yml")


class _Item(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def section(self) -> str: ...


Item = TypeVar("Item", bound=_Item)


def _by_id(items: Iterable[Item]) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for item in items:
        if item.id in found:
            raise CatalogueError(
                Path(item.section, "meta", "advisory.yml"), item.id, "id", item.id,
                f"an id stands once, and {found[item.id].section} has it too",
            )  # fmt: skip
        found[item.id] = item
    return found


def _check_references(catalogue: Catalogue, root: Path) -> None:
    """Every recommendation and variable that is named has to exist."""
    for item in (*catalogue.controls.values(), *catalogue.records.values()):
        file = root / item.section / "meta" / "advisory.yml"
        for name in item.recommendations:
            if name not in catalogue.recommendations:
                raise CatalogueError(file, item.id, "recommendations", name, "there is no such recommendation")
    options = catalogue.argument_spec()
    for control in catalogue.controls.values():
        for name in control.variables:
            if name not in options:
                file = root / control.section / "meta" / "advisory.yml"
                raise CatalogueError(file, control.id, "variables", name, "no meta/argument_specs.yml has it")
