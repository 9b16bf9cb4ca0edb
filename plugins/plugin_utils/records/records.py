# SPDX-License-Identifier: GPL-3.0-or-later
"""A customer's records: `<kind>.yml` in its bulwark_evidence_dir, such as ev-restore-test.yml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..declared.checking import Problem, problems_in, shown
from ..declared.moments import as_date
from .kinds import KINDS
from .yaml_file import RecordError, read

SUFFIXES = (".yml", ".yaml")
HEX = re.compile("[0-9a-f]{64}")
#: Problems of one file that are told.
SHOWN = 5


@dataclass(frozen=True)
class Records:
    """What was read for one host. found: by kind. problems: why a kind's file can't be used, by kind.

    host: the inventory name of the host that is judged, by which records tell of it.
    """

    host: str = ""
    found: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


def gather(folder: Path, customer: str, host: str = "") -> Records:
    """Return the records of a customer; one that can't be used doesn't keep the others from being judged."""
    found: dict[str, Mapping[str, Any]] = {}
    problems: dict[str, str] = {}
    for kind in KINDS:
        try:
            if not folder.is_dir():
                raise RecordError("%s is no directory; set bulwark_evidence_dir to the one with the records" % folder)
            record = load(folder, kind, customer)
        except RecordError as error:
            problems[kind] = str(error)
        else:
            if record is not None:
                found[kind] = record
    return Records(host, found, problems)


def load(folder: Path, kind: str, customer: str) -> dict[str, Any] | None:
    """Return a customer's record of a kind, None where there is none; raises RecordError."""
    paths = [folder / (kind + suffix) for suffix in SUFFIXES]
    there = [(path, record) for path in paths for record in [read(path)] if record is not None]
    if not there:
        return None
    if len(there) > 1:
        raise RecordError("%s and %s are two records of one kind; keep one" % (paths[0], paths[1].name))
    path, record = there[0]
    told = [str(problem) for problem in _problems(kind, record, customer)]
    if told:
        more = ["and %d more" % (len(told) - SHOWN)] if len(told) > SHOWN else []
        raise RecordError("%s: %s" % (path, "; ".join(told[:SHOWN] + more)))
    return record


def _problems(kind: str, record: Mapping[str, Any], customer: str) -> Iterator[Problem]:
    for key in record:
        if key not in KINDS[kind]:
            yield Problem(key, "there is no such field; there are %s" % ", ".join(KINDS[kind]))
    for key, option in KINDS[kind].items():
        if record.get(key) is not None:
            yield from problems_in(key, option, record[key])
            yield from _misformed(key, option, record[key])
        elif option.get("required"):
            yield Problem(key, "is missing")
    if isinstance(record.get("id"), str) and record["id"] != kind:
        yield Problem("id", "must be %s, as the file's name says, found %s" % (kind, shown(record["id"])))
    if record.get("customer_id") is not None and record["customer_id"] != customer:
        yield Problem("customer_id", "%s is another customer; this is %s" % (shown(record["customer_id"]), customer))


def _misformed(place: str, option: Mapping[str, Any], value: Any) -> Iterator[Problem]:
    """Yield which texts are no date or no sha256 where one is asked for."""
    if isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _misformed("%s[%d]" % (place, index), option, entry)
    elif isinstance(value, dict):
        for key, inner in (option.get("options") or {}).items():
            if value.get(key) is not None:
                yield from _misformed("%s.%s" % (place, key), inner, value[key])
    elif option.get("format") == "day":
        try:
            as_date(value)
        except ValueError:
            yield Problem(place, "must be a day such as 2026-11-23, found %s" % shown(value))
    elif option.get("format") == "sha256" and not HEX.fullmatch(str(value)):
        yield Problem(place, "must be a sha256 of 64 hexadecimal digits, found %s" % shown(value))
