# SPDX-License-Identifier: GPL-3.0-or-later
"""report.html and customers/<customer>.html: one file each that holds everything and asks the network for nothing.

`write(model, known, folder)` is all there is to call. The text stands in the page for readers without JavaScript and
for print; the same findings stand in it as data (embedding.py), from which page.js draws what somebody looks for. Every
value is cleaned and escaped on its way in, whatever a template forgets, and the page's policy lets nothing run but our
own style and script, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from ..catalogue.catalogue import Catalogue
from ..declared.registers import NO_CUSTOMER
from ..drift.model import HostPage, ReportModel
from ..drift.shapes import HostRow, View
from ..results import encoded, write_text_pieces
from ..text import written_day
from . import templates, trend, wording
from .embedding import Embedding, mappings
from .glance import answers, failing, severities, total
from .owner import answered

PARTS = Path(__file__).parent / "pages"
TEMPLATE = "page.html.j2"
#: Findings that stand in the page as text, of the worst hosts, one whole host at least. The data holds every finding.
MOST_AS_TEXT = 500


def write(model: ReportModel, known: Catalogue, folder: Path) -> None:
    """Write the pages of one run below `folder`, its own; raises ResultsError where a file can't be written."""
    environment = _environment(known)
    customers = folder / "customers"
    customers.mkdir(mode=0o700, exist_ok=True)
    write_text_pieces(folder / "report.html", _page(environment, model, known, model.fleet))
    for view in model.customers:
        path = customers / (encoded(str(view.customer)) + ".html")
        write_text_pieces(path, _page(environment, model, known, view))


def _environment(known: Catalogue) -> Environment:
    environment = templates.environment(PARTS, _finalize, html=True)
    words: Mapping[str, Callable[..., Any]] = {
        "day": written_day,
        "age": wording.age,
        "joined": wording.joined,
        "number_of": wording.number_of,
        "file_name": encoded,
        "severities": severities,
        "failing": failing,
        "total": total,
        "total_of": lambda counts: sum(counts.values()),
        "attention": attention,
        "enforced": enforced,
    }
    environment.filters.update(words)
    environment.globals.update(
        words=wording, mappings=lambda ids: mappings(known, ids), reference=_reference, known=known
    )
    return environment


def _finalize(value: Any) -> Any:
    if isinstance(value, Markup):
        return value
    if isinstance(value, list):  # of a threshold
        return wording.shown(", ".join(map(str, value)) or "none")
    return wording.shown(value if isinstance(value, Hashable) else str(value))


def _page(environment: Environment, model: ReportModel, known: Catalogue, view: View) -> Iterator[str]:
    style, script = (_asset(name) for name in ("page.css", "page.js"))
    worst: list[HostPage] = []
    data = Embedding(known, view.customer is not None)
    hosts = _kept(model.documents(view.customer), _worst(view.hosts), worst)
    picture = trend.picture(view.trend)
    return environment.get_template(TEMPLATE).generate(
        view=view,
        run=model.run,
        evidence=model.evidence,
        customers=() if view.customer is not None else model.customers,
        glance=answers(view),
        owner=() if view.customer is None else answered(view),
        picture=Markup(picture) if picture else None,
        package=trend.PACKAGE,
        style=style,
        script=script,
        policy=_policy(style, script),
        data=(Markup(piece) for piece in data.pieces(view.findings, hosts)),
        rows=sorted(view.hosts, key=badness),
        worst=worst,
        you=view.customer is not None,
        name=_name(view.customer),
    )


def _name(customer: str | None) -> str:
    """Return what a page is of."""
    return "All customers" if customer is None else "Your hosts" if customer == NO_CUSTOMER else customer


def _asset(name: str) -> Markup:
    return Markup((PARTS / name).read_text(encoding="utf-8"))


def _policy(style: str, script: str) -> Markup:
    """Return the page's content security policy: nothing is loaded, and nothing runs but these two."""
    style_hash, script_hash = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)
    )
    return Markup(
        "default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; img-src data:; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'" % (style_hash, script_hash)
    )


def _worst(rows: Iterable[HostRow]) -> set[tuple[str, str]]:
    """Return the hosts whose findings stand in the page as text."""
    places: set[tuple[str, str]] = set()
    findings = 0
    for row in sorted(rows, key=badness):
        findings += sum(row.status.get(status, 0) for status in wording.ATTENTION)
        if places and findings > MOST_AS_TEXT:
            break
        places.add((row.customer, row.host))
    return places


def badness(row: HostRow) -> tuple[Any, ...]:
    """Return what sorts hosts, the worst first."""
    numbers = (-row.failing.get(level, 0) for level in wording.LEVELS)
    return (*numbers, row.read, -row.status.get("unknown", 0), row.customer, row.host)


def _kept(pages: Iterable[HostPage], places: set[tuple[str, str]], worst: list[HostPage]) -> Iterator[HostPage]:
    """Pass the hosts on, and keep those at `places` in `worst`, the worst first, for the text after the data."""
    for page in pages:
        if (page.row.customer, page.row.host) in places:
            worst.append(page)
        yield page
    worst.sort(key=lambda page: badness(page.row))


def attention(
    findings: Iterable[Mapping[str, Any]], enforced: Mapping[str, Any] = MappingProxyType({})
) -> list[Mapping[str, Any]]:
    """Return the findings that want somebody, worst first; what only follows from another stands last.

    What enforcement had to do with is among them, even if it is in order now. enforced: by control.
    """
    order = (*wording.ATTENTION, *wording.STATUS_WORDS)
    return sorted(
        (finding for finding in findings if finding["status"] in wording.ATTENTION or finding["control"] in enforced),
        key=lambda finding: (
            "caused_by" in finding,
            order.index(finding["status"]),
            wording.LEVELS.index(finding["effective_severity"]),
            finding["control"],
        ),
    )


def enforced(page: HostPage | None) -> Mapping[str, Any]:
    """Return what enforcement did to a host's controls."""
    controls: Mapping[str, Any] = page.enforcement["controls"] if page and page.enforcement else {}
    return controls


def _reference(pages: Iterable[HostPage], own: Iterable[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """Return the controls of the findings that stand as text, with the recommendations that each serves."""
    findings = [
        *attention(own),
        *(one for page in pages for one in attention(page.document["findings"], enforced(page))),
    ]
    return sorted({finding["control"]: list(finding["advisory"]) for finding in findings}.items())
