# SPDX-License-Identifier: GPL-3.0-or-later
"""The records that a scenario's customer has: `evidence` by file name, written where its inventory points.

@HOST@ is the host's inventory name, @-30@ the day 30 days ago, @0@ today's.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import NO_CUSTOMER
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.canary import keep

from tests.scenarios.scenario import Scenario

DAY = re.compile(r"@(-?\d+)@")


def variables(folder: Path, host: str, scenario: Scenario) -> dict[str, Any]:
    """Write a scenario's records below `folder` and return the variable that names them; none where it has none."""
    if not scenario.evidence:
        return {}
    place = folder / f"evidence-{host}"
    place.mkdir(exist_ok=True)
    for name, text in scenario.evidence.items():
        (place / name).write_text(_dated(text).replace("@HOST@", host), encoding="utf-8")
    return {"bulwark_evidence_dir": str(place)}


def keep_canary(history: Path, host: str, scenario: Scenario) -> None:
    """Write what an earlier canary showed of a scenario's host beside the runs."""
    if scenario.canary:
        entries = json.loads(_dated(json.dumps(scenario.canary)))
        keep(history, scenario.vars.get("bulwark_customer", NO_CUSTOMER), {host: entries})


def _dated(text: str) -> str:
    today = datetime.now(timezone.utc).date()
    return DAY.sub(lambda found: str(today + timedelta(days=int(found.group(1)))), text)
