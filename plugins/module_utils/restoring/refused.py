# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a restore test was not made at all, which is something else than a test that failed."""

from __future__ import annotations


class Refused(Exception):
    """Nothing was restored; the text says why and what would be right."""
