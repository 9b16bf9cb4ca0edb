# SPDX-License-Identifier: GPL-3.0-or-later
"""Section 3, enforce multifactor authentication: the judges of its topics."""

from __future__ import annotations

from ...evaluators.verdict import Judges
from . import emergency, enrolment, events, provider, remote, ssh, stack, sudo

JUDGES = Judges(
    {
        **emergency.JUDGES,
        **enrolment.JUDGES,
        **events.JUDGES,
        **provider.JUDGES,
        **remote.JUDGES,
        **ssh.JUDGES,
        **stack.JUDGES,
        **sudo.JUDGES,
    }
)
