# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of record by its id, in the order of the advisory."""

from __future__ import annotations

from ..envelope import Kind
from . import (
    authentication,
    backups,
    incident_response,
    initial_access,
    least_privilege,
    logging,
    mfa,
    obsolete_accounts,
    patching,
    segregation,
    supply_chain,
    transparency,
)

SECTIONS = (
    initial_access,
    logging,
    mfa,
    segregation,
    least_privilege,
    obsolete_accounts,
    patching,
    backups,
    incident_response,
    supply_chain,
    transparency,
    authentication,
)
KINDS: dict[str, Kind] = {id_: kind for section in SECTIONS for id_, kind in section.KINDS.items()}
