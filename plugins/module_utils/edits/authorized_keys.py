# SPDX-License-Identifier: GPL-3.0-or-later
"""Gathers an account's keys in one file, binds them, and takes keys out.

Lines are copied on the host as they are, since a controller knows fingerprints only: forced commands and comments stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..ssh import authorized_key

FROM = re.compile(r"from=\"[^\"]*\"", re.IGNORECASE)


def edit(text: str | None, arguments: Mapping[str, Any], _secrets: Mapping[str, str]) -> str | None:
    """Return the key file as `arguments` want it; None where it is not there and no key comes from elsewhere.

    texts: {path: text or None}, the files whose keys are added where they aren't in it yet. from: addresses that keys
    have to come from which name none. restrict: whether keys have to be restricted, and give_back: options
    that lift a single restriction again. without: fingerprints taken out.
    """
    lines = _lines(text)
    known = {key["fingerprint"] for _line, key in _parsed(lines) if key}
    for source in arguments.get("texts", {}).values():
        for line, key in _parsed(_lines(source)):
            if key and key["fingerprint"] not in known:
                known.add(key["fingerprint"])
                lines.append(line)
    out = frozenset(arguments.get("without", ()))
    kept = [_bound(line, key, arguments) for line, key in _parsed(lines) if not (key and key["fingerprint"] in out)]
    if text is None and not kept:
        return None
    return "".join(line + "\n" for line in kept)


def _lines(text: str | None) -> list[str]:
    lines = (text or "").split("\n")
    return lines if lines[-1] else lines[:-1]


def _parsed(lines: Iterable[str]) -> list[tuple[str, dict[str, Any] | None]]:
    return [(line, authorized_key.parse(line)) for line in lines]


def _bound(line: str, key: dict[str, Any] | None, arguments: Mapping[str, Any]) -> str:
    if key is None:
        return line
    options, rest = _options(line, key)
    sources = arguments.get("from", ())
    if sources and not authorized_key.names_sources(key["options"]):
        options = [option for option in options if not FROM.fullmatch(option)]
        options.insert(0, 'from="%s"' % ",".join(sources))
    if arguments.get("restrict") and "restrict" not in key["options"]:
        # First, because what follows gives single things back.
        options = ["restrict", *arguments.get("give_back", ()), *options]
    return "%s %s" % (",".join(options), rest) if options else rest


def _options(line: str, key: Mapping[str, Any]) -> tuple[list[str], str]:
    """Return (the options as written, what follows them) of a line that holds a key."""
    text = line.strip()
    if not key["options"]:
        return [], text
    options, place = [], 0
    while not text[place].isspace():
        found = authorized_key.OPTION.match(text, place)
        if not found:  # authorized_key.parse has read this very line
            break
        options.append(found.group(0).rstrip(","))
        place = found.end()
    return options, text[place:].strip()
