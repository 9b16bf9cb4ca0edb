# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module is told of a backup that it restores from or checks, in the form of an argument spec."""

from __future__ import annotations

BACKUP = {
    "name": {"type": "str", "required": True},
    "tool": {"type": "str", "required": True, "choices": ["restic", "borg"]},
    "repository": {"type": "str", "required": True},
    "key_file": {"type": "path"},
    "environment": {"type": "path"},
}
