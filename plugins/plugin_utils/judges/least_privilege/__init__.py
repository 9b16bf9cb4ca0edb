# SPDX-License-Identifier: GPL-3.0-or-later
"""Section 5, least privilege: the judges of its topics."""

from __future__ import annotations

from ...evaluators.verdict import Judges
from . import automation, baseline, escape, permissions, su, sudo

JUDGES = Judges(
    {
        **automation.JUDGES,
        **baseline.JUDGES,
        **escape.JUDGES,
        **permissions.JUDGES,
        **su.JUDGES,
        **sudo.JUDGES,
    }
)
