# SPDX-License-Identifier: GPL-3.0-or-later
"""A customer's records: `<kind>.yml` in its bulwark_evidence_dir, such as ev-restore-test.yml."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ..declared.checking import Problem
from ..declared.signatures import Signed, Signers, signed
from . import plausible, structure
from .documents import DocumentError, compared
from .kinds.all import KINDS
from .yaml_file import RecordError, parsed, text_of

SUFFIXES = (".yml", ".yaml")
#: What a draft has beside its fields; no record has such a field.
DRAFT_KEY, DRAFT = "status", "draft"
UNFILLED = '%s is a draft; fill in every field, then delete the line "status: draft"'
#: Problems of one file that are told.
SHOWN = 5


class DraftError(RecordError):
    """The file is a draft: nobody vouches for what it says yet."""


@dataclass(frozen=True)
class Records:
    """What was read. found: by kind. problems: why a kind's file can't be used, by kind.

    drafts: the kinds among the problems whose file is a draft.

    host: the inventory name of the host that is judged, by which records tell of it; "" where the customer is.
    documents: what comparing the document of a record came to, by kind. signatures: who signed its file, by kind, where
    that was looked at.
    """

    host: str = ""
    found: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, str] = field(default_factory=dict)
    drafts: frozenset[str] = frozenset()
    signatures: Mapping[str, Signed] = field(default_factory=dict)


def gather(
    folder: Path, customer: str, host: str = "", kinds: Iterable[str] = tuple(KINDS), today: date | None = None,
    allowed: Signers | None = None,
) -> Records:  # fmt: skip
    """Return a customer's records of some kinds; one that can't be used doesn't keep the others from being judged.

    today: has them looked at closely: for days in the future, and whether their documents are what they were. That is
    done once a customer; for one host after the other it would read the same documents again. allowed: has signatures
    checked.
    """
    found: dict[str, Mapping[str, Any]] = {}
    problems: dict[str, str] = {}
    documents: dict[str, str] = {}
    drafts: set[str] = set()
    signatures: dict[str, Signed] = {}
    for kind in kinds:
        try:
            if not is_there(folder):
                raise RecordError("%s is no directory; set bulwark_evidence_dir to the one with the records" % folder)
            there = _file(folder, kind)
            if there is None:
                continue
            if allowed is not None:
                signatures[kind] = signed(there[0], there[1].encode(), allowed)
            record = _record(*there, kind, customer, today)
            if today is not None:
                documents[kind] = _document(folder, kind, record)
            found[kind] = record
        except RecordError as error:
            problems[kind] = str(error)
            if isinstance(error, DraftError):
                drafts.add(kind)
    return Records(host, found, problems, documents, frozenset(drafts), signatures)


def is_there(folder: Path) -> bool:
    """Say whether a folder of records is there; raises RecordError where that can't be known."""
    try:
        return stat.S_ISDIR(os.stat(folder).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:
        why = os.strerror(error.errno or 0).lower() if isinstance(error, OSError) else str(error)
        raise RecordError("%s: %s; have the account that runs this read bulwark_evidence_dir" % (folder, why)) from None


def load(folder: Path, kind: str, customer: str, today: date | None = None) -> dict[str, Any] | None:
    """Return a customer's record of a kind, None where there is none; raises RecordError."""
    there = _file(folder, kind)
    return None if there is None else _record(*there, kind, customer, today)


def _file(folder: Path, kind: str) -> tuple[Path, str] | None:
    """Return the file of a kind and what it holds, None where there is none; raises RecordError."""
    paths = paths_of(folder, kind)
    there = [(path, text) for path in paths for text in [_text(folder, path)] if text is not None]
    if len(there) > 1:
        raise RecordError("%s and %s are two records of one kind; keep one" % (paths[0], paths[1].name))
    return there[0] if there else None


def _text(folder: Path, path: Path) -> str | None:
    """Return what a file of the folder holds: what lies elsewhere is not this customer's to be shown."""
    try:
        if path.is_symlink() and folder.resolve() not in path.resolve().parents:
            raise RecordError("%s leads out of the folder of records; put the file there" % path)
    except (OSError, RuntimeError):
        raise RecordError("%s is a link that leads nowhere; put the file there" % path) from None
    return text_of(path)


def _record(path: Path, text: str, kind: str, customer: str, today: date | None) -> dict[str, Any]:
    record = parsed(path, text)
    if record.get(DRAFT_KEY) == DRAFT:
        raise DraftError(UNFILLED % path)
    fields = KINDS[kind].every_field(kind)
    # What else is wrong with another customer's record is for that one to see.
    _refuse(path, list(_strange(record, customer)) or structure.problems_in(fields, record))
    made = structure.plain(fields, record)
    if today is not None:
        _refuse(path, plausible.problems_in(fields, made, today))
    return made


def paths_of(folder: Path, kind: str) -> list[Path]:
    """Return the names that the file of a kind may have, the usual one first."""
    return [folder / (kind + suffix) for suffix in SUFFIXES]


def _document(folder: Path, kind: str, record: Mapping[str, Any]) -> str:
    try:
        return compared(folder, record)
    except DocumentError as error:
        path = next(path for path in paths_of(folder, kind) if path.exists())
        raise RecordError("%s: %s: %s" % (path, error.field, error)) from None


def _refuse(path: Path, problems: Iterable[Problem]) -> None:
    told = [str(problem) for problem in problems]
    if told:
        more = ["and %d more" % (len(told) - SHOWN)] if len(told) > SHOWN else []
        raise RecordError("%s: %s" % (path, "; ".join(told[:SHOWN] + more)))


def _strange(record: Mapping[str, Any], customer: str) -> Iterator[Problem]:
    """Yield that a record is another customer's."""
    found = record.get("customer_id")
    if found is not None and str(found) != customer:
        # The message stands on this customer's page, which names no other customer.
        yield Problem(
            "customer_id", "is not the one of this customer, %s; keep each customer's records apart" % customer
        )
