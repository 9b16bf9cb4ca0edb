# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the flag `complain` from a profile of AppArmor, so that it refuses what it doesn't allow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..apparmor_profiles import HEADER, named
from .refused import Refused

FLAGS = re.compile(r"[ \t]*(?:flags[ \t]*=[ \t]*)?\(([^)\n]*)\)")


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """Return the text without the flag. profile: the profile's name, or its path where it has no other."""
    if text is None:
        raise Refused("the profile's file is gone")

    def changed(found: re.Match[str]) -> str:
        wanted = named(found) == arguments["profile"] and found["flags"] is not None
        return FLAGS.sub(_kept, found[0], count=1) if wanted else found[0]

    return HEADER.sub(changed, text)


def _kept(found: re.Match[str]) -> str:
    flags = [flag for flag in re.split(r"[\s,]+", found[1]) if flag and flag != "complain"]
    return " flags=(%s)" % ", ".join(flags) if flags else ""
