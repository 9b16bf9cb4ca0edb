# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes out which controls and records answer each recommendation, statement and requirement, as Markdown.

No row is without an answer: judged controls and records, or "not yet" with what is going to answer it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue.catalogue import Catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.outcomes.rows import (
    Row,
    recommendations,
    requirements,
    statements,
)

from tools.control_page import table

#: Where the pages of controls and records are, seen from these.
PAGE = "../controls/%s.md"
MADE = "Made by `make docs`; [report.md](../report.md#for-assessors) says how a run's outcomes are told by these rows."
COLUMNS = ("Answered by controls", "by records", "Not yet")


def pages(catalogue: Catalogue) -> dict[str, str]:
    """Return each page by its file's name."""
    return {
        "recommendations.md": _recommendations(catalogue),
        "statements.md": _statements(catalogue),
        "essential-eight.md": _essential_eight(catalogue),
    }


def _recommendations(catalogue: Catalogue) -> str:
    rows = tuple(recommendations(catalogue))
    head = (
        f"AA22-131A makes {len(rows)} recommendations, as this collection takes it apart; the words are ours. Which "
        "items answer one stands in `roles/*/meta/advisory.yml`."
    )
    header = ("Recommendation", "Asks for", *COLUMNS)
    lines = [(f"**{row.id}**", row.text, *answers(row, catalogue)) for row in rows]
    return _page("The advisory's recommendations, and what answers them", head, table(header, lines))


def _statements(catalogue: Catalogue) -> str:
    rows = tuple(statements(catalogue))
    head = (
        f"{len(rows)} statements of two articles of May 2022, shortened: A is the Victorian Chamber's, B that of "
        "Security Affairs. They are mapped to recommendations in `roles/guard/meta/frameworks/statements.yml`, and are "
        "answered by what answers these; `(?)` marks a recommendation that may not fit."
    )
    header = ("Statement", "Says", "Recommendations", *COLUMNS)
    lines = [(f"**{row.id}**", row.text, _ids(row.of, row.unsure), *answers(row, catalogue)) for row in rows]
    return _page("What was told of the advisory, and what answers it", head, table(header, lines))


def _essential_eight(catalogue: Catalogue) -> str:
    known = catalogue.frameworks
    by_id = {row.id: row for row in requirements(catalogue)}
    head = (
        f"The {sum(len(each.ism) for each in known.requirements)} controls that carry a maturity level in ASD's ISM of "
        f"December 2025, as {len(known.requirements)} requirements in our own words. The mapping in "
        "`roles/guard/meta/frameworks/essential_eight.yml` is ours, not ASD's; `(?)` marks an item that shows a "
        "requirement in part, or only where it is used for that. Where the last column names ISM controls, nothing of "
        "ours shows them."
    )
    header = ("Requirement", "Asks for", "Levels", "ISM", *COLUMNS)
    parts = []
    for strategy in known.strategies:
        lines = [
            (
                f"`{each.id}`",
                each.text,
                _ids(map(str, each.levels)),
                _ids(each.ism),
                *answers(by_id[each.id], catalogue),
            )
            for each in known.requirements
            if strategy.id in each.strategies
        ]
        parts += [f"## {strategy.name}", table(header, lines)]
    return _page("The Essential Eight, and what shows them", head, *parts)


def answers(row: Row, catalogue: Catalogue) -> tuple[str, str, str]:
    """Return the cells of COLUMNS for a row."""
    judged = [id_ for id_ in row.items if id_ in catalogue.controls and catalogue.controls[id_].judged]
    records = [id_ for id_ in row.items if id_ in catalogue.records]
    planned = [id_ for id_ in row.items if id_ not in judged and id_ not in records]
    open_ = _ids((f"`{id_}`" for id_ in planned), (f"`{id_}`" for id_ in row.unsure))
    if not row.items:
        open_ = f"not yet: {_ids(row.of)}"
    elif not judged and not records:
        open_ = f"not yet: {open_}"
    return _linked(judged, row.unsure), _linked(records, row.unsure), open_


def _linked(ids: Iterable[str], unsure: Sequence[str]) -> str:
    named = {id_: f"[`{id_}`]({PAGE % id_})" for id_ in ids}
    return _ids(named.values(), [named[id_] for id_ in unsure if id_ in named])


def _ids(ids: Iterable[str], unsure: Iterable[str] = ()) -> str:
    marked = set(unsure)
    return ", ".join(id_ + (" (?)" if id_ in marked else "") for id_ in ids)


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", parts[0], MADE, *parts[1:]]) + "\n"
