# SPDX-License-Identifier: GPL-3.0-or-later
"""What PAM's rules come to for one account: conditions on it, and whether a module's refusal keeps it out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ...module_utils.ssh.match import glob_matches
from .facts import Facts
from .pam_stack import CODES, FAILURES, Node, Person, answers_of, conditions, entries, flatten, possible, search

ACCOUNT = "account"


def lines_of(facts: Facts, service: str, module: str) -> list[Node]:
    """Return the lines of a module in a service's account stack; raises Unread."""
    return [node for node in flatten(entries(facts, service, ACCOUNT)) if node.module == module]


def gets_through(
    facts: Facts, user: Mapping[str, Any], service: str, module: str, agrees: Callable[[Node], bool | None]
) -> bool | None:
    """Say whether an account passes a service's account stack where all but one module are willing.

    agrees: what a line of that module says to the account, None where that can't be told. Raises Unread.
    """
    nodes = flatten(entries(facts, service, ACCOUNT))

    def answers(node: Node, hopeful: bool) -> Collection[str]:
        if node.module == "pam_succeed_if":
            arguments = node.entry["args"]
            return answers_of([holds(condition, user, service, arguments) for condition in conditions(arguments)])
        if node.module != module or node.entry.get("present") is False:
            return possible(node, Person(service))
        answer = agrees(node)
        if answer is None:
            return CODES if hopeful else FAILURES
        return ("success",) if answer else FAILURES

    if search(nodes, lambda node: answers(node, False)) is not None:
        return True
    return None if search(nodes, lambda node: answers(node, True)) is not None else False


def holds(
    condition: tuple[str, str, str], user: Mapping[str, Any], service: str, arguments: Sequence[str]
) -> bool | None:
    """Say whether a condition of pam_succeed_if(8) holds for an account, None where that can't be known here."""
    left, relation, right = condition
    if left == "user" and relation in ("ingroup", "notingroup"):
        inside = not set(right.split(":")).isdisjoint(user["groups"])
        return inside if relation == "ingroup" else not inside
    values = {
        "service": service, "user": user["name"], "uid": user["uid"], "gid": user["gid"],
        "shell": user["shell"], "home": user["home"],
    }  # fmt: skip
    if left not in values or ("use_uid" in arguments and left != "service"):
        return None
    return _compared(values[left], relation, right)


def _compared(value: Any, relation: str, right: str) -> bool | None:
    text = str(value)
    if relation in ("lt", "le", "eq", "ge", "gt", "ne"):
        if not right.lstrip("-").isdigit() or not text.isdigit():
            return None
        low, same = int(text) < int(right), int(text) == int(right)
        return {"lt": low, "le": low or same, "eq": same, "ge": not low, "gt": not (low or same), "ne": not same}[
            relation
        ]
    truths: Mapping[str, Callable[[], bool]] = {
        "=": lambda: text == right,
        "!=": lambda: text != right,
        "=~": lambda: glob_matches(text, right),
        "!~": lambda: not glob_matches(text, right),
        "in": lambda: text in right.split(":"),
        "notin": lambda: text not in right.split(":"),
    }
    return truths[relation]() if relation in truths else None
