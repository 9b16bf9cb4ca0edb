# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy of one role: its values in defaults/main.yml, and their types in meta/argument_specs.yml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .strict_yaml import CatalogueError, read

PREFIX = "bulwark_"


@dataclass(frozen=True)
class RolePolicy:
    """values: by variable, as defaults/main.yml has them. options: by variable, as an argument spec has them."""

    values: dict[str, Any]
    options: dict[str, Any]


def role_policy(role: Path) -> RolePolicy:
    """Return the policy of a role's directory, empty where it has none; raises CatalogueError if its files disagree."""
    defaults, specification = role / "defaults" / "main.yml", role / "meta" / "argument_specs.yml"
    values = read(defaults).rest() if defaults.exists() else {}
    main = read(specification).entry("argument_specs").entry("main")
    options = {name: option.rest() for name, option in main.named("options")}
    for name, option in options.items():
        default = option.get("default")
        if not name.startswith(PREFIX):
            raise CatalogueError(specification, "", "options", name, f"the name of a variable begins with {PREFIX}")
        if default != values.get(name):
            right = f"it must be as in defaults/main.yml, {values.get(name)!r}"
            raise CatalogueError(specification, name, "default", default, right)
    for name in values:
        if name not in options:
            raise CatalogueError(defaults, "", "", name, "meta/argument_specs.yml must have it as well")
    return RolePolicy(values, options)
