# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a customer's inventory that are signed (bulwark_signed_files), and what of the registers stands in them.

Ansible doesn't tell from which file a variable came. So a signed file is read here, once, and a declared entry counts
as signed where an equal one stands in a file whose signature holds. A customer's document keeps, as `signed_files`, who
signed each file and the digests of the entries in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import yaml

from .. import bounded
from ..catalogue.catalogue import Catalogue
from ..declared.declared import Declaration, usable
from ..declared.signatures import BROKEN, STATES, Signed, signed, signers
from ..declared.waivers import Waiver
from ..results import ResultsError, Run, read_json
from ..text import clean
from .playtime import plain

WAIVERS = "bulwark_waivers"
#: An equal entry may be declared for other hosts than those of the signed file.
EVERY_HOST = (
    "with bulwark_require_signatures it has to say for which hosts it is: a signature doesn't say for which hosts a "
    "file is; `hosts: all` means every host of the customer"
)
#: Bytes of a file with registers; larger ones are of another kind.
LARGEST = 4 * 1024 * 1024
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Entries = Mapping[str, Mapping[str, Any]]


@dataclass
class Signing:
    """What a customer's hosts say about signatures. signers, files: paths on the controller. required: by any host."""

    signers: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    required: bool = False

    def add(self, policy: Mapping[str, Any]) -> None:
        """Take in what one host, or many alike, say."""
        self.signers |= {_absolute(path) for path in [policy["bulwark_record_signers"]] if path}
        self.files |= {_absolute(path) for path in policy["bulwark_signed_files"]}
        self.required = self.required or bool(policy["bulwark_require_signatures"])

    def told(self) -> dict[str, Any]:
        """Return what run.json keeps of it."""
        return {"signers": sorted(self.signers), "files": sorted(self.files), "required": self.required}


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def entries_of(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the entries of a register by their JSON; one that is no list has one entry."""
    value = values.get(name)
    listed = value if isinstance(value, list) else [value] if value else []
    return {json.dumps(entry, sort_keys=True): entry for entry in listed}


def entry_digest(entry: Any) -> str:
    """Return the SHA-256 of an entry as JSON with sorted keys and no white space."""
    return hashlib.sha256(json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def looked_at(signing: Signing, registers: Entries, catalogue: Catalogue) -> list[dict[str, Any]]:
    """Return what a customer's document says of each signed file. registers: entries in force by their JSON."""
    allowed = signers(signing.signers)
    made = []
    for place in sorted(signing.files):
        path = Path(place)
        found, held = Signed("unsigned"), {}
        try:
            content = bounded.read(path, LARGEST)
            if content is None:
                raise bounded.FileError("%s: there is no such file" % path)
            found = signed(path, content, allowed)
            held = _held(content, registers, catalogue)
        except bounded.FileError as error:
            found = Signed("not_checked", reason=clean(error))
        except _NoRegisters as error:
            found = replace(found, reason="; ".join(filter(None, (found.reason, clean(error, 300)))))
        made.append({"file": clean(place), **found.told(), "entries": held})
    return made


class _NoRegisters(Exception):
    """What a file declares can't be compared with what is in force; the text says why."""


def _held(content: bytes, registers: Entries, catalogue: Catalogue) -> dict[str, list[str]]:
    """Return the digests of the entries in force that stand in a file, by register."""
    values = usable(_variables(content), catalogue)
    held = {}
    for name, entries in registers.items():
        found = sorted(entry_digest(entries[key]) for key in entries_of(values, name) if key in entries)
        if found:
            held[name] = found
    return held


def _variables(content: bytes) -> dict[str, Any]:
    try:
        text = content.decode("utf-8")
        # What it stands for may be far larger than the file, so that it is looked for before anything is made of it.
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.AliasEvent):
                raise _NoRegisters("it has an alias (*%s); write the value out" % str(event.anchor)[:60])
        variables = yaml.load(text, Loader=_Loader)  # a safe loader by either name
        if variables is not None and not isinstance(variables, dict):
            raise _NoRegisters("it holds no variables")
        return {str(name): plain(value) for name, value in (variables or {}).items()}
    except UnicodeDecodeError:
        raise _NoRegisters("it is no UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _NoRegisters("line %d can't be compared: %s" % (line, error.problem)) from None
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        raise _NoRegisters("it can't be compared: %s" % str(error).partition("\n")[0]) from None


def signature_of(files: Iterable[Mapping[str, Any]], register: str, entry: Any) -> Signed:
    """Return who signed an entry of a register, by the best of a customer's signed files that it stands in."""
    digest = entry_digest(entry)
    found = [file for file in files if digest in file["entries"].get(register, ())]
    if not found:
        return Signed("unsigned", reason="it stands in none of bulwark_signed_files")
    best = min(found, key=lambda file: STATES.index(file["state"]))
    return Signed(**{each.name: best[each.name] for each in fields(Signed)})


def checked(waiver: Waiver, entry: Mapping[str, Any], document: Mapping[str, Any]) -> Waiver:
    """Return a waiver with who signed it, by its customer's document, and why it is refused where it is."""
    files, required = document.get("signed_files") or (), document.get("signatures_required")
    if not files and not required:
        return waiver
    found = signature_of(files, WAIVERS, entry)
    refused = ""
    if found.state in BROKEN:
        names = sorted(file["file"] for file in files if entry_digest(entry) in file["entries"].get(WAIVERS, ()))
        refused = "%s: %s" % (" and ".join(names), found.reason)
    elif required and found.state != "customer":
        refused = "the customer has to sign it (bulwark_require_signatures), and it is %s" % found.line()
    elif required and not waiver.hosts:
        refused = EVERY_HOST
    return replace(waiver, signature=found, refused=refused)


def with_signatures(declaration: Declaration, run: Run) -> Declaration:
    """Return a host's declaration whose waivers say who signed them, and which of them this run refuses."""
    if not declaration.waivers:
        return declaration
    try:
        document = read_json(run.customer_file(declaration.registers.customer))
    except ResultsError as error:
        reason = "its signature can't be known: %s" % error
        return replace(declaration, waivers=tuple(replace(each, refused=reason) for each in declaration.waivers))
    entries = zip(declaration.waivers, declaration.values[WAIVERS], strict=True)
    return replace(declaration, waivers=tuple(checked(waiver, entry, document) for waiver, entry in entries))


def merged(documents: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield what several documents of a customer say of its signed files, each thing said once."""
    known: set[str] = set()
    for document in documents:
        for file in document.get("signed_files") or ():
            text = json.dumps(file, sort_keys=True)
            if text not in known:
                known.add(text)
                yield dict(file)
