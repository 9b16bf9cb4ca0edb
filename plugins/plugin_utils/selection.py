# SPDX-License-Identifier: GPL-3.0-or-later
"""Which controls a run judges: all that have a judge, narrowed by bulwark_sections and bulwark_controls."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from .catalogue import Catalogue


class SelectionError(Exception):
    """A selection names something that isn't there."""


def selected(policy: Mapping[str, Any], catalogue: Catalogue, judged: Iterable[str]) -> list[str]:
    """Return the ids to judge, in the catalogue's order.

    bulwark_sections: roles or codes (mfa, MF). bulwark_controls: ids; `!id` leaves one out. Raises SelectionError.
    """
    sections = [str(name) for name in policy.get("bulwark_sections") or ()]
    names = [str(name) for name in policy.get("bulwark_controls") or ()]
    wanted = {name for name in names if not name.startswith("!")}
    left_out = {name[1:] for name in names if name.startswith("!")}
    for name in sorted(wanted | left_out):
        if name not in catalogue.controls:
            raise SelectionError("bulwark_controls: there is no control %r%s" % (name, _near(name, catalogue.controls)))
    known = {key: section.name for section in catalogue.sections for key in (section.name, *section.codes)}
    for name in sections:
        if name not in known:
            raise SelectionError("bulwark_sections: there is no section %r%s" % (name, _near(name, known)))
    chosen = {known[name] for name in sections}
    judges = set(judged)
    return [
        control
        for control in catalogue.controls
        if control in judges
        and control not in left_out
        and (not wanted or control in wanted)
        and (not chosen or catalogue.section_of(control) in chosen)
    ]


def _near(name: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(names), n=1)
    return "; did you mean %s?" % near[0] if near else ""
