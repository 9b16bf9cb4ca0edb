# SPDX-License-Identifier: GPL-3.0-or-later
"""The house stands on its imports: they run downward only, and each room keeps to its side of the wire."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
FILES = {path.relative_to(PLUGINS).with_suffix("").as_posix(): path for path in PLUGINS.rglob("*.py")}

#: Rooms from the ground up. A room may import from those below it and from itself.
HOST_FLOORS = [
    "module_utils/door",
    "module_utils/",  # parsers, of one kind of file or output each
    "module_utils/edits/",
    "module_utils/reading",
    "module_utils/readers/",
    "module_utils/areas",
    "module_utils/safeguard/",
    "module_utils/patching/",
    "modules/",
]
CONTROLLER_FLOORS = [
    "plugin_utils/",  # text, results: what everything above writes and keeps
    "plugin_utils/catalogue/",
    "plugin_utils/sources/",
    "plugin_utils/declared/",
    "plugin_utils/records/",
    "plugin_utils/evaluators/",
    "plugin_utils/judges/",
    "plugin_utils/fleet/",
    "plugin_utils/runs/",
    "plugin_utils/enforce/",
    "plugin_utils/patching/",
    "plugin_utils/onboarding/",
    "plugin_utils/outcomes/",
    "plugin_utils/drift/",
    "plugin_utils/drafting/",
    "plugin_utils/formats/",
    "callback/",
    "action/",
]

#: Rooms of pure functions.
PURE = ("plugin_utils/judges/", "plugin_utils/fleet/", "plugin_utils/enforce/measures/", "plugin_utils/outcomes/")

#: Imported for what is in them.
PACKAGES = {path.relative_to(PLUGINS).parent.as_posix() for path in PLUGINS.rglob("__init__.py")}


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Yield ("relative", module below plugins/) or ("absolute", top-level name) for each import of a file."""
    package = path.relative_to(PLUGINS).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (("absolute", alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield "absolute", node.module or ""
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1]
            target = "/".join([*base, *(node.module or "").split(".")]).rstrip("/")
            for alias in node.names:
                nested = f"{target}/{alias.name}"
                yield "relative", nested if nested in FILES or f"{nested}/__init__" in FILES else target


def graph() -> dict[str, set[str]]:
    """Return who imports whom below plugins/."""
    return {name: {target for kind, target in imports(path) if kind == "relative"} for name, path in FILES.items()}


def test_no_import_runs_in_a_circle() -> None:
    edges = graph()
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join([*path, name])
        if name not in done:
            for target in edges.get(name, set()) | edges.get(f"{name}/__init__", set()):
                visit(target, (*path, name))
            done.add(name)

    for name in edges:
        visit(name, ())


def test_the_host_side_knows_nothing_of_the_controller() -> None:
    for name, targets in graph().items():
        if name.startswith(("module_utils/", "modules/")):
            assert not [target for target in targets if not target.startswith("module_utils")], name


@pytest.mark.parametrize("floors", [HOST_FLOORS, CONTROLLER_FLOORS], ids=["host", "controller"])
def test_imports_run_downward(floors: list[str]) -> None:
    def floor(name: str) -> int:
        return max(index for index, prefix in enumerate(floors) if name.startswith(prefix))

    for name, targets in graph().items():
        if name.startswith(tuple(floors)):
            known = [target for target in targets if target.startswith(tuple(floors))]
            upward = [target for target in known if target not in PACKAGES and floor(target) > floor(name)]
            assert not upward, f"{name} imports upward: {upward}"


def test_only_actions_see_ansibles_plugins_and_nobody_sees_actions() -> None:
    for name, targets in graph().items():
        assert name.startswith("action/") or not [target for target in targets if target.startswith("action")], name


def test_judges_measures_and_outcomes_touch_no_host_file_clock_or_network() -> None:
    forbidden = {"os", "pathlib", "subprocess", "socket", "time", "io", "shutil", "tempfile", "urllib", "random"}
    for name, path in FILES.items():
        if name.startswith(PURE):
            absolute = {target.partition(".")[0] for kind, target in imports(path) if kind == "absolute"}
            assert not absolute & forbidden, f"{name} imports {absolute & forbidden}"
            text = path.read_text(encoding="utf-8")
            assert "open(" not in text, name
            assert ".today(" not in text, name
            assert ".now(" not in text, name


def test_host_code_needs_python_only() -> None:
    for name, path in FILES.items():
        if name.startswith("module_utils/"):
            absolute = {target.partition(".")[0] for kind, target in imports(path) if kind == "absolute"}
            assert absolute <= set(sys.stdlib_module_names), f"{name} imports {absolute - set(sys.stdlib_module_names)}"


def test_readers_go_through_the_door() -> None:
    forbidden = {"subprocess", "pathlib", "shutil", "glob", "pwd", "grp", "socket"}
    for name, path in FILES.items():
        if name.startswith("module_utils/readers/") and name != "module_utils/readers/system":
            absolute = {target.partition(".")[0] for kind, target in imports(path) if kind == "absolute"}
            assert not absolute & forbidden, f"{name} imports {absolute & forbidden}"


def test_every_reader_is_registered() -> None:
    readers = {name for name in FILES if name.startswith("module_utils/readers/") and not name.endswith("__init__")}
    assert {target for target in graph()["module_utils/areas"] if "/readers/" in target} == readers


def test_readers_ask_each_other_in_no_circle() -> None:
    """Two readers that wait for each other's facts would both end with the time limit."""
    asks: dict[str, set[str]] = {}
    for name, path in FILES.items():
        if name.startswith("module_utils/readers/"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in ("fact", "area")
                    and node.args
                    and isinstance(node.args[0], ast.Constant)
                ):
                    asks.setdefault(Path(name).name, set()).add(str(node.args[0].value))
    assert asks["keys"] >= {"sshd", "accounts"}
    done: set[str] = set()

    def visit(area: str, path: tuple[str, ...]) -> None:
        assert area not in path, " -> ".join([*path, area])
        if area not in done:
            for target in asks.get(area, ()):
                visit(target, (*path, area))
            done.add(area)

    for area in asks:
        visit(area, ())
