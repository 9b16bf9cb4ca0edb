# SPDX-License-Identifier: GPL-3.0-or-later
"""The deep reading as judges go by it: whether there is one that counts, and how what it found is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from ..declared.moments import as_date
from .facts import AreaFacts, Unread
from .verdict import Case, Item, item

ASK = "audit the host once with bulwark_deep=true"


class Deep(NamedTuple):
    """What there is to go by. facts: None where nothing is. unread, aged: why it is not all, or too old."""

    facts: AreaFacts | None = None
    unread: tuple[str, ...] = ()
    aged: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()

    def found(self, name: str) -> Sequence[Mapping[str, Any]]:
        """Return one of the reading's lists, empty where there is nothing to go by; raises Unread."""
        return self.facts[name] if self.facts is not None else ()


def deep(case: Case, *collectors: str) -> Deep:
    """Return the last deep reading; `collectors` are those whose bounds matter to the judge."""
    facts, days = case.facts["deep"], case.policy["bulwark_deep_days"]
    try:
        at = facts["at"]
    except Unread as reason:
        return Deep(unread=("the deep reading: %s" % reason,))
    if at is None:
        return Deep(unread=("there is no deep reading of the host's disks; %s" % ASK,))
    try:
        day = as_date(at) or date.max
    except ValueError:
        day = date.max
    if (day - case.today).days > 1:
        return Deep(unread=("the deep reading has no day that can be right; %s" % ASK,))
    evidence = ("deep reading of %s, kept on the host: %d files and folders" % (day, facts["entries"]),)
    if (case.today - day).days > days:
        return Deep(None, (), ("the deep reading is of %s, older than bulwark_deep_days (%d); %s" % (day, days, ASK),),
                    evidence)  # fmt: skip
    return Deep(facts, tuple(_gaps(facts, collectors)), (), evidence)


def _gaps(facts: AreaFacts, collectors: Sequence[str]) -> list[str]:
    causes: dict[str, list[str]] = {}
    for part in facts["unfinished"]:
        causes.setdefault(part["why"], []).append(part["place"])
    said = {"the time was up": "the time was up (bulwark_deep_seconds)"}
    return [
        "the deep reading did not see all of %s: %s" % (", ".join(dict.fromkeys(places)), said.get(why, why))
        for why, places in causes.items()
    ] + [
        "the deep reading found more than it keeps (%s: %d more)" % (name, facts["dropped"][name])
        for name in collectors
        if name in facts["dropped"]
    ]


def named(entry: Mapping[str, Any]) -> str:
    """Return where something lies: its path, or with masked names how to find it on the host."""
    if "*" not in entry["place"]:
        return str(entry["place"])
    return "%s (find %s -inum %d)" % (entry["place"], entry["below"], entry["inode"])


def at_path(entry: Mapping[str, Any], text: str, more: str = "") -> Item:
    """Return the item of something at a path; `more`: what else makes it another thing than before."""
    identity = entry["place"] if "*" not in entry["place"] else "%s inode %d" % (entry["place"], entry["inode"])
    return item(("%s %s" % (identity, more)).strip(), text)
