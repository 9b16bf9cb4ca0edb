# SPDX-License-Identifier: GPL-3.0-or-later
"""Every judge by control id."""

from __future__ import annotations

from ..verdict import Judge

SECTIONS: tuple[dict[str, Judge], ...] = ()

JUDGES: dict[str, Judge] = {control: judge for section in SECTIONS for control, judge in section.items()}
