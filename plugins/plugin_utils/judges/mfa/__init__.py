# SPDX-License-Identifier: GPL-3.0-or-later
"""Section 3, enforce multifactor authentication: the judges of its topics."""

from __future__ import annotations

from ...verdict import Judges
from . import remote, ssh

JUDGES = Judges({**remote.JUDGES, **ssh.JUDGES})
