# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's state as judges see it: asking for a fact that was not read ends the judgement with the reader's reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class Unread(Exception):
    """A fact the judge needs could not be read on the host; the text says which and why."""


class AreaFacts(Mapping[str, Any]):
    """The facts of one area. A missing one raises Unread with the reason the reader gave."""

    def __init__(self, name: str, facts: Mapping[str, Any], reasons: Mapping[str | None, str]) -> None:
        self.name = name
        self._facts = facts
        self._reasons = reasons

    def __getitem__(self, fact: str) -> Any:
        if fact in self._facts:
            return self._facts[fact]
        raise Unread(self.reason(fact) or "%s.%s was not read" % (self.name, fact))

    def __contains__(self, fact: object) -> bool:
        # Mapping's own would ask for it, and raise.
        return fact in self._facts

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def reason(self, fact: str) -> str | None:
        """Return why `fact` could not be read, None where nothing stood in the way."""
        return self._reasons.get(fact) or self._reasons.get(None)


class Facts:
    """The areas of one host state (schema bulwark/host-state/1)."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        reasons: dict[str, dict[str | None, str]] = {}
        for error in state.get("errors", []):
            reasons.setdefault(error["area"], {}).setdefault(error.get("fact"), error["reason"])
        self._areas = {
            name: AreaFacts(name, state.get("areas", {}).get(name, {}), reasons.get(name, {}))
            for name in {*state.get("areas", {}), *reasons}
        }

    def __getitem__(self, area: str) -> AreaFacts:
        return self._areas.get(area, AreaFacts(area, {}, {}))
