# SPDX-License-Identifier: GPL-3.0-or-later
"""Keyed fingerprints: hosts are compared by them, and who has the results but not the key can compare nothing."""

from __future__ import annotations

import hashlib
import hmac


class Key:
    """A key of fingerprints. `id` tells two keys apart and gives neither away."""

    def __init__(self, text: str) -> None:
        self._key = text.encode()
        self.id = self.fingerprint("key", "")

    def fingerprint(self, kind: str, material: str) -> str:
        """Return the fingerprint of public material: 128 bits in hex. Two kinds never share one."""
        return self._keyed("%s\0%s" % (kind, material))[:32]

    @property
    def for_hosts(self) -> str:
        """Return the key by which hosts fingerprint secrets: derived, so that no host learns the key itself."""
        return self._keyed("hosts")

    @property
    def id_for_hosts(self) -> str:
        """Return the id that hosts give for the key they were sent."""
        return hmac.new(self.for_hosts.encode(), b"key", hashlib.sha256).hexdigest()

    def _keyed(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()
