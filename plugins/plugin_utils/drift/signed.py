# SPDX-License-Identifier: GPL-3.0-or-later
"""Who signed what of a customer's: its records, by their findings, and the files with its registers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..declared.signatures import Signed
from ..runs.signed_files import signature_of
from .shapes import SignedRegister, SignedThing


def of_mapping(value: Mapping[str, Any]) -> Signed:
    """Return a signature as a result tells it."""
    return Signed(*(value[key] for key in ("state", "signer", "party", "key", "reason")))


def things(document: Mapping[str, Any]) -> Iterator[SignedThing]:
    """Yield the signed files of a customer's document, then each of its records, signed or not."""
    customer = document["customer"]
    for file in document.get("signed_files") or ():
        yield SignedThing(customer, file["file"], file["file"], of_mapping(file), False)
    for finding in document["findings"]:
        if "signature" in finding:
            signature = of_mapping(finding["signature"])
            yield SignedThing(customer, finding["control"], finding["title"], signature, True)


def registers(document: Mapping[str, Any]) -> Iterator[SignedRegister]:
    """Yield the registers of a customer that signs files, with who signed how many of their entries."""
    files = document.get("signed_files") or ()
    for name, entries in sorted(document["registers"].items()) if files else ():
        counts = Counter(signature_of(files, name, entry).state for entry in entries)
        yield SignedRegister(document["customer"], name, dict(sorted(counts.items())))


def of_waiver(entry: Any, files: Iterable[Mapping[str, Any]]) -> Signed:
    """Return who signed a waiver of a customer's, by its signed files."""
    return signature_of(files, "bulwark_waivers", entry)
