# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules out of a zip, as Ansible sends them, each compiled once.

zipimport compiles a module to tell where it is and again to run it. For a reading of a whole host that was a fifth of
its processor time.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pkgutil import get_importer
from types import ModuleType
from zipimport import ZipImportError, zipimporter


class Finder:
    """Finds modules in zips; what is elsewhere is left to Python's own finders."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return how to load the module `name` of a package that lies at `path`, None where that is no zip."""
        for place in path or ():
            importer = get_importer(place)
            if isinstance(importer, zipimporter):
                try:
                    package = importer.is_package(name)
                except ZipImportError:
                    continue
                spec = ModuleSpec(name, importer, is_package=package)  # type: ignore[arg-type]
                if package:
                    spec.submodule_search_locations = ["%s/%s" % (place, name.rpartition(".")[2])]
                return spec
        return None


def compile_once() -> None:
    """Have modules of zips found that way from here on; Python 3.9 knows another way only and keeps to it."""
    if hasattr(zipimporter, "exec_module") and Finder not in sys.meta_path:
        sys.meta_path.insert(0, Finder)
