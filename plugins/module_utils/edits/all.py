# SPDX-License-Identifier: GPL-3.0-or-later
"""The edits by name. An edit is a pure function of a file's text, so that what it would do can be shown and undone.

`edit(text, arguments, secrets)` returns the new text; None stands for a file that isn't there. It raises Refused where
it can't be done safely. Imports are static so that AnsiballZ packs every edit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Optional

from . import lines, pam_lines, settings, shadow

Edit = Callable[[Optional[str], Mapping[str, Any], Mapping[str, str]], Optional[str]]

EDITS: dict[str, Edit] = {
    "lines": lines.edit,
    "pam_lines": pam_lines.edit,
    "settings": settings.edit,
    "shadow_lock_empty": shadow.lock_empty,
}
