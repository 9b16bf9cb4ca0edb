# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays the scenarios that were selected, all before the first of their tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.scenarios.mending import mend
from tests.scenarios.scenario import Scenario, load_all
from tests.scenarios.stage import Stage


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --control."""
    parser.addoption("--control", default="", help="only the scenarios of this control")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each scenario, or of each that enforcement mends."""
    control = metafunc.config.getoption("control", "")
    scenarios = [one for file in load_all() for one in file.scenarios if control in ("", file.control)]
    chosen = {"scenario": scenarios, "mended": [one for one in scenarios if one.mend is not None]}
    for fixture in chosen.keys() & set(metafunc.fixturenames):
        metafunc.parametrize(fixture, chosen[fixture], ids=[one.id for one in chosen[fixture]])


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Host documents by scenario id, of the scenarios whose tests were selected."""
    stage = Stage(tmp_path_factory.mktemp("scenarios"))
    try:
        yield stage.play(selected(request.session, "scenario"))
    finally:
        stage.close()


@pytest.fixture(scope="session")
def mendings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What became of the scenarios selected to be mended, by id: a Mending, or the reason why there is none."""
    stage = Stage(tmp_path_factory.mktemp("mendings"))
    try:
        yield mend(stage, selected(request.session, "mended"))
    finally:
        stage.close()


def selected(session: pytest.Session, parameter: str) -> list[Scenario]:
    """Return the scenarios of the tests that were selected, each once."""
    parameters = [item.callspec.params for item in session.items if hasattr(item, "callspec")]
    return list({one[parameter].id: one[parameter] for one in parameters if parameter in one}.values())
