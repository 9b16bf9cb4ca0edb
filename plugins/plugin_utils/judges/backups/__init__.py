# SPDX-License-Identifier: GPL-3.0-or-later
"""Section 8, backup systems and data: the judges of its topics."""

from __future__ import annotations

from ...evaluators.verdict import Judges
from . import access, encrypted, fresh, immutable, integrity, isolated, key_apart, restoring, schedule, scope

JUDGES = Judges(
    {
        **access.JUDGES,
        **encrypted.JUDGES,
        **fresh.JUDGES,
        **immutable.JUDGES,
        **integrity.JUDGES,
        **isolated.JUDGES,
        **key_apart.JUDGES,
        **restoring.JUDGES,
        **schedule.JUDGES,
        **scope.JUDGES,
    }
)
