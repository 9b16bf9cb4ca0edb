# SPDX-License-Identifier: GPL-3.0-or-later
"""A report in which every text that a host or a register can choose is an attack on whoever reads it."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.model import HostPage, ReportModel
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.closing import totals

from tests.unit.formats import sample

#: Each would set window.hit, ask the network, end its element or turn the text around, if it were more than text.
ATTACKS = (
    "<script>window.hit=1</script>",
    "</script><script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    '"><svg onload=window.hit=1>',
    "' autofocus onfocus=window.hit=1 x='",
    "<!--<script>",
    "<iframe srcdoc='<script>parent.hit=1</script>'>",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=http://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>",
    "<base href=http://evil.example/>",
    "<a href=javascript:window.hit=1>x</a>",
    "javascript:window.hit=1",
    "{{ 7 * 7 }}{% raw %}",
    "[x](javascript:alert(1)) ![x](http://evil.example/x.png) `code` **bold**",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202egnp.exe\u202c \u200bzero\u200dwidth\ufeff",
    "line\u2028separator\u2029paragraph\nnew\rreturn\0nul",
    "lone \ud800 surrogate",
    "<script>window.hit=1</script>" + "A" * 1_000_000,
)
#: What the results' own reader holds to a list of words or a form.
FIXED = frozenset({
    "control", "section", "kind", "status", "severity", "effective_severity", "assurance", "observed_at", "fingerprint",
    "found", "caused_by", "collected_at", "previous_status", "since_run", "previous_run", "enforce", "risk", "advisory",
    "expires", "on", "id", "manifest", "previous", "customer", "customers", "run",
})  # fmt: skip


def model(customers: bool = False, made: ReportModel | None = None) -> ReportModel:
    """Return the sample, or `made`, with attacks for texts, taken in turn; `customers` spoils their names too."""
    attacks = itertools.cycle(ATTACKS)
    fixed = FIXED - {"customer", "customers"} if customers else FIXED
    made = made or sample.model()
    pages = [_spoiled(page, attacks, FIXED) for page in made.documents()]
    by_name = {view.customer: view for view in made.customers}

    def documents(customer: str | None) -> Iterator[HostPage]:
        originals = (page for page in made.documents())
        for page, original in zip(pages, originals, strict=True):
            if customer is None or by_name.get(customer, customer) == customer or original.row.customer == customer:
                yield page

    views = tuple(_spoiled(view, attacks, fixed) for view in made.customers)
    fleet = _spoiled(made.fleet, attacks, FIXED)
    counted = tuple(totals(page.document) for page in pages)
    return dataclasses.replace(made, fleet=fleet, customers=views, totals=counted, _pages=documents)


def _spoiled(value: Any, attacks: Iterator[str], fixed: frozenset[str]) -> Any:
    if isinstance(value, str):
        return next(attacks)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return type(value)(**_entries(fields, attacks, fixed))
    if isinstance(value, Mapping):
        return _entries(value, attacks, fixed)
    if isinstance(value, (list, tuple)):
        return type(value)(_spoiled(item, attacks, fixed) for item in value)
    return value


def _entries(values: Mapping[str, Any], attacks: Iterator[str], fixed: frozenset[str]) -> dict[str, Any]:
    return {name: each if name in fixed else _spoiled(each, attacks, fixed) for name, each in values.items()}
