# SPDX-License-Identifier: GPL-3.0-or-later
"""Every control is shown on real hosts, from both sides: a host it passes on and one it fails on."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.fleet.all import FLEET_JUDGES
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES

from tests.integration.test_fleet_judges import SHOWN
from tests.scenarios.playing import Playing
from tests.scenarios.scenario import Scenario, ScenarioError, load, load_all

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs/schemas/host-result.json").read_text(encoding="utf-8"))
MOST_RECORDED = 3


def test_scenario(scenario: Scenario, playing: Playing) -> None:
    """The audit of the scenario's host gives the control exactly the expected status, and says why."""
    document = playing.audit(scenario.id)
    assert isinstance(document, dict), document
    jsonschema.validate(document, SCHEMA)
    (finding,) = [one for one in document["findings"] if one["control"] == scenario.control]
    shown = json.dumps({**finding, "errors": document["errors"]}, indent=1)
    assert finding["status"] == scenario.status, f"{scenario.story}\n{shown}"
    assert scenario.reason in finding["reason"], shown
    for text in scenario.items:
        assert any(text in json.dumps(item) for item in finding["actual"]), f"{text!r} is not among\n{shown}"


def test_every_judged_control_is_shown_from_both_sides(request: pytest.FixtureRequest) -> None:
    """A judge without a pair of scenarios, or scenarios without a judge, are named."""
    chosen = request.config.getoption("control", "")
    files = {file.control: file for file in load_all()}
    lacking = [control for control in JUDGES if control not in files or not files[control].complete]
    assert [control for control in lacking if chosen in ("", control)] == [], "no pass and fail scenario"
    assert set(files) <= set(JUDGES), "scenarios of controls that have no judge"


def test_every_fleet_judge_is_shown_from_both_sides() -> None:
    """What shows across hosts needs several: those tests stand by themselves, as do those of host lists and backups."""
    assert set(FLEET_JUDGES) == {*SHOWN, "lin-oa-inventory", "lin-bk-common-point"}


def test_few_controls_are_shown_on_recorded_state_only() -> None:
    """What no host of the tests can show is an exception."""
    assert len([file for file in load_all() if file.recorded]) <= MOST_RECORDED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "x.yml: must be a mapping, found list"),
        ("passes: {}", "x.yml.passes: no such key; there are pass, fail, more, recorded"),
        ("pass: {setup: 'true'}", "x.yml: pass.story: is missing"),
        ("pass: {story: a, system: sarge}", "x.yml: pass.system: must be one of bookworm, trixie, stale, vm, found"),
        ("fail: {story: a}", "x.yml: fail.items: must list what the finding has to name"),
        ("fail: {story: a, items: [1]}", "x.yml: fail.items[0]: must be a text, found int"),
        ("pass: {story: a, mend: {}}", "x.yml: pass.mend: only what fails can be mended"),
        ("fail: {story: a, items: [b], mend: {how: c}}", "x.yml: fail.mend.how: no such key; there are vars,"),
        (
            "fail: {story: a, items: [b], mend: {restored: c}}",
            "x.yml: fail.mend.restored: must be fail or pass, found c",
        ),
        ("more: [{name: a, status: fine, story: b}]", "x.yml: more[0].status: must be one of"),
        ("more: [{name: a, status: pass, story: b}, {name: a, status: pass, story: c}]", "more than one scenario"),
    ],
)
def test_a_malformed_scenario_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """The error names file, entry and key, and what would be right."""
    path = tmp_path / "x.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        load(path)
    assert message in str(error.value)
