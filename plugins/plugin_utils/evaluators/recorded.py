# SPDX-License-Identifier: GPL-3.0-or-later
"""A customer's record as a judge goes by it: missing is one thing, unusable another, and not looked for a third."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..declared.registers import Undeclared
from ..declared.signatures import BROKEN
from .facts import Unread
from .verdict import Case


def record(case: Case, kind: str) -> Mapping[str, Any] | None:
    """Return the record of a kind, None where there is none, or a draft only.

    Raises Undeclared where nobody said where the records are, Unread where the file can't be used, or was altered.
    """
    records = case.context.records
    if records is None:
        raise Undeclared("bulwark_evidence_dir is not set for this host; name the directory with the records")
    if kind in records.problems and kind not in records.drafts:
        raise Unread(records.problems[kind])
    signature = records.signatures.get(kind)
    if signature is not None and signature.state in BROKEN:
        raise Unread("%s: %s" % (kind, signature.line()))
    return records.found.get(kind)


def own_name(case: Case) -> str:
    """Return the inventory name by which records tell of this host."""
    return case.context.records.host if case.context.records is not None else ""
