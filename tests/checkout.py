# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the checkout under test stands."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent
