# SPDX-License-Identifier: GPL-3.0-or-later
"""A record of each kind as it should be, put together from the examples of its fields."""

from __future__ import annotations

import copy
from typing import Any

from .fields import example_of
from .kinds.all import KINDS


def example(id_: str) -> dict[str, Any]:
    """Return a record of a kind that passes, about a made-up customer; raises KeyError where there is no such kind."""
    return copy.deepcopy(example_of(KINDS[id_].every_field(id_)))
