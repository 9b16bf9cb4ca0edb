# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of harden says it changed, or would change, as sets that can be compared. `run` is the run's folder."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue

#: The roles that enforce, and the classes of controls that they enforce unasked.
ROLES = (
    "initial_access",
    "mfa",
    "logging",
    "segregation",
    "authentication",
    "least_privilege",
    "obsolete_accounts",
    "patching",
    "backups",
)
UNASKED = ("safe", "guarded")
ROLE_TASK = re.compile(r"^TASK \[.*?(?P<control>[a-z]+(?:-[a-z0-9]+){2,}) \| ", re.MULTILINE)


def enforcement(run: Path, host: str, customer: str) -> Mapping[str, Any]:
    """Return {control: {state, reason, before, after, tasks}} of a host; any customer's where it is "*"."""
    (path,) = run.glob(f"enforcement/{customer}/{host}.json")
    controls: Mapping[str, Any] = _document(path)["controls"]
    return controls


def tasks(run: Path, host: str, customer: str, state: str) -> set[tuple[str, str, str]]:
    """Return (host, control, task) of everything that is told to be in this state: would_change, or changed."""
    return {
        (host, control, task["task"])
        for control, entry in enforcement(run, host, customer).items() if entry["state"] == state
        for task in entry["tasks"]
    }  # fmt: skip


def still_failing(run: Path, host: str, customer: str) -> dict[str, str]:
    """Return {control: why it was not mended} of what the roles enforce unasked and the host's result still fails."""
    controls = catalogue.load().controls
    told = enforcement(run, host, customer)
    return {
        finding["control"]: told.get(finding["control"], {}).get("reason", "")
        for finding in _document(run / "hosts" / customer / f"{host}.json")["findings"]
        if finding["status"] == "fail" and finding["section"] in ROLES
        and controls[finding["control"]].enforce in UNASKED
    }  # fmt: skip


def staged(output: str) -> set[str]:
    """Return the controls whose task files were gone through, by what ansible-playbook printed."""
    return set(ROLE_TASK.findall(output))


def _document(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
