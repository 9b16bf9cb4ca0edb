# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tests go to one worker of pytest-xdist: `pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder`.

The tests of a file share what its fixtures make. So do those of several files that use one lab, and scenarios that are
played in one batch. xdist's own way, `loadgroup`, appends the group to a test's node id, which pytest 9 doesn't let it.
"""

from __future__ import annotations

from functools import cached_property

from xdist.scheduler import LoadScopeScheduling

from tests.scenarios.batches import batches

#: Where node ids begin -> the hosts that these tests share.
SHARED = {"tests/lab/": "lab", "tests/enforcement/test_lab.py": "lab"}
SCENARIOS = "tests/scenarios/"


class Scheduling(LoadScopeScheduling):
    """By file, by shared hosts, by batch of scenarios."""

    def _split_scope(self, nodeid: str) -> str:
        for start, hosts in SHARED.items():
            if nodeid.startswith(start):
                return hosts
        if nodeid.startswith(SCENARIOS):
            parameter = nodeid.partition("[")[2].rstrip("]")
            if parameter in self._batch_of:
                return f"scenarios {self._batch_of[parameter]}"
        return nodeid.partition("::")[0]

    @cached_property
    def _batch_of(self) -> dict[str, int]:
        """Number the batches by their scenarios. Those of guests are one, since two guests at once slow each other."""
        found = batches(self.config.getoption("control", ""))
        return {
            scenario.id: -1 if scenario.on_guest else number for number, batch in enumerate(found) for scenario in batch
        }
