# SPDX-License-Identifier: GPL-3.0-or-later
"""What plugins import is compiled once: the bytecode stays, where it may."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils import bytecode

from tests.checkout import ROOT

UTILS = str(ROOT / "plugins" / "plugin_utils")


def test_a_playbook_keeps_what_it_compiled(tmp_path: Path) -> None:
    """By an audit that ends before any connection."""
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    playbook = [str(Path(sys.executable).with_name("ansible-playbook")), "bulwark.msp.audit"]
    done = subprocess.run(
        [*playbook, "-i", "localhost,", "-e", "bulwark_no_such_option=1"],
        cwd=ROOT,
        env={**usual, "PYTHONPYCACHEPREFIX": str(tmp_path), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "bulwark_no_such_option" in done.stdout
    assert [path for path in tmp_path.rglob("begin.*.pyc") if path.parent.name == "runs"]


@pytest.mark.parametrize("name", ["text", "runs"])
def test_modules_and_packages_are_found_by_pythons_loader(name: str) -> None:
    spec = bytecode.Finder.find_spec(f"{bytecode.PLUGINS}.plugin_utils.{name}", [UTILS])
    assert spec and isinstance(spec.loader, SourceFileLoader)
    assert (spec.submodule_search_locations is not None) is (name == "runs")


@pytest.mark.parametrize(
    "name",
    [
        "json",
        "ansible_collections.community.crypto.plugins.plugin_utils.text",
        f"{bytecode.PLUGINS}.plugin_utils",
        f"{bytecode.PLUGINS}.action.begin",
        f"{bytecode.PLUGINS}.plugin_utils.no_such_module",
    ],
)
def test_everything_else_is_left_to_ansible(name: str) -> None:
    assert bytecode.Finder.find_spec(name, [UTILS]) is None


def test_it_is_asked_once_and_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    bytecode.keep()
    bytecode.keep()
    assert sys.meta_path[0] is bytecode.Finder
    assert sys.meta_path.count(bytecode.Finder) == 1
