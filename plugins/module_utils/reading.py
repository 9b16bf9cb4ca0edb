# SPDX-License-Identifier: GPL-3.0-or-later
"""One reading of a host: every area's reader, side by side, within one time limit.

A reader is `read(host: Reading, area: Area) -> None`. It learns facts and decides nothing. A fact that can't be read is
an error entry, never a guess; a reader that crashes or hangs costs its own area only.
"""

from __future__ import annotations

import json
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from .door import Door, Unreadable

TEXT_LIMIT = 4096
LIST_LIMIT = 20000
#: Bytes of one fact as JSON, and error entries of one area.
FACT_LIMIT = 4 * 1024 * 1024
ERROR_LIMIT = 200
#: Seconds that a reader has before the next one begins: most are done, and those that wait for a command let others in.
HEAD_START = 0.01
#: New objects after which Python looks for garbage among them; by itself it does after 700.
COLLECT_AFTER = 20_000


class Area:
    """The facts of one area while they are being read, and the reasons for those that could not be."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.facts: dict[str, Any] = {}
        self.errors: list[dict[str, Any]] = []

    def learn(self, fact: str, produce: Callable[..., Any], *arguments: Any) -> Any:
        """Set `fact` to what `produce(*arguments)` returns; where that is unreadable, note the reason instead."""
        try:
            self.facts[fact] = produce(*arguments)
        except Unreadable as problem:
            self.unread(fact, str(problem))
            return None
        return self.facts[fact]

    def abandon(self, reason: str) -> None:
        """Note that the area can't be known: facts begun when its reader broke off may be half of the truth."""
        self.facts.clear()
        self.unread(None, reason)

    def unread(self, fact: str | None, reason: str) -> None:
        """Note that `fact` (None: the whole area) can't be known, and why."""
        self.errors.append({"area": self.name, "fact": fact, "reason": reason})


Reader = Callable[["Reading", Area], None]


class Reading:
    """Reads the areas of one host. A reader may ask for another area's facts; each is read once."""

    def __init__(
        self,
        door: Door,
        readers: dict[str, Reader],
        subjects: list[dict[str, Any]] | None = None,
        marks: list[str] | None = None,
        fingerprint_key: str = "",
        places: list[str] | None = None,
        log_hours: dict[str, int] | None = None,
        backups: list[dict[str, Any]] | None = None,
        scan_reports: list[str] | None = None,
        sensors: list[dict[str, Any]] | None = None,
        log_agents: list[dict[str, Any]] | None = None,
    ) -> None:
        self.door = door
        #: Accounts the controller asks about: [{"user": str, "addresses": [str]}].
        self.subjects = subjects or []
        #: Glob patterns that the controller asks for in texts which stay on the host, such as the comments of keys.
        self.marks = marks or []
        #: Glob patterns of paths that the controller asks for; other paths of the deep reading are told masked.
        self.places = places or []
        #: Key of the fingerprints by which secrets are compared; "" where none are.
        self.fingerprint_key = fingerprint_key
        #: Hours of log in which failures, password changes and sessions are looked for.
        self.log_hours = {"failures": 0, "changes": 0, "sessions": 0, **(log_hours or {})}
        #: The declared backups: [{name, tool, repository, key_file, environment, user, unit, command, scope}].
        self.backups = backups or []
        #: Paths of the declared reports of scanners.
        self.scan_reports = scan_reports or []
        #: The declared sensors: [{name, looks: [{what, form, paths}]}], form as sensor_files.FORMS has them.
        self.sensors = sensors or []
        #: The declared agents that carry logs: [{name, unit, collector, config, lines, keeps, carries}].
        self.log_agents = log_agents or []
        self._readers = readers
        self._areas = {name: Area(name) for name in readers}
        self._locks = {name: threading.Lock() for name in readers}
        self._done: set[str] = set()

    def area(self, name: str) -> Area:
        """Return the area `name`, read now if nobody has read it yet."""
        with self._locks[name]:
            area = self._areas[name]
            if name not in self._done:
                try:
                    self._readers[name](self, area)
                except Unreadable as problem:
                    area.abandon(str(problem))
                except Exception as error:
                    area.abandon("the reader failed: %s" % _where(error))
                self._done.add(name)
            return area

    def fact(self, area: str, name: str) -> Any:
        """Return one fact of another area; raises Unreadable with that area's own reason."""
        asked = self.area(area)
        if name in asked.facts:
            return asked.facts[name]
        reasons = [error["reason"] for error in asked.errors if error["fact"] in (name, None)]
        raise Unreadable(reasons[0] if reasons else "%s.%s was not read" % (area, name))

    def state(self, names: list[str], seconds: float) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Read `names` side by side where they wait and return (facts per area, error entries) within `seconds`."""
        deadline = time.monotonic() + seconds
        # Daemon threads: one that hangs in the kernel must not keep the process from answering.
        threads = {name: threading.Thread(target=self.area, args=(name,), daemon=True) for name in names}
        for thread in threads.values():
            thread.start()
            thread.join(HEAD_START)
        facts: dict[str, Any] = {}
        errors: list[dict[str, Any]] = []
        for name, thread in threads.items():
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                errors.append({"area": name, "fact": None, "reason": "reading took longer than %g seconds" % seconds})
                continue
            area = self._areas[name]
            facts[name], late = _bounded_facts(area)
            errors.extend(late + area.errors[:ERROR_LIMIT])
        self.door.close()
        return facts, [dict(error, reason=str(error["reason"])[:TEXT_LIMIT]) for error in errors]


def _where(error: Exception) -> str:
    """Return the error's type and our own line. Not its text, which may quote what the reader had in its hands."""
    frames = traceback.extract_tb(error.__traceback__)
    frame = next((frame for frame in reversed(frames) if "/module_utils/" in frame.filename), frames[-1])
    return "%s in %s, line %d" % (type(error).__name__, frame.filename.rsplit("/", 1)[-1], frame.lineno or 0)


def _bounded_facts(area: Area) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    kept: dict[str, Any] = {}
    errors: list[dict[str, Any]] = []
    for fact, value in area.facts.items():
        try:
            bounded = _bounded(value)
            if len(json.dumps(bounded, allow_nan=False)) > FACT_LIMIT:
                raise Unreadable("it is larger than %d bytes" % FACT_LIMIT)
            kept[fact] = bounded
        except Unreadable as problem:
            errors.append({"area": area.name, "fact": fact, "reason": str(problem)})
        except (TypeError, ValueError, RecursionError) as error:
            errors.append({"area": area.name, "fact": fact, "reason": "the reader failed: %s" % _where(error)})
    return kept, errors


def _bounded(value: Any) -> Any:
    """Return `value` with long texts cut (marked by an ellipsis); a list that is too long can't be judged honestly."""
    if isinstance(value, str):
        return value if len(value) <= TEXT_LIMIT else value[:TEXT_LIMIT] + "\u2026"
    if isinstance(value, (list, tuple, set, frozenset)):
        if len(value) > LIST_LIMIT:
            raise Unreadable("it holds more than %d entries" % LIST_LIMIT)
        ordered = sorted(value) if isinstance(value, (set, frozenset)) else value
        return [_bounded(item) for item in ordered]
    if isinstance(value, dict):
        if len(value) > LIST_LIMIT:
            raise Unreadable("it holds more than %d entries" % LIST_LIMIT)
        return {str(_bounded(str(key))): _bounded(item) for key, item in value.items()}
    return value
