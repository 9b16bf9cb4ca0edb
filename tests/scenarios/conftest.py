# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays the scenarios that were selected, all before the first of their tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.scenarios.scenario import Scenario, load_all
from tests.scenarios.stage import Stage


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --control."""
    parser.addoption("--control", default="", help="only the scenarios of this control")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each scenario."""
    if "scenario" in metafunc.fixturenames:
        control = metafunc.config.getoption("control", "")
        scenarios = [one for file in load_all() for one in file.scenarios if control in ("", file.control)]
        metafunc.parametrize("scenario", scenarios, ids=[one.id for one in scenarios])


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Host documents by scenario id, of the scenarios whose tests were selected."""
    parameters = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    chosen = [one["scenario"] for one in parameters if isinstance(one.get("scenario"), Scenario)]
    stage = Stage(tmp_path_factory.mktemp("scenarios"))
    try:
        yield stage.play(chosen)
    finally:
        stage.close()
