# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a recorded host together, as a root for the door, from what this folder keeps of it (README.md tells how)."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from string import Template
from typing import Any

import yaml

HERE = Path(__file__).parent
BASE = "default"
#: How long ago keys were made and emergency logins tried, in inventories: too short a time for any limit.
RECENTLY = timedelta(days=10)
#: How long ago logs began, longer than anything looks back; how long ago their last lines were written, lists of
#: packages fetched and backups made; how long ago the backup before that one; and how long ago clocks were set.
AGO = {"begun": timedelta(days=60), "lately": timedelta(hours=2), "earlier": timedelta(hours=14),
       "just": timedelta(minutes=10)}  # fmt: skip
JOURNAL_HEADER = 208
MOMENT = re.compile(r"\$(%s)(_[a-z]+)?\b" % "|".join(AGO))


def hosts() -> Iterator[tuple[str, str]]:
    """Yield (system, variant) of every recorded host."""
    for expected in sorted(HERE.glob("*/*/expected.yml")):
        yield expected.parent.parent.name, expected.parent.name


def expected(system: str, variant: str) -> dict[str, str]:
    """Return {control: status}."""
    found: dict[str, str] = load(HERE / system / variant / "expected.yml")
    return found


def variables(system: str, variant: str, today: date) -> dict[str, Any]:
    """Return what the host's inventory declares, nothing where it has none."""
    path = HERE / system / variant / "inventory.yml"
    if not path.exists():
        return {}
    text = Template(path.read_text(encoding="utf-8")).substitute(recently=(today - RECENTLY).isoformat())
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def compose(system: str, variant: str, target: Path) -> Path:
    """Lay a variant's files, outputs and owners over those of the default one, write them to `target` and return it."""
    layers = [HERE / system / name for name in dict.fromkeys((BASE, variant))]
    for layer in layers:
        shutil.copytree(layer / "root", target, symlinks=True, dirs_exist_ok=True)
    now = datetime.now(timezone.utc)
    for path in target.rglob("*"):
        if path.is_file() and not path.is_symlink():
            path.write_text(_dated(path.read_text(encoding="utf-8"), now), encoding="utf-8")
    owners: dict[str, Any] = {}
    commands: dict[str, dict[str, Any]] = {}
    for layer in layers:
        owners.update(load(layer / "owners.yml"))
        for line, answer in load(layer / "commands.yml").items():
            commands[line] = _answer(answer, commands, target, layers)
        for place, said in load(layer / "journals.yml").items():
            _journal(target / place.lstrip("/"), said, now)
    (target / "commands.json").write_text(_dated(json.dumps(commands), now), encoding="utf-8")
    (target / "owners.json").write_text(_dated(json.dumps(owners), now), encoding="utf-8")
    return target


def load(path: Path) -> Any:
    """Return a YAML file's content, nothing where there is no such file."""
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}


def _journal(path: Path, said: Mapping[str, int], now: datetime) -> None:
    """Write the header of a journal file (systemd's JOURNAL_FILE_FORMAT) that was written to since logs began."""
    header = bytearray(b"LPKSHHRH".ljust(JOURNAL_HEADER, b"\0"))
    struct.pack_into("<Q", header, 136, said["written"])
    struct.pack_into("<Q", header, 152, said["entries"])
    moments = (int((now - AGO[name]).timestamp()) * 1000000 for name in ("begun", "lately"))
    struct.pack_into("<QQ", header, 184, *moments)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header)
    os.truncate(path, said["size"])


def _dated(text: str, now: datetime) -> str:
    """Return a text with its moments filled in, each in the form that its programs write."""

    def written(found: re.Match[str]) -> str:
        moment = now - AGO[found[1]]
        return {
            None: f"{moment.astimezone():%b %e %H:%M:%S}",  # rsyslog's traditional format
            "_iso": moment.astimezone().isoformat(timespec="microseconds"),
            "_utc": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "_borg": f"{moment:%Y-%m-%dT%H:%M:%S.%f}",
            "_apt": f"{moment:%a, %d %b %Y %H:%M:%S UTC}",
            "_epoch": f"{moment.timestamp():.0f}",
        }[found[2]]

    return MOMENT.sub(written, text)


def _answer(answer: Any, commands: Mapping[str, Any], target: Path, layers: Sequence[Path]) -> dict[str, Any]:
    """Return an entry of commands.json; a file is the last layer's that has it."""
    if isinstance(answer, str):
        return {"stdout": answer}
    if "file" in answer:
        places = [layer / answer["file"] for layer in reversed(layers)]
        return {"stdout": next(place for place in places if place.exists()).read_text(encoding="utf-8")}
    if "host_file" in answer:
        return {"stdout": (target / answer["host_file"].lstrip("/")).read_text(encoding="utf-8")}
    if "like" in answer:
        return {"stdout": _changed(commands[answer["like"]]["stdout"], answer.get("but") or {})}
    return dict(answer)


def _changed(text: str, changes: Mapping[str, Any]) -> str:
    """Return "option value" lines with some options replaced; None takes one out, a list sets one several times."""
    lines = [line for line in text.splitlines() if line.partition(" ")[0] not in changes]
    for option, values in changes.items():
        lines += ["%s %s" % (option, value) for value in (values if isinstance(values, list) else [values]) if value]
    return "\n".join(lines) + "\n"
