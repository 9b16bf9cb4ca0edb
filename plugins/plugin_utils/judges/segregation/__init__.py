# SPDX-License-Identifier: GPL-3.0-or-later
"""Section 4, segregate internal networks: the judges of its topics."""

from __future__ import annotations

from ...evaluators.verdict import Judges
from . import credentials, listen, ssh

JUDGES = Judges({**credentials.JUDGES, **listen.JUDGES, **ssh.JUDGES})
