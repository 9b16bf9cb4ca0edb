# SPDX-License-Identifier: GPL-3.0-or-later
"""AnsiballZ packs a reader because it sees it imported, and a host reads it by its name."""

from __future__ import annotations

import ast
from pathlib import Path

from ansible_collections.bulwark.msp.plugins.module_utils import areas


def test_every_area_has_a_reader_that_is_packed() -> None:
    text = Path(areas.__file__).read_text("utf-8")
    packed = {name.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)
              and node.module == "readers" for name in node.names}  # fmt: skip
    assert packed == {areas.ELSEWHERE.get(name, name) for name in areas.AREAS}
    for name in areas.AREAS:
        assert callable(areas.module(name).read)
