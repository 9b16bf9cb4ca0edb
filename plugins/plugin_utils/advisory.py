# SPDX-License-Identifier: GPL-3.0-or-later
"""One section of the advisory as `roles/<section>/meta/advisory.yml` gives it: recommendations, controls, records."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .strict_yaml import Entry

SEVERITIES = ("critical", "high", "medium", "low")
FRAMEWORKS = ("essential_eight", "ism", "cis_v8", "nist_800_53", "csf_2", "iso_27001")
FAMILIES = {"lin": "linux", "win": "windows", "net": "network"}


@dataclass(frozen=True)
class Reference:
    """An item of another framework that a recommendation maps to; `unsure` where nobody has checked it."""

    id: str
    unsure: bool = False


@dataclass(frozen=True)
class Recommendation:
    """One thing the advisory asks for.

    binds: msp, customer or both. type: technical, hybrid or procedural. topic: the part of the section that it
    belongs to, or "". mappings: framework (FRAMEWORKS) to references.
    """

    id: str
    section: str
    topic: str
    binds: str
    type: str
    severity: str
    requirement: str
    mappings: Mapping[str, tuple[Reference, ...]]
    mappings_note: str

    @property
    def binds_provider(self) -> bool:
        """Say whether the provider has to meet it, alone or together with the customer."""
        return self.binds in ("msp", "both")


@dataclass(frozen=True)
class Control:
    """One check of one kind of host.

    enforce: safe, guarded, staged or never. lane: fast, deep, fleet or record. origin: where its requirement and
    numbers come from. A control without a title is planned: known to the catalogue, and judged by nobody yet. Of a
    judged one, automation is automated, attested or manual; risk, of what enforcing it may cost, access, service or
    none; touches names paths, units and packages; reads the areas of the host's state; variables policy and registers.
    gates_remote_access: whether it stands between a stranger and a remote login.
    """

    id: str
    section: str
    recommendations: tuple[str, ...]
    severity: str
    origin: str
    enforce: str
    lane: str
    check: str
    title: str = ""
    platforms: tuple[str, ...] = ()
    automation: str = ""
    risk: str = ""
    touches: tuple[str, ...] = ()
    why: str = ""
    reads: tuple[str, ...] = ()
    passes: str = ""
    enforcement: str = ""
    variables: tuple[str, ...] = ()
    gates_remote_access: bool = False

    @property
    def judged(self) -> bool:
        """Say whether a judge exists, or the control is only planned."""
        return bool(self.title)

    @property
    def family(self) -> str:
        """Return the kind of host it is for: linux, windows or network."""
        return FAMILIES[self.id.split("-", 1)[0]]


@dataclass(frozen=True)
class Record:
    """An evidence record: the fields it has beyond the common envelope, and the rule by which it passes."""

    id: str
    section: str
    recommendations: tuple[str, ...]
    fields: str
    rule: str


@dataclass(frozen=True)
class Threshold:
    """One value of the policy: what it is in each profile, and where that comes from.

    looser: the direction that weakens it. higher means a larger number, a choice further down the list of choices, an
    entry added to a list, or a larger part of a value in parts (10:30:60); lower the opposite, such as an entry taken
    out of a list; none, that neither direction is weaker.
    """

    variable: str
    section: str
    default: Any
    strict: Any
    origin: str
    looser: str


@dataclass(frozen=True)
class Section:
    """A section of the advisory, and the role of the same name. codes: as its recommendation ids begin."""

    name: str
    codes: tuple[str, ...]
    heading: str
    number: int
    recommendations: tuple[Recommendation, ...]
    controls: tuple[Control, ...]
    records: tuple[Record, ...]
    thresholds: tuple[Threshold, ...]


def section(file: Entry, default_of: Callable[[str], Any]) -> Section:
    """Return the section that an advisory.yml holds; raises CatalogueError.

    default_of: returns the baseline value of a variable of the policy, and raises CatalogueError if it has none.
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
        tuple(_threshold(entry, name, default_of) for entry in file.named("thresholds")),
    )
    file.close()
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
        {framework: _references(mappings, framework) for framework in FRAMEWORKS if framework in mappings},
        entry.text("mappings_note", ""),
    )
    mappings.close()
    entry.close()
    return made


def _references(mappings: Entry, framework: str) -> tuple[Reference, ...]:
    return tuple(_reference(mappings, framework, each) for each in mappings.value(framework) or ())


def _reference(mappings: Entry, framework: str, value: Any) -> Reference:
    if isinstance(value, str) and value:
        return Reference(value)
    if isinstance(value, dict) and set(value) == {"id", "unsure"} and value["unsure"] is True:
        return Reference(str(value["id"]), unsure=True)
    raise mappings.wrong(framework, value, "an item must be a text, or {id: ..., unsure: true}")


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


def _threshold(named: tuple[str, Entry], section_name: str, default_of: Callable[[str], Any]) -> Threshold:
    variable, entry = named
    default = default_of(variable)
    strict = entry.value("strict", default)
    if type(strict) is not type(default):
        raise entry.wrong("strict", strict, f"it must be of the default's type, like {default!r}")
    origin, looser = entry.text("origin"), entry.choice("looser", ("higher", "lower", "none"))
    made = Threshold(variable, section_name, default, strict, origin, looser)
    entry.close()
    return made


def _id(entry: Entry, pattern: str, right: str) -> str:
    value = entry.text("id")
    if not re.fullmatch(pattern, value):
        raise entry.wrong("id", value, f"it must be {right}")
    return value


def _check_homes(made: Section, file: Entry) -> None:
    """A control is at home where its own code says, one of a network device or a record where its first use is."""
    if file.file.parts[-3] != made.name:
        raise file.wrong("section", made.name, f"it must be the name of the role, {file.file.parts[-3]}")
    for item in (*made.controls, *made.records):
        kind, code = item.id.split("-")[:2]
        if not item.recommendations:
            raise file.wrong(item.id, [], "it must serve a recommendation")
        if kind in ("net", "ev"):
            code = item.recommendations[0].split("-")[0]
        if code.upper() not in made.codes:
            raise file.wrong(item.id, code.upper(), f"it belongs in the section of that code, not of {made.codes[0]}")
