# SPDX-License-Identifier: GPL-3.0-or-later
"""Section 5, least privilege: the judges of its topics."""

from __future__ import annotations

from ...evaluators.verdict import Judges
from . import administrators, agents, automation, baseline, escape, groups, permissions, ssh_allow, su, sudo, uids

JUDGES = Judges(
    {
        **administrators.JUDGES,
        **agents.JUDGES,
        **automation.JUDGES,
        **baseline.JUDGES,
        **escape.JUDGES,
        **groups.JUDGES,
        **permissions.JUDGES,
        **ssh_allow.JUDGES,
        **su.JUDGES,
        **sudo.JUDGES,
        **uids.JUDGES,
    }
)
