# SPDX-License-Identifier: GPL-3.0-or-later
"""README's first command, alone, on a fresh machine: a clone of what is committed in a bare Debian container."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from tests.checkout import ROOT
from tests.lab.needed import NEEDS_CONTAINERS

from .machine import bare_image, run_as_root

pytestmark = NEEDS_CONTAINERS


def first_command() -> str:
    """The first fenced block of the README."""
    block = re.search(r"^```(?:sh|console|bash)\n(.+?)^```", (ROOT / "README.md").read_text("utf-8"), re.M | re.S)
    assert block, "README.md has no command"
    return block.group(1).strip()


def written(reports: Path) -> Iterator[tuple[Path, str]]:
    """The data files of the latest run, with the schema of each."""
    run = reports / "latest"
    yield run / "run.json", "run"
    yield run / "manifest.json", "manifest"
    hosts = list(run.glob("hosts/*/*.json"))
    assert len(hosts) == 1
    yield hosts[0], "host-result"


@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_first_command_on_a_fresh_machine(suite: str, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)

    done = run_as_root(bare_image(suite, tmp_path), clone, first_command())

    assert done.returncode == 0, done.stdout.decode()[-4000:] + done.stderr.decode()[-4000:]
    for path, schema in written(clone / "reports"):
        jsonschema.validate(
            json.loads(path.read_text("utf-8")), json.loads((ROOT / f"docs/schemas/{schema}.json").read_text("utf-8"))
        )
    changed = subprocess.run(["git", "-C", clone, "status", "--porcelain"], capture_output=True, check=True)
    assert changed.stdout == b""
