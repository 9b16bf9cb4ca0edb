# SPDX-License-Identifier: GPL-3.0-or-later
"""What bulwark.msp.canary found at the collectors, one file a customer beside the runs: `canary/<customer>.json`."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from ..results import ResultsError, encoded, read_json, write_json

SCHEMA = "bulwark/canary/1"
FOLDER = "canary"
MOMENT = "%Y-%m-%dT%H:%M:%SZ"


class CanaryError(Exception):
    """The record can't be used; the text says why."""


@dataclass(frozen=True)
class Sighting:
    """What one collector showed of a host. Moments are in UTC.

    sent: when the host wrote its marked line. found: when the collector had it, None where it did not come in time.
    oldest, newest: of all lines that the collector holds of the host, but for canaries' own. factors: when the newest
    line came that tells of a second factor used or refused; cut: looking for one ended before it was through. used:
    when the host itself last logged such a line, None where its log of the last days tells of none.
    until: to when the line was looked for. problem: why it could not be, "" where it was.
    """

    collector: str
    sent: datetime
    found: datetime | None = None
    oldest: date | None = None
    newest: datetime | None = None
    factors: datetime | None = None
    cut: bool = False
    used: datetime | None = None
    until: datetime | None = None
    problem: str = ""


def place(history: Path, customer: str) -> Path:
    """Return where a customer's record lies below the folder with the earlier runs."""
    return history / FOLDER / (encoded(customer) + ".json")


def sightings(history: Path, customer: str, host: str) -> tuple[Sighting, ...]:
    """Return what the last canary showed of a host, nothing where none was sent. Raises CanaryError."""
    path = place(history, customer)
    if not path.exists():
        return ()
    document = _document(path, customer)
    try:
        return tuple(_sighting(one) for one in document["hosts"].get(host, ()))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _unusable(path, str(error)) from None


def keep(history: Path, customer: str, hosts: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Note what a canary showed of a customer's hosts, entries as _sighting() takes them; other hosts' stay.

    Where the line could not be looked for, what an earlier one showed stays too: its age says what it is worth.
    Raises CanaryError where the record can't be used, ResultsError where it can't be written.
    """
    path = place(history, customer)
    try:
        history.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise ResultsError("%s: can't be made: %s" % (path.parent, os.strerror(error.errno or 0).lower())) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        known = _document(path, customer)["hosts"] if path.exists() else {}
        for host, entries in hosts.items():
            before = {entry["collector"]: entry for entry in known.get(host, ())}
            known[host] = [before.get(new["collector"], new) if new.get("problem") else new for new in entries]
        write_json(path, {"schema": SCHEMA, "customer": customer, "hosts": known})
    finally:
        os.close(handle)


def _document(path: Path, customer: str) -> Any:
    try:
        document = read_json(path)
        if document["schema"] != SCHEMA or document["customer"] != customer:
            raise _unusable(path, "it is not %s of %s" % (SCHEMA, customer))
        return {**document, "hosts": dict(document["hosts"])}
    except (ResultsError, KeyError, TypeError, ValueError) as error:
        raise _unusable(path, str(error)) from None


def _unusable(path: Path, why: str) -> CanaryError:
    return CanaryError("%s can't be used (%s); move it away and run bulwark.msp.canary again" % (path, why))


def _sighting(entry: Mapping[str, Any]) -> Sighting:
    return Sighting(
        collector=str(entry["collector"]),
        sent=_moment(entry["sent"]),
        found=_moment(entry["found"]) if entry.get("found") else None,
        oldest=date.fromisoformat(entry["oldest"]) if entry.get("oldest") else None,
        newest=_moment(entry["newest"]) if entry.get("newest") else None,
        factors=_moment(entry["factors"]) if entry.get("factors") else None,
        cut=bool(entry.get("cut")),
        used=_moment(entry["used"]) if entry.get("used") else None,
        until=_moment(entry["until"]) if entry.get("until") else None,
        problem=str(entry.get("problem") or ""),
    )


def _moment(text: str) -> datetime:
    return datetime.strptime(text, MOMENT).replace(tzinfo=timezone.utc)
