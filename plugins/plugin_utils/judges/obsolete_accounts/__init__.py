# SPDX-License-Identifier: GPL-3.0-or-later
"""Section 6, obsolete accounts and infrastructure: the judges of its topics."""

from __future__ import annotations

from ...evaluators.verdict import Judges
from . import disabled, shared

JUDGES = Judges({**disabled.JUDGES, **shared.JUDGES})
