# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of the catalogue is judged: the table that stands in the README between two marks."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue.catalogue import Catalogue, Control, Section

from tools.control_page import table

BEGIN = "<!-- coverage: made by tools/explain.py --write -->"
END = "<!-- coverage: end -->"
HEADER = (
    "Section",
    "Recommendations",
    "Linux judged",
    "Linux planned",
    "Windows planned",
    "Network planned",
    "Records judged",
)


def block(catalogue: Catalogue) -> str:
    """Return the table between its marks."""
    rows = [_row(f"{section.number} {section.heading}", [section]) for section in catalogue.sections]
    rows.append(_row("All", catalogue.sections))
    return f"{BEGIN}\n{table(HEADER, rows)}\n{END}"


def inserted(text: str, catalogue: Catalogue) -> str:
    """Return `text` with the table anew between its marks, unchanged if it has none."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    return before + block(catalogue) + after if begin and end else text


def _row(name: str, sections: Iterable[Section]) -> list[object]:
    sections = list(sections)
    controls = [control for section in sections for control in section.controls]
    return [
        name,
        sum(len(section.recommendations) for section in sections),
        sum(control.judged for control in controls if control.family == "linux"),
        *(_planned(controls, family) for family in ("linux", "windows", "network")),
        sum(len(section.records) for section in sections),
    ]


def _planned(controls: Iterable[Control], family: str) -> int:
    return sum(not control.judged for control in controls if control.family == family)
