# SPDX-License-Identifier: GPL-3.0-or-later
"""Which scenarios are played together: each batch is as many as there are hosts at a time, and one worker's."""

from __future__ import annotations

from .scenario import Scenario, load_all

HOSTS = 8

Batch = tuple[Scenario, ...]


def batches(control: str = "") -> list[Batch]:
    """Return all scenarios, or those of a control. Those that are mended come first, by themselves: they take long."""
    scenarios = [one for file in load_all() for one in file.scenarios if control in ("", file.control)]
    mended = [one for one in scenarios if one.mend is not None]
    audited = [one for one in scenarios if one.mend is None]
    return [tuple(some[start : start + HOSTS]) for some in (mended, audited) for start in range(0, len(some), HOSTS)]
