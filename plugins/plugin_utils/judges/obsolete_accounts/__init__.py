# SPDX-License-Identifier: GPL-3.0-or-later
"""Section 6, obsolete accounts and infrastructure: the judges of its topics."""

from __future__ import annotations

from ...evaluators.verdict import Judges
from . import disabled, end_of_support, orphans, remote_tools, services, shared, unused, vpn_peers

JUDGES = Judges(
    {
        **disabled.JUDGES,
        **end_of_support.JUDGES,
        **orphans.JUDGES,
        **remote_tools.JUDGES,
        **services.JUDGES,
        **shared.JUDGES,
        **unused.JUDGES,
        **vpn_peers.JUDGES,
    }
)
