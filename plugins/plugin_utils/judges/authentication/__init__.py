# SPDX-License-Identifier: GPL-3.0-or-later
"""Section 12, authentication of accounts: the judges of its topics."""

from __future__ import annotations

from ...evaluators.verdict import Judges
from . import canary, failures, keys, passwords, personal, scope, sessions, usage, work_windows

JUDGES = Judges(
    {
        **canary.JUDGES,
        **failures.JUDGES,
        **keys.JUDGES,
        **passwords.JUDGES,
        **personal.JUDGES,
        **scope.JUDGES,
        **sessions.JUDGES,
        **usage.JUDGES,
        **work_windows.JUDGES,
    }
)
