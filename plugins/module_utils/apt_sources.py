# SPDX-License-Identifier: GPL-3.0-or-later
"""apt's sources in both of their formats (sources.list(5)), told without the secrets that addresses may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

#: deb [options] URI suite component ...; a cdrom's URI has spaces in its brackets.
DEB = re.compile(r"deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>cdrom:\[[^\]]*\]\S*|\S+)\s+(?P<suite>\S+)")
URI = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*):(?://)?(?:[^/]*@)?(?P<rest>[^?#]*).*", re.IGNORECASE | re.DOTALL)
TOKEN = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{20,}|[A-Za-z0-9]{16,}", re.IGNORECASE)
HIDDEN = "***"
#: apt's options of one source that let what nobody signed in.
CARELESS = ("trusted", "allow-insecure", "allow-downgrade-to-insecure")
ON, OFF = ("1", "yes", "true", "on", "enable", "with"), ("0", "no", "false", "off", "disable", "without")

Source = dict[str, Any]


def one_line(text: str) -> Iterator[Source]:
    """Yield the sources of sources.list(5)'s one-line format."""
    for number, line in enumerate(text.split("\n"), 1):
        found = DEB.match(line.strip())
        if found:
            options = dict(word.lower().partition("=")[::2] for word in (found["options"] or "").split())
            yield {"line": number, **place(found["uri"]), "suites": [found["suite"]], "careless": _careless(options)}


def deb822(text: str) -> Iterator[Source]:
    """Yield the sources of its deb822 format, one for each address."""
    for number, fields in stanzas(text):
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in OFF:
            continue
        for uri in fields.get("uris", "").split():
            suites = fields.get("suites", "").split()
            yield {"line": number, **place(uri), "suites": suites, "careless": _careless(fields)}


def stanzas(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (number of its first line, {field in lower case: value}) of deb822 stanzas."""
    fields: dict[str, str] = {}
    name, first = "", 1
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield first, fields
            fields, name = {}, ""
        elif line[0] in " \t":
            if name:
                fields[name] += " " + line.strip()
        elif ":" in line:
            first = first if fields else number
            name = line.partition(":")[0].strip().lower()
            fields[name] = line.partition(":")[2].strip()


def _careless(options: dict[str, str]) -> dict[str, bool]:
    return {name: True for name in CARELESS if options.get(name, "").lower() in ON}


def place(uri: str) -> dict[str, str]:
    """Return {scheme, place} of an address, without what could be a secret."""
    found = URI.fullmatch(uri)
    if not found:
        return {"scheme": "", "place": HIDDEN}
    return {"scheme": found["scheme"].lower(), "place": TOKEN.sub(_masked, found["rest"].rstrip("/"))}


def _masked(word: re.Match[str]) -> str:
    mixed = any(letter.isdigit() for letter in word[0]) and any(letter.isalpha() for letter in word[0])
    return HIDDEN if mixed else word[0]
