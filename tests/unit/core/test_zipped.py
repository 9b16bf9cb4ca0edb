# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules out of a zip are found as Python finds them, and compiled once."""

from __future__ import annotations

import builtins
import importlib
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.zipped import Finder

FILES = {
    "sent/__init__.py": "",
    "sent/reading.py": "from .inner import facts\nanswer = facts.answer",
    "sent/inner/__init__.py": "",
    "sent/inner/facts.py": "answer = 42",
    "sent/broken.py": "answer = ",
}


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Put a zip on Python's path and count what is compiled, by the end of its name."""
    sent = tmp_path / "sent.zip"
    with zipfile.ZipFile(sent, "w") as archive:
        for name, text in FILES.items():
            archive.writestr(name, text)
    monkeypatch.syspath_prepend(str(sent))
    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    counted: Counter[str] = Counter()
    usual = builtins.compile

    def counting(source: Any, filename: Any, *arguments: Any, **options: Any) -> Any:
        counted[Path(str(filename)).name] += 1
        return usual(source, filename, *arguments, **options)

    monkeypatch.setattr(builtins, "compile", counting)
    yield counted
    for name in [name for name in sys.modules if name.partition(".")[0] == "sent"]:
        del sys.modules[name]


def test_a_module_and_what_it_imports_are_compiled_once(compiled: Counter[str]) -> None:
    assert importlib.import_module("sent.reading").answer == 42
    assert (compiled["reading.py"], compiled["facts.py"]) == (1, 1)
    assert sys.modules["sent.inner"].__package__ == "sent.inner"


def test_what_is_not_there_or_broken_is_told_as_usual(compiled: Counter[str]) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"sent\.missing"):
        importlib.import_module("sent.missing")
    with pytest.raises(SyntaxError, match=r"broken\.py"):
        importlib.import_module("sent.broken")


def test_folders_are_left_to_python() -> None:
    assert Finder.find_spec("json.decoder", importlib.import_module("json").__path__) is None
    assert Finder.find_spec("json") is None
