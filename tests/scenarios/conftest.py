# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets the scenarios that were selected play, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scenarios.batches import batches
from tests.scenarios.playing import Playing
from tests.scenarios.scenario import Scenario
from tests.scenarios.stage import Stage
from tests.vm.image import no_guest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --control."""
    parser.addoption(
        "--control",
        default="",
        help="only scenarios of controls that match, such as lin-lm-*",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each scenario, or of each that enforcement mends."""
    scenarios = [one for batch in batches(metafunc.config.getoption("control", "")) for one in batch]
    chosen = {"scenario": scenarios, "mended": [one for one in scenarios if one.mend is not None]}
    for fixture in chosen.keys() & set(metafunc.fixturenames):
        parameters = [pytest.param(one, id=one.id, marks=skipped(one)) for one in chosen[fixture]]
        metafunc.parametrize(fixture, parameters)


def skipped(scenario: Scenario) -> list[pytest.MarkDecorator]:
    """Return the mark that skips what needs a guest, where there can be none."""
    reason = no_guest() if scenario.on_guest else ""
    return [pytest.mark.skip(reason=reason)] if reason else []


@pytest.fixture(scope="session")
def playing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playing]:
    """What becomes of the scenarios whose tests were selected."""
    stage = Stage(tmp_path_factory.mktemp("scenarios"))
    audited, mended = (selected(request.session, parameter) for parameter in ("scenario", "mended"))
    listed = batches(request.config.getoption("control", ""))
    wanted = [tuple(one for one in batch if one.id in audited | mended) for batch in listed]
    try:
        yield Playing(stage, wanted, mended)
    finally:
        stage.close()


def selected(session: pytest.Session, parameter: str) -> set[str]:
    """Return the ids of the scenarios whose tests were selected; where there is none, pytest's stands in for it."""
    given = [item.callspec.params.get(parameter) for item in session.items if hasattr(item, "callspec")]
    return {one.id for one in given if isinstance(one, Scenario)}
