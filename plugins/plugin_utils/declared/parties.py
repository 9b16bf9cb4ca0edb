# SPDX-License-Identifier: GPL-3.0-or-later
"""Who something belongs to, or who answers for it: the customer, a provider or a vendor."""

from __future__ import annotations

import re
from typing import Any

CUSTOMER = "customer"
PARTY = re.compile(r"customer|(msp|vendor):[a-z0-9][a-z0-9._-]*")
OUTSIDER_TEXT = "msp:<id> or vendor:<id> (id in lower case)"
PARTY_TEXT = "customer, " + OUTSIDER_TEXT


def is_party(value: Any) -> bool:
    """Say whether `value` names a party as PARTY_TEXT says."""
    return bool(PARTY.fullmatch(str(value)))
