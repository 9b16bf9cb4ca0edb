# SPDX-License-Identifier: GPL-3.0-or-later
"""Comments out peers in a file of wg-quick(8), which also holds the interface's private key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..wireguard_key import fingerprint

SECTION = re.compile(r"\s*\[(\w+)\]\s*(?:#.*)?", re.IGNORECASE)
KEY = re.compile(r"\s*PublicKey\s*=\s*([A-Za-z0-9+/=]+)\s*(?:#.*)?", re.IGNORECASE)


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str | None:
    """Return the text with the [Peer] sections commented out whose public keys have one of the fingerprints.

    without: [SHA256:...]. A line that says nothing, or is a comment, stays as it is.
    """
    if text is None:
        return None
    unwanted = set(arguments.get("without", ()))
    blocks: list[list[str]] = [[]]
    for line in text.split("\n"):
        if SECTION.fullmatch(line):
            blocks.append([])
        blocks[-1].append(line)
    return "\n".join(line for block in blocks for line in (_commented(block) if _holds(block, unwanted) else block))


def _holds(block: list[str], unwanted: set[str]) -> bool:
    section = SECTION.fullmatch(block[0]) if block else None
    if section is None or section.group(1).lower() != "peer":
        return False
    keys = [found.group(1) for found in map(KEY.fullmatch, block) if found]
    return any(fingerprint(key) in unwanted for key in keys)


def _commented(block: list[str]) -> list[str]:
    return ["#" + line if line.strip() and not line.lstrip().startswith("#") else line for line in block]
