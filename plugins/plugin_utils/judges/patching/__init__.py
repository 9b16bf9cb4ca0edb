# SPDX-License-Identifier: GPL-3.0-or-later
"""Section 7, updates: the judges of its topics."""

from __future__ import annotations

from ...evaluators.verdict import Judges
from . import automatic, firmware, kev, pending, reboot, repositories, third_party

JUDGES = Judges(
    {
        **automatic.JUDGES,
        **firmware.JUDGES,
        **kev.JUDGES,
        **pending.JUDGES,
        **reboot.JUDGES,
        **repositories.JUDGES,
        **third_party.JUDGES,
    }
)
