# SPDX-License-Identifier: GPL-3.0-or-later
"""Which texts leave the host in a preview: none that could hold a seed, a key or a password."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .files import File

#: Readable for root only by custom, and yet without secrets.
OPEN = ("/etc/ssh/sshd_config", "/etc/sudoers", "/etc/nftables", "/etc/audit/", "/etc/security/", "/etc/systemd/")
SECRET = re.compile(
    r"PRIVATE KEY-----|^HOTP|^[a-z_][\w-]*:[$!*][^:]*\$|\b(?:password|passwd|secret|skey|psk|token)\s*=\s*\S",
    re.M | re.I,
)
#: Shorter ones are in any text by chance.
SHORTEST = 4


def hidden(path: str, files: Iterable[File], secrets: Iterable[str]) -> bool:
    """Say whether what a file holds, before or after, must not be shown."""
    present = [file for file in files if file.content is not None]
    if not path.startswith(OPEN) and any(not file.mode & 0o004 for file in present):
        return True
    texts = [file.text() or "" for file in present]
    known = [secret for secret in secrets if len(secret) >= SHORTEST]
    return any(SECRET.search(text) or any(secret in text for secret in known) for text in texts)
