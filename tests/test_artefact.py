# SPDX-License-Identifier: GPL-3.0-or-later
"""What the artefact for Galaxy holds: all that a user runs or reads, and nothing that only the checkout needs."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path, PurePath

import pytest

from tests.checkout import ROOT

SHIPPED = {"LICENSE", "README.md", "changelogs", "docs", "meta", "playbooks", "plugins", "requirements.txt", "roles"}
# ansible-test reads these two wherever the collection is tested.
SHIPPED_TESTS = {"tests/config.yml", "tests/sanity"}


@pytest.fixture(scope="module")
def shipped(artefact: Path) -> set[str]:
    with tarfile.open(artefact) as tar:
        return {member.name for member in tar if member.isfile()} - {"MANIFEST.json", "FILES.json"}


@pytest.fixture(scope="module")
def kept() -> set[str]:
    """Every file of the project, committed or about to be."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return {name for name in names if (ROOT / name).is_file()}


def belongs(name: str) -> bool:
    parts = PurePath(name).parts
    return parts[0] in SHIPPED or "/".join(parts[:2]) in SHIPPED_TESTS


def test_artefact_holds_what_belongs_and_nothing_else(shipped: set[str], kept: set[str]) -> None:
    assert shipped == {name for name in kept if belongs(name)}
