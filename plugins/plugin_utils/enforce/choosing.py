# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of a host's failing controls enforcement may change."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..catalogue import Catalogue


@dataclass(frozen=True)
class Choice:
    """failing: the controls to enforce, in order. left: why each of the others that fail stays as it is."""

    failing: list[str]
    left: dict[str, str]


def choose(
    document: Mapping[str, Any], policy: Mapping[str, Any], catalogue: Catalogue, enforced: Collection[str]
) -> Choice:
    """Return which failing controls of a host's result are enforced, and why the others are left."""
    failing, left = [], {}
    for finding in document["findings"]:
        if finding["status"] != "fail":
            continue
        control = catalogue.control(finding["control"])
        if control.enforce == "never":
            left[control.id] = "it is never enforced: %s" % control.enforcement
        elif control.enforce == "staged" and control.id not in (policy.get("bulwark_staged") or ()):
            left[control.id] = "it is enforced only where bulwark_staged names it"
        elif control.id not in enforced:
            left[control.id] = "no role enforces it yet"
        else:
            failing.append(control.id)
    return Choice(failing, left)
