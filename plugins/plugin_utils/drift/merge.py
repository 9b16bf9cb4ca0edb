# SPDX-License-Identifier: GPL-3.0-or-later
"""Merging: runs that are slices of one, such as an AWX job's, become one run; what can't belong together is refused.

Host results, and what enforcement did, are copied byte for byte, so that they still match their slices' manifests.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from ..results import MANIFEST, MANIFEST_SCHEMA, ResultsError, Run, Store, sha256
from ..runs import signed_files
from ..runs.begin import customer_document
from ..runs.signed_files import Signing
from .documents import Unusable, customer_documents, load, run_document
from .shapes import Problem

#: Slices of one launch begin within this time; what lies further apart is another audit.
FARTHEST = timedelta(hours=6)
TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Slice:
    """A sealed run whose files are as they were sealed."""

    run: Run
    about: Mapping[str, Any]
    customers: tuple[Mapping[str, Any], ...]
    manifest: str


def merge(folders: Iterable[Path], store: Store, now: datetime) -> Run:
    """Return a new run in `store`, not completed yet, that holds the results of all slices; raises ResultsError.

    The error has a line for each reason why they can't belong together, with the runs' names.
    """
    slices = [_slice(folder) for folder in folders]
    slices.sort(key=lambda each: each.run.name)
    faults = _faults(slices)
    if faults:
        raise ResultsError("bulwark_merge: these runs are not slices of one:\n" + "\n".join(faults))
    # A run's name tells when it was made; its date, from which ages count, is that of its slices.
    run, sequence = store.begin(now)
    run.write("run.json", _about(slices, run, sequence))
    for customer, parts in _by_customer(slices).items():
        run.write_customer(_customer(customer, run, sequence, parts))
    for each in slices:
        for target in each.about["targeted"]:
            run.copy_host(each.run, target["customer"], target["host"])
    return run


def _slice(folder: Path) -> Slice:
    run = Run(folder.expanduser().resolve())
    try:
        about = run_document(run)
    except Unusable as error:
        raise ResultsError("bulwark_merge: %s: run.json %s" % (folder, error)) from None
    if about.get("state") != "complete" or not run.sealed:
        raise ResultsError("bulwark_merge: %s: the run was not completed" % folder)
    try:
        manifest = load(run.folder / MANIFEST, MANIFEST_SCHEMA)
        for path, expected in sorted(manifest["files"].items()):
            if ".." in Path(path).parts or sha256(run.folder / path) != expected:
                raise ResultsError("bulwark_merge: %s: %s was changed since it was sealed" % (folder, path))
    except OSError as error:
        raise ResultsError("bulwark_merge: %s: a sealed file is missing: %s" % (folder, error.filename)) from None
    except (Unusable, KeyError, AttributeError):
        raise ResultsError("bulwark_merge: %s: %s is no manifest" % (folder, MANIFEST)) from None
    problems: dict[str, Problem] = {}
    customers = tuple(customer_documents(run, about, problems))
    if problems:
        path, problem = next(iter(problems.items()))
        raise ResultsError("bulwark_merge: %s %s" % (path, problem.reason))
    return Slice(run, about, customers, sha256(run.folder / MANIFEST))


def _faults(slices: list[Slice]) -> list[str]:
    """Return why the slices can't be one run, a line each."""
    if len(slices) < 2:
        return ["two runs are needed at least"]
    first, faults = slices[0], []
    seen: dict[tuple[str, str], str] = {}
    names = Counter(each.run.name for each in slices)
    faults += ["%s is named %d times" % (name, number) for name, number in names.items() if number > 1]
    for each in slices:
        name = each.run.name
        mine, theirs = (one.about.get("versions", {}).get("bulwark.msp") for one in (each, first))
        if mine != theirs:
            faults.append("%s was made by bulwark.msp %s, %s by %s" % (name, mine, first.run.name, theirs))
        if abs(_began(each) - _began(first)) > FARTHEST:
            faults.append("%s began %s, %s began %s: more than %d hours apart" % (
                name, each.about["began"], first.run.name, first.about["began"], FARTHEST.total_seconds() // 3600
            ))  # fmt: skip
        if _defaults(each) != _defaults(first):
            faults.append("%s and %s judge by different policies: their defaults differ" % (name, first.run.name))
        for target in each.about["targeted"]:
            place = (target["customer"], target["host"])
            if seen.setdefault(place, name) != name:
                faults.append("%s: host %s is in %s too" % (name, target["host"], seen[place]))
    return faults + _other_policies(slices)


def _other_policies(slices: list[Slice]) -> list[str]:
    """Name the slices that judge a customer by policies of which no other slice of the customer has any.

    Hosts of one customer may have several policies, and a slice needn't hold a host of each.
    """
    policies: dict[str, list[tuple[str, set[str]]]] = {}
    for each in slices:
        used: dict[str, set[str]] = {}
        for target in each.about["targeted"]:
            used.setdefault(target["customer"], set()).add(target["policy"])
        for customer, keys in used.items():
            policies.setdefault(customer, []).append((each.run.name, keys))
    faults = []
    for customer, parts in sorted(policies.items()):
        for name, keys in parts[1:]:
            if not keys & parts[0][1]:
                text = "%s and %s judge customer %s by different policies (%s, %s)"
                faults.append(text % (name, parts[0][0], customer, min(keys), min(parts[0][1])))
    return faults


def _began(each: Slice) -> datetime:
    try:
        return datetime.strptime(str(each.about.get("began")), TIME).replace(tzinfo=timezone.utc)
    except ValueError:
        raise ResultsError("bulwark_merge: %s: run.json has no usable began" % each.run.folder) from None


def _defaults(each: Slice) -> dict[str, Any]:
    return {
        name: (entry["default"], entry.get("origin"))
        for policy in each.about["policies"].values()
        for name, entry in policy.items()
    }


def _about(slices: list[Slice], run: Run, sequence: int) -> dict[str, Any]:
    """Return run.json of the merged run."""
    abouts = [each.about for each in slices]
    targeted = [target for about in abouts for target in about["targeted"]]
    places = {(target["customer"], target["host"]) for target in targeted}
    left = {(place["customer"], place["host"]) for about in abouts for place in about.get("not_targeted", ())} - places
    judged = sorted({control for about in abouts for control in about["controls"]["judged"]})
    known = dict.fromkeys(control for about in abouts for control in about["controls"]["left_out"])
    return {
        **abouts[0],
        "run": run.name,
        "sequence": sequence,
        "state": "running",
        "merged": [{"run": each.run.name, "manifest": each.manifest} for each in slices],
        "began": min(about["began"] for about in abouts),
        "ended": None,
        "date": max(about["date"] for about in abouts),
        "targeted": targeted,
        "not_targeted": [{"host": host, "customer": customer} for customer, host in sorted(left)],
        "policies": {key: policy for about in abouts for key, policy in about["policies"].items()},
        "evidence": _evidence(abouts),
        "signing": _signing(abouts),
        "controls": {
            "judged": judged,
            "left_out": [control for control in known if control not in judged],
            "planned": abouts[0]["controls"]["planned"],
        },
        "warnings": list(dict.fromkeys(warning for about in abouts for warning in about["warnings"])),
        "coverage": None,
        "totals": None,
        "reasons": None,
    }


def _evidence(abouts: list[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the folders with each customer's records that any slice names."""
    made: dict[str, set[str]] = {}
    for about in abouts:
        for customer, folders in about.get("evidence", {}).items():
            made.setdefault(customer, set()).update(folders)
    return {customer: sorted(folders) for customer, folders in sorted(made.items())}


def _signing(abouts: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what all slices say about each customer's signatures."""
    made: dict[str, Signing] = {}
    for about in abouts:
        for customer, told in about.get("signing", {}).items():
            one = made.setdefault(customer, Signing())
            made[customer] = Signing(
                one.signers | {*told["signers"]}, one.files | {*told["files"]}, one.required or told["required"]
            )
    return {customer: signing.told() for customer, signing in sorted(made.items())}


def _by_customer(slices: list[Slice]) -> dict[str, list[Mapping[str, Any]]]:
    made: dict[str, list[Mapping[str, Any]]] = {}
    for each in slices:
        for document in each.customers:
            made.setdefault(document["customer"], []).append(document)
    return made


def _customer(customer: str, run: Run, sequence: int, parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a customer's document whose registers hold every entry of the slices once."""
    merged: dict[str, dict[str, Any]] = {}
    for part in parts:
        for name, entries in part["registers"].items():
            for entry in entries:
                merged.setdefault(name, {}).setdefault(json.dumps(entry, sort_keys=True), entry)
    registers = {name: list(entries.values()) for name, entries in merged.items()}
    required = any(part.get("signatures_required") for part in parts)
    return customer_document(customer, run, sequence, registers, signed_files.merged(parts), required)
