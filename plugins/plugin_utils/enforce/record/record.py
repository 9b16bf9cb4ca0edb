# SPDX-License-Identifier: GPL-3.0-or-later
"""What enforcement did to one host, or in check mode would do, as a document of the results.

`docs/schemas/enforcement.json` describes it. Everything in it is bounded, without hidden characters and masked, so that
whatever a host or a module says may be kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...runs.finding import STATUSES
from ...text import clean
from .comparing import unified
from .masking import MASK, holds_secrets, masked

SCHEMA = "bulwark/enforcement/1"
#: The worst last: a host that was gone through twice, by two roles, has the worse of its outcomes.
OUTCOMES = ("unchanged", "would_change", "confirmed", "refused", "reverted", "failed")
#: The most telling last.
STATES = ("unchanged", "left", "would_change", "changed", "refused", "reverted")
KINDS = ("file", "unit", "package", "program", "task")
MOST_CONTROLS = 500
MOST_TASKS = 20
#: Lines of one diff, and changes and lines of diffs of a host together.
MOST_LINES = 120
ROOM = 1500
NAME_LIMIT = 300
REASON_LIMIT = 1000


@dataclass
class Told:
    """What a run told of the enforcement on one host so far.

    before: the status of each control when enforcement began. unwaived: why the waiver of a control holds no more.
    judged_again: the host's result says how it ended.
    controls: as in the document, without before and after. room: changes and lines that are left to this host.
    """

    check: bool = False
    outcome: str = "unchanged"
    reason: str = ""
    seconds: float | None = None
    before: dict[str, str] = field(default_factory=dict)
    unwaived: dict[str, str] = field(default_factory=dict)
    judged_again: bool = False
    controls: dict[str, dict[str, Any]] = field(default_factory=dict)
    room: int = ROOM

    def leave(self, reasons: Mapping[str, Any]) -> None:
        """Take in which failing controls are left as they are, and why."""
        for control, reason in reasons.items():
            self._add(control, "left", reason, ())

    def take(self, result: Mapping[str, Any]) -> None:
        """Take in what the safeguard answered; what isn't of its form is left out."""
        outcome = result.get("outcome")
        if outcome not in OUTCOMES:
            outcome, result = "failed", {"reason": result.get("msg") or "the safeguard gave no answer"}
        self.end(outcome, result.get("reason"))
        seconds = result.get("seconds")
        if isinstance(seconds, (int, float)) and 0 <= seconds < float("inf"):
            self.seconds = round((self.seconds or 0) + seconds, 3)
        controls = result.get("controls")
        for control, entry in controls.items() if isinstance(controls, Mapping) else ():
            if isinstance(entry, Mapping) and entry.get("state") in STATES:
                self._add(control, entry["state"], entry.get("reason"), _entries(entry.get("tasks")))

    def end(self, outcome: str, reason: Any) -> None:
        """Take in how it ended; the worst of several ends stands."""
        if OUTCOMES.index(outcome) >= OUTCOMES.index(self.outcome):
            self.outcome, self.reason = outcome, _text(reason, REASON_LIMIT)

    def change(self, control: str, task: str, changes: Iterable[Mapping[str, Any]]) -> None:
        """Take in that a task of the control changed something, or would in check mode."""
        self.end("would_change" if self.check else "confirmed", "")
        state = "would_change" if self.check else "changed"
        self._add(control, state, "", [{"task": task, "changes": list(changes)}])

    def _add(self, control: str, state: str, reason: Any, tasks: Iterable[Mapping[str, Any]]) -> None:
        control = clean(control, NAME_LIMIT)
        if control not in self.controls and len(self.controls) >= MOST_CONTROLS:
            return
        entry = self.controls.setdefault(control, {"state": state, "reason": _text(reason, REASON_LIMIT), "tasks": []})
        if STATES.index(state) > STATES.index(entry["state"]):
            entry.update(state=state, reason=_text(reason, REASON_LIMIT))
        for task in list(tasks)[: MOST_TASKS - len(entry["tasks"])]:
            changes = list(self._changes(_entries(task.get("changes"))))
            entry["tasks"].append({"task": clean(task.get("task") or control, NAME_LIMIT), "changes": changes})

    def _changes(self, given: list[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        for number, change in enumerate(given):
            if not self.room:
                yield {"kind": "task", "name": "and %d more" % (len(given) - number), "diff": None, "masked": False}
                return
            yield self._shown(change)

    def _shown(self, change: Mapping[str, Any]) -> dict[str, Any]:
        name, kind = str(change.get("name")), change.get("kind")
        hidden = bool(change.get("masked")) or holds_secrets(name)
        sides = [_side(change.get(key)) for key in ("before", "after")]
        lines = [] if hidden else unified(sides[0], sides[1], min(MOST_LINES, self.room))
        self.room = max(0, self.room - 1 - len(lines))
        return {
            "kind": kind if kind in KINDS else "task",
            "name": clean(name, NAME_LIMIT),
            "diff": "\n".join(lines) or None,
            "masked": hidden or any(MASK in line for line in lines),
        }


def document(run: str, host: str, customer: str, told: Told, after: Mapping[str, str]) -> dict[str, Any]:
    """Return the host's enforcement document. after: the status of each control as the host's result has it now."""
    return {
        "schema": SCHEMA,
        "run": run,
        "host": host,
        "customer": customer,
        "check": told.check,
        "outcome": told.outcome,
        "reason": told.reason,
        "seconds": told.seconds,
        "controls": {
            control: {
                **entry,
                "reason": _reason(told.unwaived.get(control), entry["reason"]),
                "before": _status(told.before.get(control)),
                "after": _status(after.get(control)) if told.judged_again else None,
            }
            for control, entry in sorted(told.controls.items())
        },
    }


def _reason(unwaived: str | None, reason: str) -> str:
    """Return why a waiver no longer kept the control as it was, and then what became of it."""
    return _text(" ".join(filter(None, (unwaived, reason))), REASON_LIMIT)


def _status(status: str | None) -> str | None:
    return status if status in STATUSES else None


def _text(value: Any, limit: int) -> str:
    return clean(masked(str(value or "")[: 2 * limit]), limit)


def _side(text: Any) -> str | None:
    return text if text is None else str(text)


def _entries(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []
