# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes every trace of the safeguard from a host."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import Any

from . import putback
from .call import Call
from .problem import Problem
from .putback import Home


def forget(call: Call, home: Home) -> dict[str, Any]:
    """Remove all state and units of ours; refuses while a run waits for its confirmation."""
    pending = putback.load(home.pending)
    if pending:
        raise Problem("run %s waits for its confirmation; confirm or revert it first" % pending["run"])
    units = [path for path in (*putback.BOOT_FILES, *putback.BOOT_TEST_FILES) if os.path.lexists(path)]
    known = bool(units) or os.path.isdir(home.folder)
    if known and not call.check:
        made = (putback.load(home.boot_test) or {}).get("folders", [])
        for path in units:
            os.unlink(path)
        for folder in made:
            with suppress(OSError):
                os.rmdir(folder)
        shutil.rmtree(home.folder)
    return {"changed": known}
