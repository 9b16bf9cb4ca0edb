# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab hangs together: inventory, fleet, plants and expected verdicts name the same hosts and controls."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES

from tests.lab import images, lab

STATUSES = {"pass", "fail", "unknown", "not_applicable", "waived"}
LIMIT_UNKNOWN = 0.1


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def groups() -> dict[str, Any]:
    return dict(load(lab.INVENTORY / "hosts.yml")["all"]["children"])


@pytest.fixture(scope="module")
def expected() -> dict[str, dict[str, str]]:
    return dict(load(lab.HERE / "expected.yml"))


def linux(groups: dict[str, Any]) -> set[str]:
    return {host for group in groups["linux"]["children"] for host in groups[group]["hosts"]}


def test_the_fleet_is_the_inventory(groups: dict[str, Any]) -> None:
    assert set(lab.FLEET) == linux(groups)


def test_every_host_belongs_to_one_customer_and_carries_its_name(groups: dict[str, Any]) -> None:
    customers = ("msp", "acme", "globex")
    for customer in customers:
        assert all(host.startswith(customer + "-") for host in groups[customer]["hosts"])
        assert load(lab.INVENTORY / "group_vars" / f"{customer}.yml")["bulwark_customer"] == customer
    owned = {host for customer in customers for host in groups[customer]["hosts"]}
    assert owned == linux(groups) | set(groups["windows"]["hosts"]) | set(groups["network"]["hosts"])


def test_every_host_has_a_plant_that_tells_its_story(groups: dict[str, Any]) -> None:
    plants = {path.stem: path.read_text(encoding="utf-8") for path in (lab.HERE / "plants").glob("*.sh")}
    assert set(plants) == linux(groups)
    for host, plant in plants.items():
        story = plant.split("\n")[1]
        assert story.startswith("# "), host


def test_every_host_has_a_verdict_on_every_judged_control(expected: dict[str, dict[str, str]]) -> None:
    assert set(expected) == set(lab.FLEET)
    for host, verdicts in expected.items():
        assert set(verdicts) == set(JUDGES), host
        assert set(verdicts.values()) <= STATUSES, host


def test_little_is_unknown(expected: dict[str, dict[str, str]]) -> None:
    counted = Counter(status for verdicts in expected.values() for status in verdicts.values())
    assert counted["unknown"] <= LIMIT_UNKNOWN * counted.total()


def test_what_make_lab_generates_is_what_the_inventory_asks_for() -> None:
    asked = "".join(path.read_text(encoding="utf-8") for path in (lab.INVENTORY / "group_vars").rglob("*.yml"))
    days = {name for name in lab.DAYS if f"lab_dates.{name}" in asked}
    assert days == set(lab.DAYS)


def test_an_image_is_named_by_its_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    assert images.host_image("bookworm") == images.host_image("bookworm")
    assert images.host_image("bookworm") != images.host_image("trixie")
    before = images.host_image("bookworm")
    monkeypatch.setenv("BULWARK_BASE_IMAGE_BOOKWORM", "docker.io/library/debian:12")
    assert images.base_image("bookworm") == "docker.io/library/debian:12"
    assert images.host_image("bookworm") != before
