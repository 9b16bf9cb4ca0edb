# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection's plugins import, compiled once instead of in each run.

Ansible keeps the bytecode of plugins, but compiles what these import anew each time, which was a tenth of a small
audit. Python's own loader keeps bytecode beside the source, as it does for every other package: where that folder can't
be written to, or PYTHONDONTWRITEBYTECODE is set, all is as before.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from types import ModuleType

PLUGINS = __name__.rpartition(".plugin_utils.")[0]
ROOMS = tuple("%s.%s." % (PLUGINS, room) for room in ("plugin_utils", "module_utils"))


class Finder:
    """Finds what is in this collection's rooms; everything else is left to Ansible."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return how to load the module `name` of a package that lies at `path`, None where it is not ours."""
        if not name.startswith(ROOMS):
            return None
        found = (_folder(place).find_spec(name, target) for place in path or ())
        return next((spec for spec in found if spec), None)


@cache
def _folder(place: str) -> FileFinder:
    return FileFinder(place, (SourceFileLoader, SOURCE_SUFFIXES))


def keep() -> None:
    """Have the collection's modules found that way from here on."""
    if Finder not in sys.meta_path:
        sys.meta_path.insert(0, Finder)
