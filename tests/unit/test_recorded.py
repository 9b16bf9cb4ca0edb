# SPDX-License-Identifier: GPL-3.0-or-later
"""Systems that are not run live, read and judged from what is recorded of them in tests/recorded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.areas import AREAS
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door
from ansible_collections.bulwark.msp.plugins.module_utils.reading import Reading
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared import declared
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.subjects import (
    backups,
    log_agents,
    log_hours,
    marks,
    places,
    sensors,
    subjects,
)
from ansible_collections.bulwark.msp.plugins.plugin_utils.fleet.fingerprints import Key
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs import judging
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.finding import Subject

from tests.checkout import ROOT
from tests.integration.fleet import play
from tests.recorded import compose

HOSTS = list(compose.hosts())
#: Audited by ansible-playbook too: the one with most that Debian hasn't.
PLAYED = ("rhel-9", "hardened")
RUN = {"run": "recorded", "sequence": 1}

every_host = pytest.mark.parametrize(("system", "variant"), HOSTS, ids=["-".join(host) for host in HOSTS])


def declaration(system: str, variant: str) -> declared.Declaration:
    today = date.today()
    return declared.declare(compose.variables(system, variant, today), catalogue.load(), today)


def asked(system: str, variant: str) -> dict[str, Any]:
    """Return what an audit asks the host for beside its state."""
    known = declaration(system, variant)
    return {
        "subjects": subjects(known.registers),
        "marks": marks(known.policy),
        "places": places(known.policy, known.registers),
        "log_hours": log_hours(known.policy, known.registers),
        "backups": backups(known.registers),
        "scan_reports": known.policy["bulwark_scan_reports"],
        "sensors": sensors(known.registers),
        "log_agents": log_agents(known.registers),
    }


def state(system: str, variant: str, folder: Path) -> dict[str, Any]:
    root = compose.compose(system, variant, folder / "root")
    areas, errors = Reading(Door(str(root)), AREAS, **asked(system, variant)).state(list(AREAS), 60)
    return {"schema": judging.STATE_SCHEMA, "collected_at": "2026-11-22T02:00:00Z", "areas": areas, "errors": errors}


def findings(system: str, variant: str, read: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    subject = Subject(f"{system}-{variant}", declaration(system, variant), lambda pattern: True)
    document = judging.judge_state(read, subject, JUDGES, catalogue.load(), date.today(), RUN, Key("key"))
    return {finding["control"]: finding for finding in document["findings"]}


@every_host
def test_every_area_is_read_whole(system: str, variant: str, tmp_path: Path) -> None:
    assert state(system, variant, tmp_path)["errors"] == []


@every_host
def test_verdicts(system: str, variant: str, tmp_path: Path) -> None:
    judged = findings(system, variant, state(system, variant, tmp_path))
    expected = compose.expected(system, variant)
    assert set(expected) == set(JUDGES)
    wrong = {
        control: (status, judged[control]["status"], judged[control]["actual"] or judged[control]["reason"])
        for control, status in expected.items()
        if judged[control]["status"] != status
    }
    assert not wrong, json.dumps(wrong, indent=1)


@every_host
def test_what_a_control_says_it_reads_is_all_that_it_reads(system: str, variant: str, tmp_path: Path) -> None:
    """An audit of some controls reads no more of a host, and comes to the same findings."""
    whole = state(system, variant, tmp_path)
    everything = findings(system, variant, whole)
    for control in JUDGES:
        areas = judging.areas([control], catalogue.load())
        part = {**whole, "areas": {name: whole["areas"][name] for name in areas}}
        assert findings(system, variant, part)[control] == everything[control], control


def test_ansible_playbook_comes_to_the_same_findings(tmp_path: Path) -> None:
    """The module reads the recorded host, and an audit judges the state as that of an air-gapped one."""
    system, variant = PLAYED
    host = f"{system}-{variant}"
    root = compose.compose(system, variant, tmp_path / "root")
    read = run_module(root, asked(system, variant), tmp_path)
    states = tmp_path / "states"
    states.mkdir()
    (states / f"{host}.json").write_text(json.dumps(read), encoding="utf-8")
    variables = {**compose.variables(system, variant, date.today()), "bulwark_state_dir": str(states)}
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": {host: variables}}}), encoding="utf-8")
    played = play("audit", inventory, tmp_path / "reports")
    assert played.rc == 0, played.output
    audited = {finding["control"]: finding for finding in played.host(host, "acme")["findings"]}
    assert {control: finding["status"] for control, finding in audited.items()} == compose.expected(system, variant)
    assert {control: finding["found"] for control, finding in audited.items()} == {
        control: finding["found"] for control, finding in findings(system, variant, read).items()
    }


def run_module(root: Path, parameters: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the state that the module itself reads below `root`."""
    arguments = folder / "arguments.json"
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {"root": str(root), **parameters}}), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ansible_collections.bulwark.msp.plugins.modules.linux_state_info", str(arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT / ".ansible" / "collections")},
        stdout=subprocess.PIPE,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    state: dict[str, Any] = answer["state"]
    return state
