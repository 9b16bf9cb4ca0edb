# SPDX-License-Identifier: GPL-3.0-or-later
"""A scenario: how a fresh host is set up, and what the audit must then say about one control.

`<control id>.yml` holds `pass` and `fail` (or `recorded`: why no host here can show the control), and `more`: a list of
further ones, each with a `name` and the `status` it ends in. `evidence` holds the customer's records by file name,
as evidence.py writes them. With `sends` bulwark.msp.canary is played before the audit; `canary` holds what the record
of an earlier one says of the host, with days as in `evidence`.

`then` is a script that runs after a first audit: what counts is what a second one says, which knows the first.

A scenario that fails and that enforcement mends says so by `mend`, which may be empty: {vars: what the inventory needs
beside `vars`, restored: pass where restore must not bring back what failed, kept: paths that restore leaves, as regular
expressions, says: a text that restore prints}.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
#: `stale` is a Debian 12 that lacks its security updates, `vm` one with a kernel of its own.
SYSTEMS = ("bookworm", "trixie", "stale", "vm")
STATUSES = ("pass", "fail", "unknown", "not_applicable", "stale")
COMMON = {"story": str, "system": str, "setup": str, "vars": dict, "items": list, "reason": str, "mend": dict,
          "evidence": dict, "canary": list, "sends": bool, "then": str}  # fmt: skip
MEND = {"vars": dict, "restored": str, "kept": list, "says": str}
NAMED = {**COMMON, "name": str, "status": str}


class ScenarioError(ValueError):
    """A scenario file is malformed; the text says where and what would be right."""


@dataclass(frozen=True)
class Mend:
    """How a failing scenario is mended: with which variables, how it stands after restore, which paths stay, and what
    restore says in its output.
    """

    vars: Mapping[str, Any] = field(default_factory=dict)
    restored: str = "fail"
    kept: tuple[str, ...] = ()
    says: str = ""


@dataclass(frozen=True)
class Scenario:
    """One scenario. `items` and `reason` are texts that must appear in the finding."""

    control: str
    name: str
    status: str
    story: str
    system: str = "bookworm"
    setup: str = ""
    vars: Mapping[str, Any] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    reason: str = ""
    mend: Mend | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)
    canary: Sequence[Mapping[str, Any]] = ()
    sends: bool = False
    then: str = ""

    @property
    def id(self) -> str:
        """Return the name of its test, such as lin-ic-faillock-fail."""
        return f"{self.control}-{self.name}"

    @property
    def on_guest(self) -> bool:
        """Say whether it needs a kernel of its own."""
        return self.system == "vm"


@dataclass(frozen=True)
class ScenarioFile:
    """The scenarios of one control. `recorded` says why it has no pair on a real host; empty where it has."""

    control: str
    scenarios: tuple[Scenario, ...]
    recorded: str = ""

    @property
    def complete(self) -> bool:
        """Say whether both sides are shown, or the reason why not."""
        return bool(self.recorded) or {"pass", "fail"} <= {scenario.name for scenario in self.scenarios}


def load_all(folder: Path = HERE) -> list[ScenarioFile]:
    """Return every control's scenarios, in the order of the controls' ids."""
    return [load(path) for path in sorted(folder.glob("*.yml"))]


def load(path: Path) -> ScenarioFile:
    """Return the scenarios of one file; raises ScenarioError."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    where = path.name
    _check(where, content, {"pass": dict, "fail": dict, "more": list, "recorded": str}, ())
    scenarios = [_scenario(f"{where}: {side}", path.stem, {**content[side], "name": side, "status": side})
                 for side in ("pass", "fail") if side in content]  # fmt: skip
    for index, entry in enumerate(content.get("more", [])):
        scenarios.append(_scenario(f"{where}: more[{index}]", path.stem, entry))
    names = [scenario.name for scenario in scenarios]
    doubles = sorted({name for name in names if names.count(name) > 1})
    if doubles:
        raise ScenarioError(f"{where}: more than one scenario is named {', '.join(doubles)}")
    return ScenarioFile(path.stem, tuple(scenarios), content.get("recorded", ""))


def _scenario(where: str, control: str, entry: Any) -> Scenario:
    _check(where, entry, NAMED, ("name", "status", "story"))
    if entry["status"] not in STATUSES:
        raise ScenarioError(f"{where}.status: must be one of {', '.join(STATUSES)}, found {entry['status']}")
    if entry.get("system", SYSTEMS[0]) not in SYSTEMS:
        raise ScenarioError(f"{where}.system: must be one of {', '.join(SYSTEMS)}, found {entry['system']}")
    if entry["status"] == "fail" and not entry.get("items"):
        raise ScenarioError(f"{where}.items: must list what the finding has to name")
    items = tuple(_texts(f"{where}.items", entry.get("items", [])))
    return Scenario(control=control, **{**entry, "items": items, "mend": _mend(where, entry)})


def _mend(where: str, entry: dict[str, Any]) -> Mend | None:
    if "mend" not in entry:
        return None
    if entry["status"] != "fail":
        raise ScenarioError(f"{where}.mend: only what fails can be mended")
    _check(f"{where}.mend", entry["mend"], MEND, ())
    if entry["mend"].get("restored", "fail") not in ("fail", "pass"):
        raise ScenarioError(f"{where}.mend.restored: must be fail or pass, found {entry['mend']['restored']}")
    return Mend(**{**entry["mend"], "kept": tuple(_texts(f"{where}.mend.kept", entry["mend"].get("kept", [])))})


def _texts(where: str, items: list[Any]) -> Iterator[str]:
    for index, text in enumerate(items):
        if not isinstance(text, str):
            raise ScenarioError(f"{where}[{index}]: must be a text, found {type(text).__name__}")
        yield text


def _check(where: str, entry: Any, keys: Mapping[str, type], required: tuple[str, ...]) -> None:
    if not isinstance(entry, dict):
        raise ScenarioError(f"{where}: must be a mapping, found {type(entry).__name__}")
    for key, value in entry.items():
        if key not in keys:
            raise ScenarioError(f"{where}.{key}: no such key; there are {', '.join(keys)}")
        if not isinstance(value, keys[key]):
            raise ScenarioError(f"{where}.{key}: must be a {keys[key].__name__}, found {type(value).__name__}")
    for key in required:
        if key not in entry:
            raise ScenarioError(f"{where}.{key}: is missing")
