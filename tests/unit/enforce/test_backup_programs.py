# SPDX-License-Identifier: GPL-3.0-or-later
"""Both programs of the role backups take the repository from its environment file, where that names it with a login."""

from __future__ import annotations

import importlib.machinery
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FILES = Path(__file__).resolve().parents[3] / "roles/backups/files"
PLAIN = "rest:https://backup.example:8000/web"
LOGIN = "rest:https://web:secret@backup.example:8000/web"


@pytest.fixture(params=["bulwark_backup", "bulwark_prune"])
def program(request: pytest.FixtureRequest) -> ModuleType:
    loader = importlib.machinery.SourceFileLoader(request.param, str(FILES / (request.param + ".py")))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def repository(program: ModuleType, **configuration: Any) -> str:
    return str(program.environment_of({"repository": PLAIN, **configuration})["RESTIC_REPOSITORY"])


def test_the_declared_repository_is_used(program: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTIC_REPOSITORY", "/somewhere/else")
    assert repository(program) == PLAIN


def test_the_environment_file_adds_the_login(program: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "environment"
    file.write_text(f"# web\nRESTIC_REPOSITORY='{LOGIN}'\n", encoding="utf-8")
    assert repository(program, environment=str(file)) == LOGIN
