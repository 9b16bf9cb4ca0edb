# SPDX-License-Identifier: GPL-3.0-or-later
"""The areas of a Linux host and who reads each. Imports are static so that AnsiballZ packs every reader."""

from __future__ import annotations

from .reading import Reader
from .readers import system

AREAS: dict[str, Reader] = {
    "system": system.read,
}
