# SPDX-License-Identifier: GPL-3.0-or-later
"""Every judge by control id."""

from __future__ import annotations

from ..verdict import Judge
from . import initial_access, mfa, segregation

SECTIONS: tuple[dict[str, Judge], ...] = (
    initial_access.JUDGES,
    mfa.JUDGES,
    segregation.JUDGES,
)

JUDGES: dict[str, Judge] = {control: judge for section in SECTIONS for control, judge in section.items()}
