# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets plain `pytest` run in a fresh clone: the checkout becomes importable as ansible_collections.bulwark.msp."""

from __future__ import annotations

import fcntl
import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import hypothesis
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.checkout import ROOT
from tests.workers import Scheduling

LINK = ROOT / ".ansible" / "collections" / "ansible_collections" / "bulwark" / "msp"

if not LINK.is_symlink():
    LINK.parent.mkdir(parents=True, exist_ok=True)
    LINK.symlink_to("../../../..")
    # Python remembers that the directory, which is on the path already, wasn't there.
    importlib.invalidate_caches()

# The playbooks keep bytecode, as they do for users.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Two busy cores make single examples slow now and then; that is no failure.
hypothesis.settings.register_profile("bulwark", deadline=None)
hypothesis.settings.load_profile("bulwark")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """Keep more together than `--dist loadfile` does by itself."""
    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests that want the machine for themselves come last."""
    items.sort(key=lambda item: "alone" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session", autouse=True)
def machine(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[IO[str]]:
    """A lock that all workers of a run hold together, each as long as it has tests."""
    folder = tmp_path_factory.getbasetemp()
    with (folder if worker_id == "master" else folder.parent).joinpath("machine.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield lock


@pytest.fixture(scope="session")
def alone(machine: IO[str]) -> None:
    """Wait until the other workers have no tests any more: for tests with deadlines, or that fill the machine."""
    fcntl.flock(machine, fcntl.LOCK_EX)


@pytest.fixture(scope="session")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built collection, as Galaxy would get it."""
    directory = tmp_path_factory.mktemp("artefact")
    _galaxy("collection", "build", "--output-path", str(directory))
    (path,) = directory.glob("bulwark-msp-*.tar.gz")
    return path


@pytest.fixture(scope="session")
def installed(artefact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collections path, outside the checkout, that holds the installed artefact and nothing else."""
    directory = tmp_path_factory.mktemp("collections")
    # Without the dependencies, which only enforcement needs: an audit has to do without them.
    _galaxy("collection", "install", "--no-deps", str(artefact), collections=directory)
    return directory


def _galaxy(*arguments: str, collections: Path = ROOT) -> None:
    command = [str(Path(sys.executable).with_name("ansible-galaxy")), *arguments]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections)}
    subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
