# SPDX-License-Identifier: GPL-3.0-or-later
"""Which controls a run judges: all that have a judge, narrowed by bulwark_sections and bulwark_controls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..catalogue.catalogue import Catalogue
from .checking import Problem, near, shown


def problems_with(policy: Mapping[str, Any], catalogue: Catalogue) -> Iterator[Problem]:
    """Yield what the selection names that isn't there."""
    for index, name in enumerate(policy.get("bulwark_sections") or ()):
        if name not in _sections(catalogue):
            text = "there is no section %s%s" % (shown(name), near(name, _sections(catalogue)))
            yield Problem("bulwark_sections[%d]" % index, text)
    for variable in ("bulwark_controls", "bulwark_staged"):
        for index, name in enumerate(policy.get(variable) or ()):
            id_ = name.removeprefix("!")
            # A record is judged like a control, and nothing enforces it.
            known = {*catalogue.controls, *(catalogue.records if variable == "bulwark_controls" else ())}
            if id_ not in known:
                text = "there is no control %s%s" % (shown(id_), near(id_, known))
                yield Problem("%s[%d]" % (variable, index), text)


def selected(policy: Mapping[str, Any], catalogue: Catalogue, judged: Iterable[str]) -> list[str]:
    """Return the ids of controls and records to judge, in the catalogue's order.

    bulwark_sections: roles or codes (mfa, MF). bulwark_controls: ids; `!id` leaves one out.
    """
    sections = policy.get("bulwark_sections") or ()
    names = policy.get("bulwark_controls") or ()
    wanted = {name for name in names if not name.startswith("!")}
    left_out = {name[1:] for name in names if name.startswith("!")}
    known = _sections(catalogue)
    chosen = {known[name] for name in sections}
    judges = set(judged)
    return [
        control
        for control in (*catalogue.controls, *catalogue.records)
        if control in judges
        and control not in left_out
        and (not wanted or control in wanted)
        and (not chosen or catalogue.section_of(control) in chosen)
    ]


def _sections(catalogue: Catalogue) -> dict[str, str]:
    """Return the sections' names by each name or code that they go by."""
    return {key: section.name for section in catalogue.sections for key in (section.name, *section.codes)}
