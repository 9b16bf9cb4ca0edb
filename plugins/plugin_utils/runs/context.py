# SPDX-License-Identifier: GPL-3.0-or-later
"""Gathers what the judges of one host go by beside its state; only what one of the selected controls reads."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..catalogue.catalogue import Catalogue
from ..declared.signatures import Signers
from ..evaluators.context import Context
from ..records.canary import CanaryError, Sighting, sightings
from ..records.kinds.backups import OF_HOSTS
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
        canary=_canary(run, subject) if reading("canary") else None,
    )


def _records(subject: Subject) -> Records | None:
    folder = str(subject.declaration.policy["bulwark_evidence_dir"])
    if not folder:
        return None
    # Here it matters whether a record was altered; whose key signed it is told once, for the customer.
    return gather(Path(folder).expanduser(), subject.customer, subject.host, OF_HOSTS, allowed=Signers(None))


def _canary(run: Run, subject: Subject) -> tuple[Sighting, ...] | str | None:
    history = memory.history_folder(run, subject.declaration.policy)
    try:
        return sightings(history, subject.customer, subject.host) or None
    except CanaryError as error:
        return str(error)
