# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fleet judge by its control, and which of them a host's policy asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..catalogue.catalogue import Catalogue
from ..declared.selection import selected
from .case import FleetJudge
from .common_point import common_point
from .credentials import hostkey_reuse, key_reuse, secret_reuse
from .inventory import inventory

FLEET_JUDGES: dict[str, FleetJudge] = {
    "lin-oa-inventory": inventory,
    "lin-ns-key-reuse": key_reuse,
    "lin-ns-hostkey-reuse": hostkey_reuse,
    "lin-ns-secret-reuse": secret_reuse,
    "lin-bk-common-point": common_point,
}
#: Judged only where this option is on.
OPTIONAL = {"lin-ns-secret-reuse": "bulwark_compare_hashes"}


def chosen(policy: Mapping[str, Any], catalogue: Catalogue) -> list[str]:
    """Return the controls that fleet judges are asked about."""
    judged = [id_ for id_ in FLEET_JUDGES if id_ not in OPTIONAL or policy[OPTIONAL[id_]]]
    return selected(policy, catalogue, judged)
