# SPDX-License-Identifier: GPL-3.0-or-later
"""A record as YAML that yaml_file reads back as the same: days and words in quotes where they need them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml


class _Dumper(yaml.SafeDumper):
    """Writes out what stands in a record twice: a record has no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def dumped(record: Mapping[str, Any]) -> str:
    """Return a record as YAML, its fields in their order."""
    return str(yaml.dump(dict(record), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120))
