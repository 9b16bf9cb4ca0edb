# SPDX-License-Identifier: GPL-3.0-or-later
"""CISA's catalogue of known-exploited vulnerabilities, entry by entry against what we need of it.

Its schema: https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities_schema.json
Unknown keys are ignored, and keys that came later may be missing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from .exploited import Feed, Flaw
from .fetching import SourceError, opened, unusable

#: The catalogue of 2026 has two.
LIMIT = 16 << 20
DATE = r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}"
CVE = r"^\s*CVE-[0-9]{4}-[0-9]{4,19}\s*$"
ENTRY = {
    "type": "object",
    "required": ["cveID", "dateAdded"],
    "properties": {
        "cveID": {"type": "string", "pattern": CVE},
        "dateAdded": {"type": "string", "pattern": DATE + r"\s*$"},
        "dueDate": {"type": "string", "pattern": DATE + r"\s*$"},
        "knownRansomwareCampaignUse": {"type": "string"},
        "forensicTriage": {"type": ["string", "boolean"]},
    },
}
CATALOGUE = {
    "type": "object",
    "required": ["vulnerabilities", "dateReleased"],
    "properties": {
        "dateReleased": {"type": "string", "pattern": DATE},
        "count": {"type": "integer", "minimum": 0},
        "vulnerabilities": {"type": "array", "minItems": 1},
    },
}
#: Of what was left out, so much is told by name.
MOST_TOLD = 20


def feed(source: str) -> Feed:
    """Return the catalogue that `source` names, a path or an https URL; without flaws where it can't be used."""
    try:
        with opened(source, LIMIT) as file:
            return read(source, file.stream.read(LIMIT + 1))
    except SourceError as error:
        return Feed(source, problem=str(error))


def read(source: str, content: bytes) -> Feed:
    """Return a catalogue; raises SourceError where it is none. An entry of another form is left out, and told."""
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        raise SourceError("%s: can't be checked on the controller: pip install jsonschema" % source) from None
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise unusable(source, "JSON", error) from None
    other = next(Draft202012Validator(CATALOGUE).iter_errors(document), None)
    if other:
        raise SourceError("%s: is no catalogue of CISA's: %s" % (source, _told(other)))
    try:
        released = _date(document["dateReleased"].strip()[:10])
    except ValueError as error:
        raise SourceError("%s: dateReleased: %s" % (source, error)) from None
    flaws: dict[str, Flaw] = {}
    skipped, doubled = [], []
    check = Draft202012Validator(ENTRY)
    for number, entry in enumerate(document["vulnerabilities"], 1):
        try:
            wrong = next(check.iter_errors(entry), None)
            flaw = None if wrong else _flaw(entry)
        except ValueError as error:
            wrong, flaw = error, None
        if flaw is None:
            skipped.append("entry %d: %s" % (number, _told(wrong)))
        elif flaw.cve in flaws:
            doubled.append("entry %d: %s stands there already" % (number, flaw.cve))
        else:
            flaws[flaw.cve] = flaw
    return Feed(
        source,
        released,
        document.get("count"),
        len(document["vulnerabilities"]),
        flaws,
        shortened(skipped),
        shortened(doubled),
    )


def shortened(told: list[str]) -> tuple[str, ...]:
    """Return the first of some texts, and how many more there are."""
    more = len(told) - MOST_TOLD
    return (*told[:MOST_TOLD], *(["and %d more" % more] if more > 0 else []))


def _flaw(entry: Mapping[str, Any]) -> Flaw:
    due = entry.get("dueDate")
    return Flaw(
        entry["cveID"].strip(),
        _date(entry["dateAdded"].strip()),
        _date(due.strip()) if due else None,
        entry.get("knownRansomwareCampaignUse", "").strip() == "Known",
        str(entry.get("forensicTriage", "")).strip().lower() in ("yes", "true"),
    )


def _date(text: str) -> date:
    return date.fromisoformat(text)


def _told(error: Any) -> str:
    """Return what is wrong, and where, without the whole of what was found there."""
    place = "".join("[%r]" % part for part in getattr(error, "absolute_path", ()))
    return "%s%.120s" % (place + ": " if place else "", getattr(error, "message", error))
