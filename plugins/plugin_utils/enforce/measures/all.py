# SPDX-License-Identifier: GPL-3.0-or-later
"""The measures of all topics by name."""

from __future__ import annotations

from ..steps import Measures

MEASURES = Measures()
