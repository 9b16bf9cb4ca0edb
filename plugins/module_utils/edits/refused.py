# SPDX-License-Identifier: GPL-3.0-or-later
"""What an edit raises where it can't change a file safely."""

from __future__ import annotations


class Refused(Exception):
    """The file stays as it is; the text says why, without anything of what it holds."""
