# SPDX-License-Identifier: GPL-3.0-or-later
"""Section 8, backup systems and data: the judges of its topics."""

from __future__ import annotations

from ...evaluators.verdict import Judges
from . import access, immutable, isolated

JUDGES = Judges(
    {
        **access.JUDGES,
        **immutable.JUDGES,
        **isolated.JUDGES,
    }
)
