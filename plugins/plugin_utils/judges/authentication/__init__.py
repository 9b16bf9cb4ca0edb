# SPDX-License-Identifier: GPL-3.0-or-later
"""Section 12, authentication of accounts: the judges of its topics."""

from __future__ import annotations

from ...evaluators.verdict import Judges
from . import keys, passwords, sessions

JUDGES = Judges({**keys.JUDGES, **passwords.JUDGES, **sessions.JUDGES})
