# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages' templates. What Jinja compiles of them is kept for the next run, since that takes longer than a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined


def environment(folder: Path, finalize: Callable[[Any], Any], *, html: bool) -> Environment:
    """Return the environment of the templates in a folder. html: whether values are escaped for HTML.

    finalize: what becomes of every value before it stands in a page.
    """
    return Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=html,
        bytecode_cache=_kept(),
    )


def _kept() -> BytecodeCache | None:
    """Return Jinja's own place for it, a folder of this account alone; None where there can't be one."""
    try:
        return FileSystemBytecodeCache()
    except (OSError, RuntimeError):
        return None
