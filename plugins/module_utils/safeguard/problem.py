# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends an operation of the safeguard."""

from __future__ import annotations


class Problem(Exception):
    """The operation ends here; the text says what happened and what became of the host."""


def error_text(error: OSError) -> str:
    """Return what the system said, and of which file."""
    said = (error.strerror or str(error)).lower()
    return "%s: %s" % (error.filename, said) if error.filename else said
