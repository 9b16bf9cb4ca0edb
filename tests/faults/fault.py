# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults by name: what each does to a host of its own, and what has to be true afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.scene import Scene


@dataclass(frozen=True)
class Fault:
    """One fault. script: how its host is prepared. declared: inventory variables. accounts: who may log in with a key.

    beside: suite of a second host that takes part. long: it waits for the default deadline.
    """

    name: str
    suite: str
    course: Callable[[Scene], None]
    script: str = "true"
    declared: Mapping[str, Any] = field(default_factory=dict)
    accounts: Sequence[str] = ("ansible",)
    beside: str | None = None
    long: bool = False

    def prepare(self, scene: Scene) -> None:
        """Make the host what it is before the fault."""
        scene.accounts, scene.declared = self.accounts, self.declared
        scene.target.run(self.script)

    def happen(self, scene: Scene) -> None:
        """Let it happen; raises where the host does not survive it."""
        try:
            scene.begin()
            self.course(scene)
        finally:
            scene.end()


class Faults(list[Fault]):
    """The faults of one kind of host."""

    def on(self, suite: str, script: str = "true", **more: Any) -> Callable[[Callable[[Scene], None]], Fault]:
        """Register the decorated function as what happens to a host of that suite, prepared by a bash script."""

        def register(course: Callable[[Scene], None]) -> Fault:
            fault = Fault(course.__name__.replace("_", "-"), suite, course, script, **more)
            self.append(fault)
            return fault

        return register
