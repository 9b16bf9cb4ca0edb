# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions in the order of their package managers, as keys to sort by."""

from __future__ import annotations

import re
from typing import Any

DEB_PARTS = re.compile(r"([^0-9]*)([0-9]*)")
RPM_PARTS = re.compile(r"[0-9]+|[a-zA-Z]+|[~^]")
#: Before the end of a text, the end itself, and behind it, as rpmvercmp has them.
RPM_MARKS = {"~": (-2,), "": (-1,), "^": (0,)}


def deb(version: str) -> Any:
    """Return the key of a version of dpkg (deb-version(7))."""
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "", version
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, ""
    return _number(epoch), _deb_parts(upstream), _deb_parts(revision)


def _deb_parts(text: str) -> list[Any]:
    # An empty part is like "0".
    return [(_deb_letters(letters), _number(digits)) for letters, digits in DEB_PARTS.findall(text or "0")]


def _deb_letters(text: str) -> tuple[int, ...]:
    """Letters before all else, a tilde even before the end, which is 0."""
    return (*(-1 if one == "~" else ord(one) if one.isalpha() else ord(one) + 0x110000 for one in text), 0)


def rpm(version: str) -> Any:
    """Return the key of a version of rpm, written as [epoch:]version[-release]."""
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "", version
    number, _dash, release = rest.partition("-")
    return _number(epoch), _rpm_parts(number), _rpm_parts(release)


def _rpm_parts(text: str) -> list[tuple[Any, ...]]:
    return [*(_rpm_part(part) for part in RPM_PARTS.findall(text)), RPM_MARKS[""]]


def _rpm_part(part: str) -> tuple[Any, ...]:
    if part in RPM_MARKS:
        return RPM_MARKS[part]
    return (2, _number(part)) if part[0].isdigit() else (1, part)


def _number(digits: str) -> tuple[int, str]:
    """Return a key of a number of any length."""
    significant = digits.lstrip("0")
    return len(significant), significant
