# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads `roles/<section>/meta/advisory.yml`: one section of the advisory, every key and word of it checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .advisory import FRAMEWORKS, Control, Recommendation, Record, Section, Threshold
from .reference import references
from .strict_yaml import Entry

SEVERITIES = ("critical", "high", "medium", "low")
#: Those that enforce; the first where a control names none.
PLAYBOOKS = ("harden", "patch")


def section(file: Entry, defaults: Mapping[str, Any]) -> Section:
    """Return the section that an advisory.yml holds; raises CatalogueError.

    defaults: the values of the role's defaults/main.yml. Each must have its threshold here, and each threshold its
    value there.
    """
    name, codes = file.text("section"), file.texts("codes")
    made = Section(
        name,
        codes,
        file.text("heading"),
        file.number("number"),
        tuple(_recommendation(entry, name, codes) for entry in file.entries("recommendations")),
        tuple(_control(entry, name) for entry in file.entries("controls")),
        tuple(_record(entry, name) for entry in file.entries("records")),
        tuple(_threshold(variable, entry, name, defaults) for variable, entry in file.named("thresholds")),
    )
    file.close()
    for variable in defaults:
        if variable not in {threshold.variable for threshold in made.thresholds}:
            raise file.wrong("thresholds", variable, "defaults/main.yml has it, so its origin must stand here")
    _check_homes(made, file)
    return made


def _recommendation(entry: Entry, section_name: str, codes: tuple[str, ...]) -> Recommendation:
    mappings = entry.entry("mappings")
    made = Recommendation(
        _id(entry, rf"({'|'.join(codes)})-\d\d", "a code of the section and two digits"),
        section_name,
        entry.text("topic", ""),
        entry.choice("binds", ("msp", "customer", "both")),
        entry.choice("type", ("technical", "hybrid", "procedural")),
        entry.choice("severity", SEVERITIES),
        entry.text("requirement"),
        {framework: references(mappings, framework) for framework in FRAMEWORKS if framework in mappings},
        entry.text("mappings_note", ""),
    )
    mappings.close()
    entry.close()
    return made


def _control(entry: Entry, section_name: str) -> Control:
    judged = _judged(entry) if "title" in entry else {}
    made = Control(
        _id(entry, r"(lin|win|net)-[a-z0-9]+(-[a-z0-9]+)*", "lin-, win- or net- and lower-case words"),
        section_name,
        entry.texts("recommendations"),
        entry.choice("severity", SEVERITIES),
        entry.text("origin"),
        entry.choice("enforce", ("safe", "guarded", "staged", "never")),
        entry.choice("lane", ("fast", "deep", "fleet", "record")),
        entry.text("check"),
        **judged,
    )
    entry.close()
    return made


def _judged(entry: Entry) -> dict[str, Any]:
    return {
        "title": entry.text("title"),
        "platforms": entry.texts("platforms"),
        "automation": entry.choice("automation", ("automated", "attested", "manual")),
        "risk": entry.choice("risk", ("access", "service", "none")),
        "touches": entry.texts("touches"),
        "why": entry.text("why"),
        "reads": entry.texts("reads"),
        "passes": entry.text("passes"),
        "enforcement": entry.text("enforcement"),
        "variables": entry.texts("variables"),
        "gates_remote_access": entry.flag("gates_remote_access"),
        "playbook": entry.choice("playbook", PLAYBOOKS) if "playbook" in entry else PLAYBOOKS[0],
    }


def _record(entry: Entry, section_name: str) -> Record:
    made = Record(
        _id(entry, r"ev-[a-z0-9]+(-[a-z0-9]+)*", "ev- and lower-case words"),
        section_name,
        entry.texts("recommendations"),
        entry.text("fields"),
        entry.text("rule"),
    )
    entry.close()
    return made


def _threshold(variable: str, entry: Entry, section_name: str, defaults: Mapping[str, Any]) -> Threshold:
    if variable not in defaults:
        raise entry.wrong("", variable, "defaults/main.yml must hold its value")
    default = defaults[variable]
    strict = entry.value("strict", default)
    if type(strict) is not type(default):
        raise entry.wrong("strict", strict, f"it must be of the default's type, like {default!r}")
    origin, looser = entry.text("origin"), entry.choice("looser", ("higher", "lower", "none"))
    entry.close()
    return Threshold(variable, section_name, default, strict, origin, looser)


def _id(entry: Entry, pattern: str, right: str) -> str:
    value = entry.text("id")
    if not re.fullmatch(pattern, value):
        raise entry.wrong("id", value, f"it must be {right}")
    return value


def _check_homes(made: Section, file: Entry) -> None:
    """A control is at home where its own code says, one of a network device or a record where its first use is."""
    if file.file.parts[-3] != made.name:
        raise file.wrong("section", made.name, f"it must be the name of the role, {file.file.parts[-3]}")
    items: list[Control | Record] = [*made.controls, *made.records]
    for item in items:
        kind, code = item.id.split("-")[:2]
        if not item.recommendations:
            raise file.wrong(item.id, [], "it must serve a recommendation")
        if kind in ("net", "ev"):
            code = item.recommendations[0].split("-")[0]
        if code.upper() not in made.codes:
            raise file.wrong(item.id, code.upper(), f"it belongs in the section of that code, not of {made.codes[0]}")
