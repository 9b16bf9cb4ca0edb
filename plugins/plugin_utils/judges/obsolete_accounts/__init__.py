# SPDX-License-Identifier: GPL-3.0-or-later
"""Section 6, obsolete accounts and infrastructure: the judges of its topics."""

from __future__ import annotations

from ...evaluators.verdict import Judges
from . import disabled, orphans, shared, unused

JUDGES = Judges({**disabled.JUDGES, **orphans.JUDGES, **shared.JUDGES, **unused.JUDGES})
