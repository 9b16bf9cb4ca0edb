# SPDX-License-Identifier: GPL-3.0-or-later
"""What enforcement did to the hosts of a view, or in check mode would do, gathered from its documents."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..catalogue.catalogue import Catalogue
from ..enforce.record.record import OUTCOMES, STATES
from .index import CLOSED
from .shapes import EnforcedControl, EnforcedHost, Enforcement

#: Tasks of one control that a page names.
MOST_TASKS = 12
Place = tuple[str, str]


@dataclass
class _Control:
    states: Counter[str] = field(default_factory=Counter)
    mended: int = 0
    tasks: dict[str, None] = field(default_factory=dict)
    reasons: defaultdict[tuple[str, str], list[Place]] = field(default_factory=lambda: defaultdict(list))


class Enforcing:
    """Gathers one view while the documents stream by."""

    def __init__(self) -> None:
        self._hosts: list[EnforcedHost] = []
        self._controls: dict[str, _Control] = {}
        self._check = True

    def add(self, document: Mapping[str, Any]) -> None:
        """Add a host's checked document."""
        customer, host = document["customer"], document["host"]
        states: Counter[str] = Counter()
        mended = 0
        for id_, entry in document["controls"].items():
            control = self._controls.setdefault(id_, _Control())
            states[entry["state"]] += 1
            control.states[entry["state"]] += 1
            if is_mended(entry):
                mended += 1
                control.mended += 1
            control.tasks.update(dict.fromkeys(task["task"] for task in entry["tasks"]))
            if entry["reason"]:
                control.reasons[(entry["state"], entry["reason"])].append((customer, host))
        self._check &= document["check"]
        self._hosts.append(
            EnforcedHost(customer, host, document["outcome"], document["reason"], document["seconds"], states, mended)
        )

    def made(self, catalogue: Catalogue) -> Enforcement | None:
        """Return what was gathered, None where there was no document."""
        if not self._hosts:
            return None
        hosts = sorted(self._hosts, key=lambda each: (-OUTCOMES.index(each.outcome), each.customer, each.host))
        return Enforcement(
            check=self._check,
            line=_sentence(hosts, self._check),
            outcomes=dict(Counter(each.outcome for each in hosts)),
            hosts=tuple(hosts),
            controls=tuple(_control(id_, each, catalogue) for id_, each in sorted(self._controls.items())),
        )


def is_mended(entry: Mapping[str, Any]) -> bool:
    """Say whether a control of a document was changed and is in order since."""
    return entry["state"] == "changed" and entry["before"] not in CLOSED and entry["after"] in CLOSED


def _control(id_: str, each: _Control, catalogue: Catalogue) -> EnforcedControl:
    known = catalogue.controls.get(id_)
    reasons = sorted(each.reasons.items(), key=lambda item: (-len(item[1]), -STATES.index(item[0][0]), item[0][1]))
    return EnforcedControl(
        control=id_,
        title=known.title if known else id_,
        states=dict(each.states),
        mended=each.mended,
        tasks=tuple(each.tasks)[:MOST_TASKS],
        reasons=tuple((state, reason, tuple(sorted(places))) for (state, reason), places in reasons),
    )


def _sentence(hosts: list[EnforcedHost], check: bool) -> str:
    """Return what was done in one sentence, such as
    "12 failing controls changed on 4 of 6 hosts, 11 mended; 2 left as they are.".
    """
    states: Counter[str] = Counter()
    for host in hosts:
        states.update(host.states)
    state = "would_change" if check else "changed"
    touched = sum(bool(host.states.get(state)) for host in hosts)
    if not states[state]:
        parts = ["Nothing %s on %s" % ("would change" if check else "was changed", _number(len(hosts), "host"))]
    elif check:
        parts = ["%s would change on %d of %s" % (_number(states[state], "failing control"), touched, _hosts(hosts))]
    else:
        mended = sum(host.mended for host in hosts)
        parts = ["%s changed on %d of %s, %d mended" % (
            _number(states[state], "failing control"), touched, _hosts(hosts), mended)]  # fmt: skip
    parts += ["%d %s" % (states[name], words) for name, words in _OTHERS if states[name]]
    outcomes = Counter(host.outcome for host in hosts)
    parts += ["%s %s" % (_number(outcomes[name], "host"), words) for name, words in _ENDS if outcomes[name]]
    return "; ".join(parts) + "."


_OTHERS = (("left", "left as they are"), ("refused", "refused"))
_ENDS = (("reverted", "put back as before"), ("failed", "failed"))


def _hosts(hosts: list[EnforcedHost]) -> str:
    return _number(len(hosts), "host")


def _number(count: int, word: str) -> str:
    return "%d %s%s" % (count, word, "" if count == 1 else "s")
