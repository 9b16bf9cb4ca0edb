# SPDX-License-Identifier: GPL-3.0-or-later
"""Tries a plan beside the host: what would change, what is refused, and what the readers would then see."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..areas import AREAS
from ..door import Door
from ..reading import Reading
from . import arming, candidate, owners, space
from .call import Call
from .candidate import Candidate
from .host import Host
from .putback import Home
from .staged import StagedDoor

LEFT_OUT = "left out as asked"


@contextmanager
def host(folder: str | None = None) -> Iterator[Host]:
    """Yield the host with a scratch folder for root only, in `folder`, removed afterwards."""
    if folder:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    scratch = tempfile.mkdtemp(prefix="bulwark-", dir=folder)
    try:
        yield Host(Door(), scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def staged(call: Call, here: Host, refused: Mapping[str, str]) -> tuple[Candidate, StagedDoor]:
    """Return the candidate without the controls that can't be had, and the door to the host with it in place.

    refused: controls that are left out from the beginning, and why.
    """
    numbers = itertools.count()

    def rebuild(refused: Mapping[str, str]) -> tuple[Candidate, StagedDoor]:
        built = candidate.build(call.plan, refused, call.secrets, here)
        folder = os.path.join(here.scratch, "staged-%d" % next(numbers))
        return built, StagedDoor(folder, built.files.changed(), built.provides)

    return owners.check(*rebuild({**refused, **dict.fromkeys(call.leave, LEFT_OUT)}), rebuild)


def simulate(call: Call, home: Home) -> dict[str, Any]:
    """Return what applying the plan would change, and the state of the host with it; nothing is changed."""
    with host() as here:
        built, door = staged(call, here, {})
        reading = Reading(door, AREAS, call.subjects)
        areas, errors = reading.state(call.areas or list(AREAS), call.seconds)
        return {
            "changed": bool(built.changes),
            "changes": built.shown(call.secrets),
            "refused": refusals(built, call),
            "packages": built.packages,
            "problems": problems(built, call, home),
            "state": {"areas": areas, "errors": errors},
        }


def problems(built: Candidate, call: Call, home: Home) -> list[str]:
    """Return what keeps this host as a whole from being changed now."""
    held = arming.holder(home, call.run)
    sizes = {path: len(file.content or b"") for path, file in built.files.changed().items()}
    return [*([held] if held else []), *(space.problems(sizes, home.folder) if sizes else [])]


def refusals(built: Candidate, call: Call) -> dict[str, str]:
    """Return the controls that are left out without the caller having asked for it, and why."""
    return {control: reason for control, reason in built.refused.items() if control not in call.leave}
