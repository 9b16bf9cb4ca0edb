# SPDX-License-Identifier: GPL-3.0-or-later
"""Result files as they are met years later: each is checked before it is used, and left out with its name if damaged.

Schemas in docs/schemas say what a file should be; here stands what the report depends on, so that a truncated, empty,
foreign or newer file becomes a Problem and never a traceback.
"""

from __future__ import annotations

import glob
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ..declared.signatures import STATES as SIGNED_STATES
from ..enforce.record.record import OUTCOMES, STATES
from ..enforce.record.record import SCHEMA as ENFORCEMENT_SCHEMA
from ..fleet.links import KINDS, Link
from ..results import ResultsError, Run, encoded
from ..runs.begin import CUSTOMER_SCHEMA
from ..runs.begin import SCHEMA as RUN_SCHEMA
from ..runs.closing import FLEET_SCHEMA
from ..runs.finding import SEVERITIES, STATUSES
from ..runs.judging import SCHEMA as HOST_SCHEMA
from .shapes import Problem

#: No result of ours comes near; a larger file is somebody's mistake or attack.
LARGEST = 64 * 1024 * 1024
TEXTS = ("control", "section", "title", "expected", "reason", "responsible", "fingerprint", "found", "observed_at")
LISTS = ("advisory", "actual", "evidence")
WAIVER_TEXTS = ("kind", "owner", "reason", "expires")


class Unusable(ResultsError):
    """A result file can't be used; the text says why."""


def load(path: Path, schema: str) -> dict[str, Any]:
    """Return a document of this schema; raises Unusable."""
    try:
        if path.stat().st_size > LARGEST:
            raise Unusable("is larger than any result, %d bytes" % path.stat().st_size)
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Unusable("can't be read: %s" % (error.strerror or error)) from None
    except (ValueError, RecursionError):
        empty = path.stat().st_size == 0
        raise Unusable("is empty" if empty else "is no whole JSON; it was cut off or overwritten") from None
    if not isinstance(document, dict) or not isinstance(document.get("schema"), str):
        raise Unusable("is no result of this collection")
    if document["schema"] != schema:
        raise Unusable(_other_schema(document["schema"], schema))
    return document


def _other_schema(found: str, known: str) -> str:
    kind, _slash, version = found.rpartition("/")
    ours, _slash, number = known.rpartition("/")
    if kind == ours and version.isdecimal() and int(version[:9]) > int(number):
        return "has schema %s, newer than this version reads (%s)" % (found[:60], known)
    return "has schema %r, not %s" % (found[:60], known)


def about_run(run: Run) -> dict[str, Any]:
    """Return run.json of a run that can't be left out; raises ResultsError that names the file."""
    try:
        return run_document(run)
    except Unusable as error:
        raise ResultsError("%s %s" % (run.folder / "run.json", error)) from None


def run_document(run: Run) -> dict[str, Any]:
    """Return run.json; raises Unusable where anything that the report depends on is missing."""
    about = load(run.folder / "run.json", RUN_SCHEMA)
    _need(about.get("run") == run.name, "tells of another run, %r" % str(about.get("run"))[:40])
    _need(isinstance(about.get("sequence"), int), "has no usable sequence")
    _day(about.get("date"), "date")
    _need(isinstance(about.get("targeted"), list) and all(map(_is_target, about["targeted"])), "has no usable targeted")
    _need(_is_policies(about.get("policies")), "has no usable policies")
    controls = about.get("controls")
    _need(isinstance(controls, Mapping) and all(_is_texts(controls.get(key)) for key in ("judged", "left_out")),
          "has no usable controls")  # fmt: skip
    hosts = about.get("not_targeted", [])
    _need(isinstance(hosts, list) and all(_is_place(host) for host in hosts), "has no usable not_targeted")
    _need(_is_texts(about.get("warnings")), "has no usable warnings")
    merged = about.get("merged", [])
    _need(isinstance(merged, list) and all(isinstance(part, Mapping) and isinstance(part.get("run"), str)
                                           for part in merged), "has no usable merged")  # fmt: skip
    return about


def own_runs(about: Mapping[str, Any]) -> set[str]:
    """Return the runs whose files may lie in this one: itself, and those that were merged into it."""
    return {about["run"], *(part["run"] for part in about.get("merged", ()))}


def host_documents(
    run: Run, about: Mapping[str, Any], problems: dict[str, Problem], customer: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the usable host results, of one customer or all, in the order of their paths.

    What was left out is added to `problems`, by path.
    """
    yield from _of_hosts(run, about, problems, customer, "hosts", run.host_file, load_host)


def enforcement_documents(
    run: Run, about: Mapping[str, Any], problems: dict[str, Problem], customer: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield what enforcement did to each host, as host_documents does; nothing for a run that enforced nothing."""
    yield from _of_hosts(run, about, problems, customer, "enforcement", run.enforcement_file, load_enforcement)


def _of_hosts(
    run: Run, about: Mapping[str, Any], problems: dict[str, Problem], customer: str | None, folder: str,
    file_of: Callable[[str, str], Path], read: Callable[[Path], dict[str, Any]],
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Yield the usable documents of a folder that has one for each host."""
    runs = own_runs(about)
    targeted = {file_of(target["customer"], target["host"]) for target in about["targeted"]}
    name = "*" if customer is None else glob.escape(encoded(customer))
    for path in sorted(run.folder.glob("%s/%s/*.json" % (folder, name))):
        try:
            document = read(path)
            _need(document["run"] in runs, "belongs to another run, %s" % document["run"][:40])
            _need(file_of(document["customer"], document["host"]) == path, "tells of another host than its name")
            _need(path in targeted, "tells of a host that the run did not target")
        except (Unusable, ResultsError) as error:
            _add(problems, run, path, str(error))
        else:
            yield document


def customer_documents(
    run: Run, about: Mapping[str, Any], problems: dict[str, Problem], customer: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the usable documents of one customer or all, as host_documents does."""
    runs = own_runs(about)
    name = "*" if customer is None else glob.escape(encoded(customer))
    for path in sorted(run.folder.glob("customers/%s.json" % name)):
        try:
            document = load(path, CUSTOMER_SCHEMA)
            _need(str(document.get("run")) in runs, "belongs to another run")
            _need(isinstance(document.get("customer"), str) and run.customer_file(document["customer"]) == path,
                  "tells of another customer than its name")  # fmt: skip
            _need(_is_registers(document.get("registers")), "has no usable registers")
            files = document.get("signed_files", [])
            _need(isinstance(files, list) and all(map(_is_signed_file, files)), "has no usable signed_files")
            _need(isinstance(document.get("findings"), list), "has no usable findings")
            for finding in document["findings"]:
                check_finding(finding)
        except (Unusable, ResultsError) as error:
            _add(problems, run, path, str(error))
        else:
            yield document


def fleet_findings(run: Run, problems: dict[str, Problem]) -> dict[str, dict[str, Any]]:
    """Return the findings of fleet.json by their fingerprints; none where it can't be used, and `problems` says why."""
    path = run.folder / "fleet.json"
    try:
        document = load(path, FLEET_SCHEMA)
        _need(document.get("run") == run.name, "belongs to another run")
        _need(isinstance(document.get("findings"), list), "has no usable findings")
        for finding in document["findings"]:
            check_finding(finding)
            _need(all(_is_texts(finding.get(key)) for key in ("hosts", "customers")), "has a finding of nobody")
    except Unusable as error:
        _add(problems, run, path, str(error))
        return {}
    return {finding["fingerprint"]: finding for finding in document["findings"]}


def _add(problems: dict[str, Problem], run: Run, path: Path, reason: str) -> None:
    name = "%s/%s" % (run.name, path.relative_to(run.folder))
    problems.setdefault(name, Problem(name, reason))


def load_host(path: Path) -> dict[str, Any]:
    """Return a host's result; raises Unusable where anything that the report depends on is missing."""
    document = load(path, HOST_SCHEMA)
    for key in ("run", "host", "customer", "collected_at"):
        _need(isinstance(document.get(key), str), "has no usable %s" % key)
    platform, identity = document.get("platform"), document.get("identity")
    _need(isinstance(platform, Mapping) and all(isinstance(platform.get(key), str) for key in ("system", "family")),
          "has no usable platform")  # fmt: skip
    _need(isinstance(identity, Mapping) and isinstance(identity.get("account"), str), "has no usable identity")
    seconds = document.get("seconds", "")
    _need(seconds is None or isinstance(seconds, (int, float)), "has no usable seconds")
    errors = document.get("errors")
    _need(isinstance(errors, list) and all(_is_error(error) for error in errors), "has no usable errors")
    _need(_is_links(document.get("links")), "has no usable links")
    findings = document.get("findings")
    _need(isinstance(findings, list), "has no usable findings")
    seen: set[str] = set()
    for finding in findings or ():
        check_finding(finding)
        _need(finding["control"] not in seen, "has two findings of %s" % finding["control"][:60])
        seen.add(finding["control"])
    return document


def load_enforcement(path: Path) -> dict[str, Any]:
    """Return what enforcement did to a host; raises Unusable where anything that the report depends on is missing."""
    document = load(path, ENFORCEMENT_SCHEMA)
    for key in ("run", "host", "customer", "reason"):
        _need(isinstance(document.get(key), str), "has no usable %s" % key)
    _need(isinstance(document.get("check"), bool), "has no usable check")
    _need(document.get("outcome") in OUTCOMES, "has no usable outcome")
    seconds = document.get("seconds", "")
    _need(seconds is None or isinstance(seconds, (int, float)), "has no usable seconds")
    controls = document.get("controls")
    _need(isinstance(controls, Mapping) and all(map(_is_enforced, controls.values())), "has no usable controls")
    return document


def check_finding(finding: Any) -> None:
    """Check what the report depends on in a finding; raises Unusable."""
    _need(isinstance(finding, Mapping), "has a finding that is none")
    wrong = [key for key in TEXTS if not isinstance(finding.get(key), str)]
    wrong += [key for key in LISTS if not _is_texts(finding.get(key))]
    wrong += [key for key in ("severity", "effective_severity") if finding.get(key) not in SEVERITIES]
    wrong += ["status"] if finding.get("status") not in STATUSES else []
    wrong += ["contract_reference"] if not isinstance(finding.get("contract_reference", ""), str) else []
    wrong += ["signature"] if "signature" in finding and not _is_signature(finding["signature"]) else []
    wrong += ["caused_by"] if not isinstance(finding.get("caused_by", ""), str) else []
    wrong += ["assurance"] if not isinstance(finding.get("assurance", 0), (str, type(None))) else []
    _need(not wrong, "has a finding without a usable %s" % ", ".join(wrong))
    if finding["status"] == "waived":
        waiver = finding.get("waiver")
        _need(isinstance(waiver, Mapping) and all(isinstance(waiver.get(key), str) for key in WAIVER_TEXTS),
              "has a waived finding without a usable waiver")  # fmt: skip
        _day(finding["waiver"]["expires"], "expires")
        _need("signature" not in finding["waiver"] or _is_signature(finding["waiver"]["signature"]),
              "has a waiver without a usable signature")  # fmt: skip


def _need(right: bool, otherwise: str) -> None:
    if not right:
        raise Unusable(otherwise)


def _day(value: Any, key: str) -> None:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        raise Unusable("has no usable %s" % key) from None


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_place(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(value.get(key), str) for key in ("host", "customer"))


def _is_target(value: Any) -> bool:
    return _is_place(value) and isinstance(value.get("policy"), str) and _is_platform(value.get("other_platform"))


def _is_platform(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_enforced(value: Any) -> bool:
    """Say whether it is one control of an enforcement document."""
    return (
        isinstance(value, Mapping)
        and value.get("state") in STATES
        and isinstance(value.get("reason"), str)
        and all(value.get(key, "") in (None, *STATUSES) for key in ("before", "after"))
        and isinstance(value.get("tasks"), list)
        and all(map(_is_task, value["tasks"]))
    )


def _is_task(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("task"), str)
        and isinstance(value.get("changes"), list)
        and all(
            isinstance(change, Mapping)
            and all(isinstance(change.get(key), str) for key in ("kind", "name"))
            and isinstance(change.get("diff", 0), (str, type(None)))
            and isinstance(change.get("masked"), bool)
            for change in value["changes"]
        )
    )


def _is_links(value: Any) -> bool:
    if not isinstance(value, Mapping) or not value:
        return value == {}
    entries, unread = value.get("entries"), value.get("unread")
    return (
        isinstance(value.get("key"), str)
        and isinstance(entries, list)
        and all(map(_is_link, entries))
        and isinstance(unread, Mapping)
        and all(isinstance(reason, str) for reason in unread.values())
        and isinstance(value.get("points", {}), Mapping)
        and all(map(_is_point, value.get("points", {}).values()))
    )


def _is_point(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("times"), list)
        and all(isinstance(time, str) for time in value["times"])
        and isinstance(value.get("rpo"), (int, float))
        and isinstance(value.get("unread", 0), (str, type(None)))
    )


def _is_link(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and set(value) == set(Link._fields)
        and value["kind"] in KINDS
        and all(isinstance(value[key], str) for key in ("print", "mark", "name"))
        and all(isinstance(value[key], (str, type(None))) for key in ("account", "party"))
    )


def _is_policies(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(policy, Mapping)
        and all(isinstance(entry, Mapping) and {"value", "default"} <= set(entry) for entry in policy.values())
        for policy in value.values()
    )


def _is_registers(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(entries, list) and all(isinstance(entry, (Mapping, str)) for entry in entries)
        for entries in value.values()
    )


def _is_signature(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and value.get("state") in SIGNED_STATES
        and all(isinstance(value.get(key), str) for key in ("signer", "party", "key", "reason"))
    )


def _is_signed_file(value: Any) -> bool:
    return (
        _is_signature(value)
        and isinstance(value.get("file"), str)
        and isinstance(value.get("entries"), Mapping)
        and all(map(_is_texts, value["entries"].values()))
    )


def _is_error(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("reason"), str)
        and all(isinstance(value.get(key), (str, type(None))) for key in ("area", "fact"))
    )
