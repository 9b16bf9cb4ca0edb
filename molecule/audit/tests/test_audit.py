# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit of a clean host leaves: results on the controller, nothing on the host."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

REPORTS = Path(os.environ["BULWARK_REPORTS"])


def runs() -> list[Path]:
    """Return the folders of all runs, oldest first, without the link `latest`."""
    return sorted(path for path in REPORTS.iterdir() if path.is_dir() and not path.is_symlink())


def test_every_run_is_complete_and_read_every_host() -> None:
    assert len(runs()) == 3  # check, converge, idempotence
    for folder in runs():
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        assert run["state"] == "complete"
        assert run["coverage"]["read"] == run["coverage"]["targeted"] == 2


def test_check_mode_found_what_the_run_found() -> None:
    found = [
        [json.loads(path.read_text(encoding="utf-8"))["findings"] for path in sorted(folder.glob("hosts/*/*.json"))]
        for folder in runs()
    ]
    statuses = [[(f["control"], f["status"], f["found"]) for findings in run for f in findings] for run in found]
    assert statuses[0] == statuses[1] == statuses[2]
    assert any(status == "fail" for _, status, _ in statuses[0])


def test_nothing_of_ours_is_on_the_host(host: Any) -> None:
    assert not host.file("/var/lib/bulwark").exists
