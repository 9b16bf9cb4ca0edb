# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of one run hand each other for a host: the state it was judged by, and the plan that grows from it.

It lies in the folder that Ansible makes for one run on the controller (0700) and removes at its end: no fact cache
brings it back tomorrow, and no results directory keeps it.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible import constants

from ..evaluators.verdict import Case
from ..results import encoded
from .steps import Step


class WorkspaceError(Exception):
    """The host was not judged in this run, so that nothing is known that could be enforced."""


class Workspace:
    """The folder of one host."""

    def __init__(self, host: str, root: Path | None = None) -> None:
        self._folder = (root or Path(constants.DEFAULT_LOCAL_TMP)) / "bulwark" / encoded(host)

    def begin(self, case: Case, state: Mapping[str, Any], failing: Iterable[str], left: Mapping[str, str]) -> None:
        """Keep what the host was judged by, the controls to enforce and those that are left, and start a new plan."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Our own folder of this very run: what is read back is what was written a moment ago.
        self._file("case").write_bytes(pickle.dumps(case))
        self._write("state", dict(state))
        self._write("failing", list(failing))
        self._write("passed_over", dict(left))
        self._write("left", {})
        self._write("asked", [])
        self._write("plan", [])

    def case(self) -> Case:
        """Return what the host was judged by; raises WorkspaceError."""
        try:
            found: Case = pickle.loads(self._file("case").read_bytes())
        except FileNotFoundError:
            raise WorkspaceError("bulwark.msp.posture has to judge the host first, with enforce: true") from None
        return found

    def state(self) -> dict[str, Any]:
        """Return the state it was judged by."""
        found: dict[str, Any] = self._read("state")
        return found

    def failing(self) -> list[str]:
        """Return the controls that are to be enforced."""
        found: list[str] = self._read("failing")
        return found

    def left(self) -> dict[str, str]:
        """Return {control: why it is left as it is}; an entry point may ask for one that was passed over."""
        asked = self.asked()
        passed_over = {control: why for control, why in self._read("passed_over").items() if control not in asked}
        return {**passed_over, **self._read("left")}

    def asked(self) -> set[str]:
        """Return the controls whose tasks ran: with tags not all that fail."""
        return set(self._read("asked"))

    def plan(self) -> list[Step]:
        """Return the steps so far, those of controls that are left as they are taken out."""
        left = self.left()
        return [step for step in self._read("plan") if step["control"] not in left]

    def add(self, control: str, task: str, steps: Iterable[Step]) -> None:
        """Add the steps of one task, which may be none."""
        self._write("asked", [*self._read("asked"), control])
        self._write("plan", [*self._read("plan"), *({**step, "control": control, "task": task} for step in steps)])

    def leave(self, control: str, reason: str) -> None:
        """Leave a control as it is, whatever its other tasks want."""
        self._write("asked", [*self._read("asked"), control])
        self._write("left", {**self._read("left"), control: reason})

    def done(self) -> None:
        """Start a new plan: this one was carried out."""
        self._write("plan", [])

    def _file(self, name: str) -> Path:
        return self._folder / name

    def _read(self, name: str) -> Any:
        try:
            return json.loads(self._file(name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise WorkspaceError("bulwark.msp.posture has to judge the host first, with enforce: true") from None

    def _write(self, name: str, value: Any) -> None:
        self._file(name).write_text(json.dumps(value), encoding="utf-8")
