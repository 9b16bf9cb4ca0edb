# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets plain `pytest` run in a fresh clone: the checkout becomes importable as ansible_collections.bulwark.msp."""

from __future__ import annotations

from pathlib import Path

import hypothesis

ROOT = Path(__file__).parent.parent
LINK = ROOT / ".ansible" / "collections" / "ansible_collections" / "bulwark" / "msp"

if not LINK.is_symlink():
    LINK.parent.mkdir(parents=True, exist_ok=True)
    LINK.symlink_to("../../../..")

# Two busy cores make single examples slow now and then; that is no failure.
hypothesis.settings.register_profile("bulwark", deadline=None)
hypothesis.settings.load_profile("bulwark")
