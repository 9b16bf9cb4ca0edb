# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that open a backup: whose they are, and whether they lie in what they open. Never what is in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..door import Door, Missing
from .entry import PASSPHRASES
from .snapshots import below

FILES = ("RESTIC_PASSWORD_FILE",)


def secrets(
    door: Door,
    declared: Mapping[str, Any],
    variables: Mapping[str, str],
    newest: Mapping[str, Any] | None,
    holds: Callable[[str], bool] | None,
) -> list[dict[str, Any]]:
    """Return [{path, real, opens, there, mode, uid, in_repository, in_snapshot}] of the files with secrets.

    opens: whether it holds the passphrase, which the environment file need not. in_snapshot: whether the newest
    snapshot has it; None where that can't be seen. holds: asks the tool that.
    """
    files = {declared.get("key_file") or variables.get(FILES[0]): True}
    files.setdefault(declared.get("environment"), any(name in variables for name in PASSPHRASES))
    return [one(door, declared, path, opens, newest, holds) for path, opens in files.items() if path]


def one(
    door: Door,
    declared: Mapping[str, Any],
    path: str,
    opens: bool,
    newest: Mapping[str, Any] | None,
    holds: Callable[[str], bool] | None,
) -> dict[str, Any]:
    """Return what is to be told of one file."""
    known = {"path": path, "opens": opens}
    try:
        found, real = door.stat(path), door.real(path)
    except Missing:
        return {**known, "there": False}
    repository = declared["repository"]
    inside = repository.startswith("/") and below(real, [door.real(repository)])
    in_snapshot = opens and _in_snapshot({path, real}, newest, holds)
    return {
        **known, "there": True, "real": real, "mode": "%04o" % found.mode, "uid": found.uid, "in_repository": inside,
        "in_snapshot": in_snapshot,
    }  # fmt: skip


def _in_snapshot(paths: set[str], newest: Mapping[str, Any] | None, holds: Callable[[str], bool] | None) -> bool | None:
    if newest is None or newest["paths"] is None:
        return None
    # The tool is asked where the file lies in what is saved: something may leave it out.
    covered = sorted(path for path in paths if below(path, newest["paths"]))
    if covered and holds is None:
        return None
    return any(holds(path) for path in covered) if holds else False
