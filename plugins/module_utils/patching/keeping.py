# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host keeps of a run that patches it: how it was before, for root only."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from ..safeguard import putback

FOLDER = putback.FOLDER + "/patch"
#: What a run is called: it becomes a file's name.
NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}", re.ASCII)
#: Runs that are kept.
MOST = 20


class NotKept(Exception):
    """There is nothing to go by, or it can't be kept; the text says why."""


def path(run: str) -> str:
    """Return where the host keeps what it was like before a run."""
    return "%s/%s.json" % (FOLDER, run)


def keep(run: str, document: Mapping[str, Any]) -> None:
    """Keep how the host was before the run, and the newest others; raises NotKept."""
    try:
        make(FOLDER)
        putback.save(path(run), document)
        # A run's name begins with its time.
        for name in sorted(name for name in os.listdir(FOLDER) if name.endswith(".json"))[:-MOST]:
            os.unlink("%s/%s" % (FOLDER, name))
    except OSError as error:
        raise NotKept("%s can't be written: %s" % (path(run), os.strerror(error.errno or 0).lower())) from None


def kept(run: str) -> dict[str, Any]:
    """Return what was kept before the run; raises NotKept."""
    try:
        found = putback.load(path(run))
    except (OSError, ValueError) as error:
        raise NotKept("%s can't be read: %s" % (path(run), error)) from None
    if found is None:
        raise NotKept("%s is not there: nobody looked at this host before the change" % path(run))
    return dict(found)


def make(folder: str) -> None:
    """Make a folder of ours, for root only."""
    for each in (putback.FOLDER, folder):
        os.makedirs(each, mode=0o700, exist_ok=True)
        os.chmod(each, 0o700)
