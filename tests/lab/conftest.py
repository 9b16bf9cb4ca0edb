# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab as the tests find it: every host at its planted start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.fleet import Played, play
from tests.lab import lab


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """An audit of the lab, just planted, with a look at its disks.

    A lab that somebody else had started is put back at the end, not removed.
    """
    found_running = bool(lab.lab().containers())
    try:
        lab.up()
        yield play("audit", lab.INVENTORY, tmp_path_factory.mktemp("lab"), "-e", "bulwark_deep=true")
    finally:
        if found_running:
            lab.up()
        else:
            lab.down()
