# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether files give more rights than the distribution means them to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...evaluators.deep import at_path, deep, named
from ...evaluators.verdict import Case, Item, Judges, Verdict, verdict

JUDGES = Judges()


@JUDGES.of("lin-lp-suid-baseline")
def suid_baseline(case: Case) -> Verdict:
    """Setuid, setgid and capabilities are those of the baseline, and the system is not for everybody to write to."""
    reading = deep(case, "rights", "writable")
    baseline: dict[str, set[str]] = {}
    for entry in (*case.policy["bulwark_setuid_files"], *case.policy["bulwark_setuid_accepted"]):
        right, _blank, pattern = entry.partition(" ")
        baseline.setdefault(pattern, set()).add(right)
    accepted = set(case.policy["bulwark_writable_paths"])
    wrong = [found for file in reading.found("rights") for found in _beyond(file, baseline)]
    wrong += [
        at_path(one, "everybody may write to the %s %s%s" % (one["kind"], named(one), _shipped(one)), "writable")
        for one in reading.found("writable")
        if not accepted & set(one["places"])
    ]
    return verdict(
        "setuid and setgid files and file capabilities are those of bulwark_setuid_files and "
        "bulwark_setuid_accepted, and nobody but owner and group may write to the system's files",
        wrong, reading.unread, reading.evidence, aged=reading.aged,
    )  # fmt: skip


def _beyond(file: Mapping[str, Any], baseline: Mapping[str, set[str]]) -> Iterable[Item]:
    granted = {right for pattern in file["places"] for right in baseline.get(pattern, ())}
    extra = [right for right in file["rights"] if right not in granted]
    if extra:
        rights = ", ".join(extra)
        text = "%s has %s, which bulwark_setuid_files doesn't give it%s" % (named(file), rights, _shipped(file))
        yield at_path(file, text, rights)


def _shipped(entry: Mapping[str, Any]) -> str:
    return "" if entry["package"] is None else " (a file of the package %s)" % entry["package"]
