# SPDX-License-Identifier: GPL-3.0-or-later
"""One-time codes by time, as RFC 6238 and RFC 4226 have them: SHA-1, six digits, a new code every 30 seconds."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable

STEP_SECONDS = 30
DIGITS = 6
#: Bits that RFC 4226 asks of a shared secret at least (section 4, R6).
LEAST_BITS = 128


class SeedError(ValueError):
    """It is no seed; the text says why, without anything of it."""


def seed_bytes(seed: object) -> bytes:
    """Return the secret of a base32 seed, as apps show it (blanks and small letters too); raises SeedError."""
    if not isinstance(seed, str):
        raise SeedError("must be text; put it in quotes")
    packed = "".join(seed.split()).upper().rstrip("=")
    try:
        secret = base64.b32decode(packed + "=" * (-len(packed) % 8))
    except (binascii.Error, ValueError):
        raise SeedError("is no base32") from None
    if len(secret) * 8 < LEAST_BITS:
        raise SeedError("is shorter than %d bits" % LEAST_BITS)
    return secret


def code(secret: bytes, step: int) -> str:
    """Return the code of one step: the number of whole periods since 1970."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return "%0*d" % (DIGITS, number % 10**DIGITS)


class Codes:
    """The codes of one seed, each given out once: a server takes none twice."""

    def __init__(
        self,
        seed: str,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._secret = seed_bytes(seed)
        self._clock = clock
        self._sleep = sleep
        self._last = -1

    def wait(self) -> float:
        """Return in how many seconds the next code that was not given out yet begins."""
        return max(0.0, (self._last + 1) * STEP_SECONDS - self._clock()) if self._last >= 0 else 0.0

    def next(self) -> str:
        """Return a code that was not given out yet, waiting for it where need be."""
        self._sleep(self.wait())
        self._last = max(int(self._clock() // STEP_SECONDS), self._last + 1)
        return code(self._secret, self._last)
