# SPDX-License-Identifier: GPL-3.0-or-later
"""What the catalogue is made of: sections, recommendations, controls, records, thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .reference import Reference

FRAMEWORKS = ("essential_eight", "ism", "cis_v8", "nist_800_53", "csf_2", "iso_27001")
FAMILIES = {"lin": "linux", "win": "windows", "net": "network"}


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
    gates_remote_access: whether it stands between a stranger and a remote login. playbook: the one that enforces it.
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
    playbook: str = "harden"

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
