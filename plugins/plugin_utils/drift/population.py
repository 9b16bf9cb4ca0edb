# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts that outcomes are told of: all that a view knows, whether anybody could look at them or not."""

from __future__ import annotations

from ..outcomes.tables import READ, Population
from .coverage import FAMILIES
from .shapes import Coverage


def population(seen: Coverage) -> Population:
    """Return the population of a view's coverage."""
    by_name = {each.name: len(each.hosts) for each in seen.other_platforms}
    left_out = len(seen.not_targeted) + len(seen.not_reached)
    targets = {family: by_name.pop(name, 0) for family, name in FAMILIES.items()}
    elsewhere = sum(by_name.values())
    targets[READ] = seen.known - len(seen.missing) - left_out - sum(targets.values()) - elsewhere
    return Population(targets, left_out, len(seen.missing) + elsewhere)
