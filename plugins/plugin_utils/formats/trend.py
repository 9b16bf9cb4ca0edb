# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of the trend, drawn by pygal. Without that package the page shows the same numbers as a table alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree

from ..drift.shapes import TrendPoint
from ..text import MONTHS
from .wording import LEVELS

try:
    import pygal
except ImportError:
    pygal = None

PACKAGE = "pygal"
#: What a picture can show without its bars becoming lines; older runs stay in the table.
MOST_RUNS = 24
WIDTH, HEIGHT = 720, 200
SVG = "http://www.w3.org/2000/svg"


def picture(points: Sequence[TrendPoint]) -> str | None:
    """Return an SVG element of stacked bars, a bar a run; None where pygal is missing or there are not two runs.

    Its colours come from the page by the classes serie-0 (critical) to serie-3 (low) and serie-4 (unknown), so that it
    follows the theme. pygal's own style, script and comments, which hold the clock, are taken out.
    """
    if pygal is None or len(points) < 2:
        return None
    last = points[-MOST_RUNS:]
    labels = tuple("%d %s" % (point.date.day, MONTHS[point.date.month - 1][:3]) for point in last)
    failing = ((level, tuple(point.failing.get(level, 0) for point in last)) for level in LEVELS)
    return _drawn(labels, (*failing, ("unknown", tuple(point.status.get("unknown", 0) for point in last))))


@lru_cache(maxsize=1)
def _drawn(labels: tuple[str, ...], series: tuple[tuple[str, tuple[int, ...]], ...]) -> str:
    """Return the picture of named series; the one customer of a fleet has the fleet's."""
    chart = pygal.StackedBar(
        js=[], width=WIDTH, height=HEIGHT, margin=6, show_legend=False, no_prefix=True, disable_xml_declaration=True
    )
    chart.x_labels = labels
    for name, values in series:
        chart.add(name, values)
    svg = ElementTree.fromstring(chart.render(is_unicode=True))
    _strip(svg)
    svg.attrib.update({"class": "chart", "aria-hidden": "true", "focusable": "false"})
    svg.attrib.pop("id", None)
    ElementTree.register_namespace("", SVG)
    return ElementTree.tostring(svg, encoding="unicode")


def _strip(element: Any) -> None:
    """Take out what is not drawn: style, script, titles, the values that pygal's script would show on a mouse."""
    for child in list(element):
        hidden = child.get("class", "").startswith(("desc", "text-overlay", "tooltip"))
        if hidden or child.tag in ("{%s}defs" % SVG, "{%s}title" % SVG):
            element.remove(child)
        else:
            child.attrib.pop("style", None)
            _strip(child)
