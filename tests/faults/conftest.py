# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults wait more than they work, so all that were selected happen side by side, each to a host of its own."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.fault import Fault
from tests.faults.scene import Scene
from tests.faults.targets import Box
from tests.lab.engine import Host, Lab, each, free_port
from tests.lab.needed import REASON, THERE

#: Two cores: more at once would make a deadline of 15 seconds a matter of luck.
AT_ONCE = 4


@pytest.fixture(scope="session")
def happening(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[None]]]:
    """All selected container faults, begun; the result of each is awaited by its own test."""
    if not THERE:
        pytest.skip(REASON)
    faults = selected(request.session)
    lab = Lab("faults", tmp_path_factory.mktemp("lab"))
    scenes = {fault.name: scene(lab, fault, tmp_path_factory.mktemp("fault")) for fault in faults}
    hosts = [box.host for made in scenes.values() for box in (made.target, made.beside) if isinstance(box, Box)]
    # The one that waits longest has a worker to itself, from the start.
    pool, long_pool = ThreadPoolExecutor(AT_ONCE), ThreadPoolExecutor(1)
    try:
        lab.restore(hosts)
        lab.wait_ssh(hosts)
        lab.write_known_hosts(hosts)
        each(lambda fault: fault.prepare(scenes[fault.name]), faults)
        yield {
            fault.name: (long_pool if fault.long else pool).submit(fault.happen, scenes[fault.name])
            for fault in sorted(faults, key=lambda fault: not fault.long)
        }
    finally:
        for each_pool in (pool, long_pool):
            each_pool.shutdown(cancel_futures=True)
        lab.stop(hosts)


def scene(lab: Lab, fault: Fault, folder: Path) -> Scene:
    """Return where a fault is to happen; its hosts are not started yet."""

    def box(name: str, suite: str) -> Box:
        return Box(lab, Host(name, f"faults-{name}", suite, free_port()))

    beside = box(f"{fault.name}-beside", fault.beside) if fault.beside else None
    return Scene(box(fault.name, fault.suite), folder, beside)


def selected(session: pytest.Session) -> list[Fault]:
    """Return the faults of the tests that are to run."""
    parameters = (getattr(item, "callspec", None) for item in session.items)
    found = (spec.params.get("fault") for spec in parameters if spec)
    return [fault for fault in found if isinstance(fault, Fault)]
