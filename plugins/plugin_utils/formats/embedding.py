# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings as compact JSON inside a page: each text stands there once, findings are rows of numbers.

The block reads `{"hosts": [host, ...], "controls": [...], "texts": [...], ...}`. It is written while the hosts pass by,
so texts and controls, which grow until the last host, stand at its end. page.js reads it.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..catalogue.catalogue import Catalogue
from ..drift.model import HostPage
from ..drift.shapes import KINDS, Change
from ..text import written_day
from .wording import (
    FRAMEWORK_WORDS,
    KIND_WORDS,
    LEVELS,
    STATE_WORDS,
    STATUS_WORDS,
    WAIVER_WORDS,
    became,
    diff_lines,
    hidden,
    party,
    sentence,
    shown,
    signed_words,
)

STATUSES = tuple(STATUS_WORDS)
ASSURANCES = ("proven", "effective", "configured", "attested")
#: What could end the element or the line it stands in. In JSON these only occur inside strings.
UNSAFE = {ord(character): "\\u%04x" % ord(character) for character in "<>&\u2028\u2029"}


def safe_json(value: Any) -> str:
    """Return JSON that may stand in a script element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(UNSAFE)


def mappings(known: Catalogue, recommendations: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Return what recommendations map to: name of the framework, its items; "(?)" marks one that may not fit."""
    found: dict[str, dict[str, None]] = {name: {} for name in FRAMEWORK_WORDS}
    for id_ in recommendations:
        if id_ in known.recommendations:
            for framework, references in known.recommendations[id_].mappings.items():
                found[framework].update(dict.fromkeys(ref.id + (" (?)" if ref.unsure else "") for ref in references))
    return [(FRAMEWORK_WORDS[name], list(items)) for name, items in found.items() if items]


class Embedding:
    """Writes the block; one for each page, so that no page holds a text of another."""

    def __init__(self, known: Catalogue, to_customer: bool) -> None:
        self._known = known
        self._to_customer = to_customer
        self._texts: dict[str, int] = {}
        self._controls: dict[str, int] = {}
        self._details: list[list[Any]] = []
        self._works: dict[str, int] = {}

    def pieces(self, own: Iterable[Mapping[str, Any]], hosts: Iterable[HostPage]) -> Iterator[str]:
        """Yield the block in pieces: the customers' own findings as hosts without a name, then each host."""
        yield '{"hosts":['
        comma = ""
        for host in itertools.chain(map(self._record, own), map(self._host, hosts)):
            yield comma + safe_json(host)
            comma = ","
        sections = sorted((section.number, section.name, section.heading) for section in self._known.sections)
        rest = {
            "controls": self._details,
            "texts": list(self._texts),
            "works": [json.loads(work) for work in self._works],
            "statuses": [[name, STATUS_WORDS[name]] for name in STATUSES],
            "fleet": not self._to_customer,
            "levels": LEVELS,
            "kinds": [[kind, KIND_WORDS[kind]] for kind in KINDS],
            "assurances": ASSURANCES,
            "sections": sections,
        }
        yield "]," + safe_json(rest)[1:]

    def _record(self, finding: Mapping[str, Any]) -> list[Any]:
        customers = self._text(", ".join(finding.get("customers", ())))
        return ["", customers, -1, -1, [self._finding(finding, None)]]

    def _host(self, page: HostPage) -> list[Any]:
        row, history = page.row, page.history
        enforced = page.enforcement["controls"] if page.enforcement else {}
        findings = [
            [*self._finding(finding, history.get(control)), *self._enforced(enforced.get(control))]
            for finding in page.document["findings"]
            for control in [finding["control"]]
        ]
        return [shown(row.host), self._text(row.customer), self._text(row.system), self._text(row.identity), findings]

    def _finding(self, finding: Mapping[str, Any], change: Change | None) -> list[Any]:
        return [
            self._control(finding),
            STATUSES.index(finding["status"]),
            LEVELS.index(finding["effective_severity"]),
            LEVELS.index(finding["severity"]),
            self._text(party(finding["responsible"], self._to_customer)),
            ASSURANCES.index(finding["assurance"]) if finding["assurance"] in ASSURANCES else -1,
            self._text(finding["observed_at"]),
            self._text(finding["expected"]),
            [self._text(item) for item in finding["actual"]],
            self._text(finding["reason"]),
            [self._text(item) for item in finding["evidence"]],
            self._text(finding["caused_by"]) if "caused_by" in finding else -1,
            KINDS.index(change.kind) if change else -1,
            self._text(written_day(change.since)) if change and change.since else -1,
            change.days if change and change.days is not None else -1,
            self._text(STATUS_WORDS.get(change.previous_status or "", "")) if change else -1,
            self._waiver(finding["waiver"]) if finding["status"] == "waived" else 0,
        ]

    def _waiver(self, waiver: Mapping[str, Any]) -> list[int]:
        approved = waiver.get("approved_by")
        if not isinstance(approved, Mapping):
            approved = {}
        kind = WAIVER_WORDS.get(waiver["kind"], waiver["kind"])
        said = "%s, by %s of %s on %s" % (kind, *(approved.get(key, "?") for key in ("name", "party", "on")))
        if "signature" in waiver:
            said += "; " + signed_words(waiver["signature"])
        return [self._text(text) for text in (said, waiver["owner"], waiver["reason"], waiver["expires"])]

    def _enforced(self, entry: Mapping[str, Any] | None) -> list[list[int]]:
        """Return one more cell where enforcement had to do with the finding, so that an audit's rows are no longer."""
        if entry is None:
            return []
        state = STATE_WORDS.get(entry["state"], entry["state"])
        return [[*(self._text(text) for text in (state, entry["reason"], became(entry))), self._work(entry["tasks"])]]

    def _work(self, tasks: Iterable[Mapping[str, Any]]) -> int:
        """Return the place of what tasks changed: on most hosts it is the same."""
        work = [
            [shown(sentence(task["task"])), [
                [shown(change["name"]), hidden(change), [[kind, shown(line)] for kind, line in diff_lines(change)]]
                for change in task["changes"]]]
            for task in tasks
        ]  # fmt: skip
        return self._works.setdefault(json.dumps(work), len(self._works))

    def _text(self, value: str) -> int:
        text = shown(value)
        return self._texts.setdefault(text, len(self._texts))

    def _control(self, finding: Mapping[str, Any]) -> int:
        id_ = shown(finding["control"])
        if id_ not in self._controls:
            self._controls[id_] = len(self._controls)
            control = self._known.controls.get(id_)
            items = [[name, ", ".join(items)] for name, items in mappings(self._known, finding["advisory"])]
            why = control.why if control else ""
            page = "docs/controls/%s.md" % id_ if control else ""
            names = [shown(item) for item in finding["advisory"]]
            self._details.append([id_, shown(finding["title"]), shown(finding["section"]), why, page, names, items])
        return self._controls[id_]
