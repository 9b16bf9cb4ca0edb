# SPDX-License-Identifier: GPL-3.0-or-later
"""Every judge by control id."""

from __future__ import annotations

from ..evaluators.verdict import Judge
from . import (
    authentication,
    backups,
    initial_access,
    least_privilege,
    logging,
    mfa,
    obsolete_accounts,
    patching,
    segregation,
)

SECTIONS: tuple[dict[str, Judge], ...] = (
    authentication.JUDGES,
    backups.JUDGES,
    initial_access.JUDGES,
    least_privilege.JUDGES,
    logging.JUDGES,
    mfa.JUDGES,
    obsolete_accounts.JUDGES,
    patching.JUDGES,
    segregation.JUDGES,
)

JUDGES: dict[str, Judge] = {control: judge for section in SECTIONS for control, judge in section.items()}
