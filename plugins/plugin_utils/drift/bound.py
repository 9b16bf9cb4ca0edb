# SPDX-License-Identifier: GPL-3.0-or-later
"""Waivers that are bound to what was found: which of them hold no more, since something else is found now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .index import OPEN

#: Statuses of which nobody knows what would be found.
UNSURE = frozenset({"unknown", "stale"})


class Bound:
    """Gathers, while results stream by, what is found of the controls that such waivers are for."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], set[str]] = {}
        self._unsure: set[tuple[str, str]] = set()

    def expect(self, customer: str, waivers: Iterable[Any]) -> None:
        """Take in a customer's register of waivers, before what was found at that customer."""
        for entry in waivers:
            if isinstance(entry, Mapping) and entry.get("finding"):
                self._found.setdefault((customer, str(entry.get("control"))), set())

    def add(self, customer: str, findings: Iterable[Mapping[str, Any]]) -> None:
        """Take in the findings of a host, or the customer's own."""
        for finding in findings:
            key = (customer, finding["control"])
            if key not in self._found:
                continue
            if finding["status"] in OPEN:
                self._found[key].add(finding["found"])
            elif finding["status"] in UNSURE:
                self._unsure.add(key)

    def ended(self, customer: str, waiver: Mapping[str, Any]) -> bool:
        """Say whether the control fails without that finding; where nothing fails, there is nothing to waive.

        What could not be read may be what it is bound to, so that it has not ended then.
        """
        key = (customer, str(waiver.get("control")))
        found = self._found.get(key)
        return bool(waiver.get("finding") and found and key not in self._unsure and waiver["finding"] not in found)
