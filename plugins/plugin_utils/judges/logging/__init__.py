# SPDX-License-Identifier: GPL-3.0-or-later
"""Section 2, monitoring and logging: the judges of its topics."""

from __future__ import annotations

from ...evaluators.verdict import Judges
from . import ssh

JUDGES = Judges({**ssh.JUDGES})
