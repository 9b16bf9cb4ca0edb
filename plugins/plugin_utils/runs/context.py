# SPDX-License-Identifier: GPL-3.0-or-later
"""Gathers what the judges of one host go by beside its state; only what one of the selected controls reads."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..catalogue.catalogue import Catalogue
from ..evaluators.context import Context
from ..records.records import Records, gather
from ..results import Run
from . import exploited, memory
from .finding import Subject


def context(run: Run, subject: Subject, controls: Iterable[str], catalogue: Catalogue) -> Context:
    """Return the context in which a host is judged by `controls`."""
    chosen = [catalogue.control(id_) for id_ in controls]

    def reading(source: str) -> list[str]:
        return [control.id for control in chosen if source in control.reads]

    return Context(
        exploited=exploited.known(run, subject.declaration.policy) if reading("exploited") else None,
        earlier=memory.earlier(run, subject.declaration.policy, subject.customer, subject.host, reading("earlier")),
        records=_records(subject) if reading("records") else None,
    )


def _records(subject: Subject) -> Records | None:
    folder = str(subject.declaration.policy["bulwark_evidence_dir"])
    return gather(Path(folder).expanduser(), subject.customer, subject.host) if folder else None
