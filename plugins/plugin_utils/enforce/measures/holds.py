# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps security updates away is taken back, where it stands in a file; nothing is installed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from ...evaluators.verdict import Case
from ...judges.patching.pending import held
from ..steps import HEADER, Left, Measures, Step, edit, file

MEASURES = Measures()
PREFERENCES = "/etc/apt/preferences.d/00-bulwark-%s"
DEFAULT_RELEASE = "APT::Default-Release"
#: As much as that setting gives its own archive, so that the newer version is taken.
PRIORITY = 990
VERSIONLOCK = "versionlock"
#: An entry of versionlock, with or without a version.
ENTRY = r"\s*!?(?:\d+:)?%s(?:-(?:\d+:)?[0-9*][^-]*-[^-]+)?\s*"


@MEASURES.of("updates_let_in")
def updates_let_in(case: Case, _arguments: Any, control: str) -> list[Step]:
    """Take back pins and entries of versionlock that keep a security update away, and outweigh APT::Default-Release."""
    kept = held(case)
    steps = [*_pins(case, kept), *_default_release(kept, control), *_versionlock(case, kept)]
    rest = sorted({f"{one['by']} of {one['package']}" for one in kept if not _in_a_file(one)})
    if rest and not steps:
        raise Left("to be lifted by hand, since somebody set it for a reason: %s" % ", ".join(rest))
    return steps


def _in_a_file(update: Mapping[str, Any]) -> bool:
    by: str = update["by"]
    return update["pin"] is not None or by == DEFAULT_RELEASE or by.startswith(VERSIONLOCK)


def _pins(case: Case, kept: Iterable[Mapping[str, Any]]) -> list[Step]:
    files: dict[str, list[dict[str, Any]]] = {}
    for place in sorted({one["pin"] for one in kept if one["pin"] is not None}):
        pin = case.facts["updates"]["pins"][place]
        files.setdefault(pin["file"], []).append({key: pin[key] for key in ("packages", "pin", "priority")})
    return [edit(path, "apt_pins", {"records": records}) for path, records in files.items()]


def _default_release(kept: Iterable[Mapping[str, Any]], control: str) -> list[Step]:
    archives = sorted({one["archive"] for one in kept if one["by"] == DEFAULT_RELEASE})
    if not archives:
        return []
    records = ("Package: *\nPin: release %s\nPin-Priority: %d\n" % (archive, PRIORITY) for archive in archives)
    return [file(PREFERENCES % control, HEADER % control + "\n".join(records))]


def _versionlock(case: Case, kept: Iterable[Mapping[str, Any]]) -> list[Step]:
    names = [one["package"] for one in kept]
    files: dict[str, list[str]] = {}
    for hold in case.facts["updates"]["holds"]:
        if hold["by"] == VERSIONLOCK and any(fnmatchcase(name, hold["package"]) for name in names):
            files.setdefault(hold["file"], []).append(ENTRY % re.escape(hold["package"]))
    return [edit(path, "lines", {"comment": sorted(patterns)}) for path, patterns in sorted(files.items())]
