# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that roles bring to hosts, as texts."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

ROLES = Path(__file__).resolve().parents[3] / "roles"
#: Where they lie on a host: root's alone, and none of a package's.
FOLDER = "/usr/local/sbin"


@lru_cache(maxsize=8)
def program(role: str, name: str) -> str:
    """Return the text of roles/<role>/files/<name>; read once a process."""
    return (ROLES / role / "files" / name).read_text(encoding="utf-8")
