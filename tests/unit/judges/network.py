# SPDX-License-Identifier: GPL-3.0-or-later
"""A case from areas alone, for the judges of what a host exposes and for who reaches it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import build
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case, Verdict

from tests.unit.judges.host import TODAY, policy


def case(areas: Mapping[str, Any], unread: Mapping[str, str] | None = None, **declared: Any) -> Case:
    """Return a Case. `unread` maps "area.fact" to a reason; `declared` are inventory variables."""
    errors = [
        {"area": name.partition(".")[0], "fact": name.partition(".")[2] or None, "reason": reason}
        for name, reason in (unread or {}).items()
    ]
    return Case(Facts({"areas": areas, "errors": errors}), {**policy(), **declared}, build(declared), TODAY)


def texts(verdict: Verdict) -> list[str]:
    """Return what is wrong, as the reader sees it."""
    return [item.text for item in verdict.wrong]
