# SPDX-License-Identifier: GPL-3.0-or-later
"""Section 12, authentication of accounts: the judges of its topics."""

from __future__ import annotations

from ...verdict import Judges
from . import keys

JUDGES = Judges({**keys.JUDGES})
