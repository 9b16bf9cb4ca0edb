# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints of WireGuard's public keys, by which peers are named wherever a key has no business."""

from __future__ import annotations

import base64
import binascii
import hashlib

KEY_BYTES = 32


def fingerprint(key: str) -> str | None:
    """Return the SHA-256 of a public key (base64), written as ssh-keygen writes one; None where it is no key."""
    try:
        content = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(content) != KEY_BYTES:
        return None
    return "SHA256:" + base64.b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
