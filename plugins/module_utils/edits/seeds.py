# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeds of one-time codes as hosts keep them. They come from the controller as secrets, and never go back there."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from .refused import Refused


def packed(secrets: Mapping[str, str], called: str) -> str:
    """Return a secret's seed in base32 without blanks and padding; raises Refused where it is none."""
    seed = "".join(secrets.get(called, "").split()).upper().rstrip("=")
    try:
        if not base64.b32decode(seed + "=" * (-len(seed) % 8)):
            raise Refused("%s was not given" % called)
    except (binascii.Error, ValueError):
        raise Refused("%s is no base32" % called) from None
    return seed


def hexadecimal(secrets: Mapping[str, str], called: str) -> str:
    """Return a secret's seed in hexadecimal; raises Refused where it is none."""
    seed = packed(secrets, called)
    return base64.b32decode(seed + "=" * (-len(seed) % 8)).hex()
