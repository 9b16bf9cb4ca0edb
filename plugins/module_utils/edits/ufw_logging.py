# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets ufw log what it denies, as `ufw logging low` does: in the rules that it keeps of its user's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .refused import Refused

BEGIN, END = "### LOGGING ###", "### END LOGGING ###"
FAMILY = re.compile(r"^:(ufw6?)-user-input ", re.MULTILINE)
LIMIT = "-m limit --limit 3/min --limit-burst 10"
#: What ufw writes for its level low; the words before the first dash are ufw or ufw6.
LOW = (
    '-A {0}-after-logging-input -j LOG --log-prefix "[UFW BLOCK] " {1}',
    '-A {0}-after-logging-forward -j LOG --log-prefix "[UFW BLOCK] " {1}',
    "-I {0}-logging-deny -m conntrack --ctstate INVALID -j RETURN {1}",
    '-A {0}-logging-deny -j LOG --log-prefix "[UFW BLOCK] " {1}',
    '-A {0}-logging-allow -j LOG --log-prefix "[UFW ALLOW] " {1}',
)


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """Return user.rules or user6.rules with level low's rules in its part on logging; raises Refused without it."""
    family = FAMILY.search(text or "")
    before, begun, rest = (text or "").partition(BEGIN + "\n")
    inside, ended, after = rest.partition(END)
    if not family or not begun or not ended:
        raise Refused("it has no part on logging: ufw enable writes one")
    wanted = "".join(line.format(family[1], LIMIT) + "\n" for line in LOW)
    return text if inside == wanted else before + begun + wanted + ended + after  # type: ignore[return-value]
