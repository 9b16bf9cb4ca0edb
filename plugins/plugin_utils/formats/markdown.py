# SPDX-License-Identifier: GPL-3.0-or-later
"""report.md: the run as Markdown. Every value is escaped on its way into the page, whatever the template forgets."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..closing import HostTotals
from ..summary import ORDER, coverage_line
from ..text import clean

#: Special wherever it stands; at the start of a line only; and what GitHub makes a link of.
ANYWHERE = re.compile(r"[\\`*_\[\]!|~#]")
AT_START = re.compile(r"^[+=:-]")
NUMBERED = re.compile(r"^(\d+)([.)])")
LINKS = re.compile(r":(?=//)|(?<=www)\.", re.IGNORECASE)
TEMPLATE = "report.md.j2"


def escaped(value: object) -> str:
    """Return `value` as Markdown that shows exactly its characters and nothing else."""
    text = html.escape(clean(value).strip(), quote=False)
    for special in (ANYWHERE, AT_START, LINKS):
        text = special.sub(r"\\\g<0>", text)
    return NUMBERED.sub(r"\1\\\2", text)


def render(about: Mapping[str, Any], hosts: list[HostTotals], documents: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the page in pieces, so that no fleet is too large for it."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        finalize=escaped,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # finalize escapes for Markdown; HTML escaping would be the wrong one
    )
    environment.filters["attention"] = attention
    template = environment.get_template(TEMPLATE)
    return template.generate(about=about, hosts=hosts, documents=documents, levels=ORDER, coverage=coverage_line(about))


def attention(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the findings that fail, are waived or unknown, worst first; what follows from another stands last."""
    order = ("fail", "unknown", "waived")
    return sorted(
        (finding for finding in document["findings"] if finding["status"] in order),
        key=lambda finding: (
            "caused_by" in finding,
            order.index(finding["status"]),
            ORDER.index(finding["effective_severity"]),
        ),
    )
