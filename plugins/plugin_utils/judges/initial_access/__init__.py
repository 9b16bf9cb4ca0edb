# SPDX-License-Identifier: GPL-3.0-or-later
"""Section 1, prevent initial compromise: the judges of its topics."""

from __future__ import annotations

from ...evaluators.verdict import Judges
from . import exposure, lockout, ssh, throttle

JUDGES = Judges({**exposure.JUDGES, **lockout.JUDGES, **ssh.JUDGES, **throttle.JUDGES})
