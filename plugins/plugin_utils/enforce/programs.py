# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that roles bring to hosts, as texts."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

ROLES = Path(__file__).resolve().parents[3] / "roles"
#: Where they lie on a host: root's alone, and none of a package's.
FOLDER = "/usr/local/sbin"
PYTHON = "/usr/bin/python3"


@lru_cache(maxsize=8)
def program(role: str, name: str) -> str:
    """Return what is installed as program `name`: roles/<role>/files/<name>.py, for the system's Python.

    Dashes are underscores in the file's name. Read once a process.
    """
    file = ROLES / role / "files" / (name.replace("-", "_") + ".py")
    return "#!%s\n%s" % (PYTHON, file.read_text(encoding="utf-8"))
