# SPDX-License-Identifier: GPL-3.0-or-later
"""What judges remember from run to run, such as the day on which an update was first seen; findings carry it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..results import RUN_NAME, ResultsError, Run, read_json

#: Runs that are looked through for a host; further back nothing is remembered.
MOST_RUNS = 100
#: What one control may remember of a host.
MOST_KEYS = 5000
LONGEST = 200

Memory = Mapping[str, Mapping[str, str]]


def history_folder(run: Run, policy: Mapping[str, Any]) -> Path:
    """Return the folder with the earlier runs that this one is compared with."""
    given = str(policy["bulwark_history_dir"])
    return Path(given).expanduser() if given else run.folder.parent


def earlier(run: Run, policy: Mapping[str, Any], customer: str, host: str, controls: Iterable[str]) -> Memory | None:
    """Return by control what the last complete run that judged it remembered of the host.

    None where no earlier run judged any of `controls` on it, so that nothing can be said to be new.
    """
    wanted = set(controls)
    found: dict[str, Mapping[str, str]] = {}
    for before in _before(run, history_folder(run, policy)) if wanted else ():
        path = before.host_file(customer, host)
        if path.exists():
            with suppress(ResultsError, TypeError, KeyError, AttributeError):
                for control, kept in _remembered(read_json(path)).items():
                    found.setdefault(control, kept)
        if wanted <= found.keys():
            break
    return {control: kept for control, kept in found.items() if control in wanted} or None


def bounded(remembered: Mapping[str, str]) -> dict[str, str]:
    """Return what a control remembers, within bounds; what is too long was never seen, rather than seen as another."""
    kept = {key: value for key, value in remembered.items() if len(key) <= LONGEST and len(value) <= LONGEST}
    return dict(sorted(kept.items())[:MOST_KEYS])


def _before(run: Run, folder: Path) -> Iterator[Run]:
    names = sorted((path.name for path in folder.iterdir()), reverse=True) if folder.is_dir() else []
    older = (Run(folder / name) for name in names if RUN_NAME.fullmatch(name) and name < run.name)
    for _number, before in zip(range(MOST_RUNS), (each for each in older if each.sealed), strict=False):
        yield before


def _remembered(document: Mapping[str, Any]) -> Memory:
    return {
        str(finding["control"]): {str(key): str(value) for key, value in finding.get("remembered", {}).items()}
        for finding in document["findings"]
    }
