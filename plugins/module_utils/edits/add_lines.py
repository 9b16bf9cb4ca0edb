# SPDX-License-Identifier: GPL-3.0-or-later
"""Adds whole lines that a file lacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """Return the text with each of `lines` at its end that it has nowhere yet."""
    present = text or ""
    known = {line.strip() for line in present.split("\n")}
    missing = [line for line in dict.fromkeys(arguments["lines"]) if line not in known]
    joint = "" if not present or present.endswith("\n") or not missing else "\n"
    return present + joint + "".join(line + "\n" for line in missing)
