# SPDX-License-Identifier: GPL-3.0-or-later
"""A recorded host in a folder, for tests of readers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.bulwark.msp.plugins.module_utils.areas import AREAS
from ansible_collections.bulwark.msp.plugins.module_utils.door import Completed, Door
from ansible_collections.bulwark.msp.plugins.module_utils.reading import Reading


def read(
    root: Path,
    area: str,
    files: Mapping[str, str],
    commands: Mapping[str, str | Completed] | None = None,
    asked: Iterable[str] = (),
) -> tuple[dict[str, Any], dict[str | None, str]]:
    """Return the area's facts and {fact: reason} of a host with these files (path: text) and command answers.

    asked: the accounts that the controller asks about.
    """
    for path, text in files.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    answers = {
        line: Completed(0, said, "") if isinstance(said, str) else said for line, said in (commands or {}).items()
    }
    recorded = {line: {"rc": done.rc, "stdout": done.out, "stderr": done.err} for line, done in answers.items()}
    (root / "commands.json").write_text(json.dumps(recorded))
    subjects = [{"user": name, "addresses": []} for name in asked]
    facts, errors = Reading(Door(str(root)), AREAS, subjects).state([area], 20)
    return facts[area], {error["fact"]: error["reason"] for error in errors if error["area"] == area}
