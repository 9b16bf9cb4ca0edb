# SPDX-License-Identifier: GPL-3.0-or-later
"""The records that a scenario's customer has: `evidence` by file name, written where its inventory points.

@HOST@ is the host's inventory name, @-30@ the day 30 days ago, @0@ today's.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from tests.scenarios.scenario import Scenario

DAY = re.compile(r"@(-?\d+)@")


def variables(folder: Path, host: str, scenario: Scenario) -> dict[str, Any]:
    """Write a scenario's records below `folder` and return the variable that names them; none where it has none."""
    if not scenario.evidence:
        return {}
    place = folder / f"evidence-{host}"
    place.mkdir(exist_ok=True)
    today = datetime.now(timezone.utc).date()
    for name, text in scenario.evidence.items():
        dated = DAY.sub(lambda found: str(today + timedelta(days=int(found.group(1)))), text)
        (place / name).write_text(dated.replace("@HOST@", host), encoding="utf-8")
    return {"bulwark_evidence_dir": str(place)}
