# SPDX-License-Identifier: GPL-3.0-or-later
"""report.md: the run as Markdown. Every value is escaped on its way into the page, whatever the template forgets."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..drift.shapes import Enforcement, SignedThing, WaiverChange
from ..outcomes.tables import Outcomes
from ..runs.closing import HostTotals
from ..runs.finding import STATUSES
from ..text import clean
from . import templates, wording
from .summary import ORDER, coverage_line

#: Special wherever it stands; at the start of a line only; and what GitHub makes a link of.
ANYWHERE = re.compile(r"[\\`*_\[\]!|~#]")
AT_START = re.compile(r"^[+=:-]")
NUMBERED = re.compile(r"^(\d+)([.)])")
LINKS = re.compile(r":(?=//)|(?<=www)\.", re.IGNORECASE)
FENCES = re.compile("`+")
TEMPLATE = "report.md.j2"


class Verbatim(str):
    """Text that is Markdown already."""

    __slots__ = ()


def escaped(value: object) -> str:
    """Return `value` as Markdown that shows exactly its characters and nothing else."""
    if isinstance(value, Verbatim):
        return value
    text = html.escape(clean(value).strip(), quote=False)
    for special in (ANYWHERE, LINKS, AT_START):
        text = special.sub(r"\\\g<0>", text)
    return NUMBERED.sub(r"\1\\\2", text)


def fenced(change: Mapping[str, Any]) -> Verbatim:
    """Return a change's diff as a block of code whose fence is longer than any in the diff."""
    lines = [clean(line) for _kind, line in wording.diff_lines(change)]
    fence = "`" * max(3, *(len(run) + 1 for line in lines for run in FENCES.findall(line)), 0)
    return Verbatim("\n".join(["%sdiff" % fence, *lines, fence]))


def in_html(value: object) -> Verbatim:
    """Return `value` for inside an element, where nothing is Markdown."""
    return Verbatim(html.escape(clean(value)))


def render(
    about: Mapping[str, Any],
    hosts: Sequence[HostTotals],
    documents: Iterable[Mapping[str, Any]],
    enforcement: Enforcement | None = None,
    outcomes: Outcomes | None = None,
    signed: Iterable[SignedThing] = (),
    waivers: Iterable[WaiverChange] = (),
) -> Iterator[str]:
    """Yield the page in pieces, so that no fleet is too large for it.

    documents: hosts' results; where there is `enforcement`, each has its own document of it under that key.
    """
    # finalize escapes for Markdown; HTML escaping would be the wrong one.
    environment = templates.environment(Path(__file__).parent, escaped, html=False)
    environment.filters.update(attention=attention, enforced=enforced, fenced=fenced, in_html=in_html)
    template = environment.get_template(TEMPLATE)
    return template.generate(
        about=about, hosts=hosts, documents=documents, levels=ORDER, coverage=coverage_line(about),
        enforcement=enforcement, words=wording, outcomes=outcomes, signed=list(signed), waivers=list(waivers),
    )  # fmt: skip


def attention(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the findings that fail, are waived or unknown, worst first; what follows from another stands last.

    What enforcement changed, and is in order now, stands after those.
    """
    wanted, order = ("fail", "unknown", "waived"), ("fail", "unknown", "waived", *STATUSES)
    return sorted(
        (finding for finding in document["findings"] if finding["status"] in wanted or enforced(finding, document)),
        key=lambda finding: (
            "caused_by" in finding,
            order.index(finding["status"]),
            ORDER.index(finding["effective_severity"]),
        ),
    )


def enforced(finding: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what enforcement did to a finding of a host, None where it did nothing."""
    enforcement = document.get("enforcement")
    return enforcement["controls"].get(finding["control"]) if enforcement else None
