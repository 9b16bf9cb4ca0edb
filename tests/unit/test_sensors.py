# SPDX-License-Identifier: GPL-3.0-or-later
"""The sensors that are known, and what an inventory may say of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.sensor_files import FORMS
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import sensors as catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue.strict_yaml import CatalogueError
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared import sensors
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import build
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.subjects import sensors as asked

HEAD = "dated: 2026-11-23\nsources: [x]\nproducts:\n"


def test_every_known_sensor_is_read_in_a_form_that_there_is() -> None:
    known = catalogue.sensors()
    assert {look.form for product in known.products for look in product.looks.values()} <= set(FORMS)
    assert {form for forms in catalogue.LOOKS.values() for form in forms} == set(FORMS)
    assert all(("guard" in product.looks) == (product.guard == "seen") for product in known.products)
    assert all(product.units for product in known.products)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("- {id: a, name: A, kinds: [], units: [], guard: none}", "kinds"),
        ("- {id: a, name: A, kinds: [moon], units: [], guard: none}", "kinds"),
        ("- {id: a, name: A, kinds: [network], units: [], guard: maybe}", "guard"),
        ("- {id: a, name: A, kinds: [network], units: [], guard: none, looks: {x: {form: a, paths: []}}}", "looks"),
        ("- {id: a, name: A, kinds: [network], units: [], guard: none, looks: {rules: {form: a, paths: []}}}", "form"),
        ("- &a {id: a, name: A, kinds: [network], units: [], guard: none}\n- *a", "an id stands once"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, entry: str, message: str) -> None:
    file = tmp_path / "sensors.yml"
    file.write_text(HEAD + entry)
    with pytest.raises(CatalogueError, match=message):
        catalogue.sensors(file)


@pytest.mark.parametrize(
    ("entry", "places"),
    [
        ({"name": "Wazuh"}, []),
        ({"name": "own", "kind": "network", "unit": "own@a.service", "output": "/var/log/x", "version": "4.9-1"}, []),
        ({"name": "own"}, ["x.kind", "x.unit"]),
        ({"name": "wazuh", "kind": "network"}, ["x.kind"]),
        (
            {"name": "wazuh", "unit": "rm -rf", "version": "new", "check_in": "a/../b"},
            ["x.unit", "x.version", "x.check_in"],
        ),
    ],
)
def test_what_is_declared_is_checked(entry: dict[str, Any], places: list[str]) -> None:
    assert [problem.variable for problem in sensors.problems("x", entry)] == places


def test_a_declared_file_goes_before_the_known_one_and_by_its_last_change() -> None:
    declared = [{"name": "wazuh", "check_in": "/c"}, {"name": "own", "kind": "endpoint", "unit": "own.service"}]
    told = asked(build({"bulwark_sensors": declared}))
    assert told == [
        {"name": "Wazuh", "looks": [{"what": "check_in", "form": "modified", "paths": ["/c"]}]},
        {"name": "own", "looks": []},
    ]
    assert asked(build({})) == []
