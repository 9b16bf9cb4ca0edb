# SPDX-License-Identifier: GPL-3.0-or-later
"""Waivers that end soon, as warnings: each under the shortest notice that it falls into."""

from __future__ import annotations

from collections.abc import Iterator

from ..drift.policy import NOTICE_DAYS
from ..drift.shapes import PolicyDrift
from .wording import number_of, shown

#: Waivers that are named in one warning.
NAMED = 10


def lines(policy: PolicyDrift, brief: bool = False) -> Iterator[str]:
    """Yield a warning for each notice with waivers. brief: their number alone, for a job's log."""
    after = -1
    for days in sorted(NOTICE_DAYS):
        ending = [each for each in policy.waivers if each.in_force and after < each.days_left <= days]
        after = days
        if ending:
            verb = "ends" if len(ending) == 1 else "end"
            text = "%s %s within %d days" % (number_of(len(ending), "waiver"), verb, days)
            names = ["%s of %s on %s" % (each.control, each.customer, each.expires) for each in ending[:NAMED]]
            names += ["and %d more" % (len(ending) - NAMED)] if len(ending) > NAMED else []
            yield text if brief else "%s: %s" % (text, ", ".join(map(shown, names)))
