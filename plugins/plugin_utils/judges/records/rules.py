# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules by name, and the judgement of a record by those of its kind.

A rule is a pure function of a RecordCase that yields what breaks it. It need not handle what is missing beside the
record: Unread and Undeclared make it unknown with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from ...declared.registers import Undeclared
from ...declared.signatures import BROKEN
from ...evaluators.facts import Unread
from ...evaluators.verdict import Assurance, Item, Verdict, item, verdict
from ...records.kinds.all import KINDS
from .case import RecordCase

Check = Callable[[RecordCase], Iterable[Item]]


class Rule(NamedTuple):
    """One rule. text: what has to hold. variables: policy and registers it goes by. aged: breaking it is `stale`.

    alone: it looks at nothing of the record, and is told where there is none.
    """

    id: str
    text: str
    check: Check
    variables: tuple[str, ...] = ()
    aged: bool = False
    alone: bool = False


class Rules(dict[str, list[Rule]]):
    """The rules of one section's records by their kind, in the order in which they are told."""

    def of(
        self, kind: str, id_: str, text: str, *variables: str, aged: bool = False, alone: bool = False
    ) -> Callable[[Check], Check]:
        """Register the decorated function as a rule of `kind`; raises ValueError where it has one of that name."""

        def register(check: Check) -> Check:
            if id_ in (rule.id for rule in self.get(kind, ())):
                raise ValueError("%s has two rules %s" % (kind, id_))
            self.setdefault(kind, []).append(Rule(id_, text, check, variables, aged, alone))
            return check

        return register

    def recent(self, kind: str, variable: str) -> None:
        """Have the records of a kind be written anew within a threshold in days."""

        def check(case: RecordCase) -> Iterator[Item]:
            return case.old("the record", case.record["date"], variable)

        self.of(kind, "recent", "The record is not older than %s." % variable, variable, aged=True)(check)


def approved(case: RecordCase) -> Iterator[Item]:
    """Yield that nobody approved the record, or an earlier version of it only."""
    approval = case.record.get("approved_by")
    if approval is None:
        yield item("nobody", "nobody approved it; set approved_by to name, party and on")
    elif approval["on"] < case.record["date"]:
        text = "it was approved on %s, before this version was written on %s"
        yield item("earlier", text % (approval["on"], case.record["date"]))


def reviewed(case: RecordCase) -> Iterator[Item]:
    """Yield that the record's next review is overdue."""
    if case.record["next_review"] < case.today.isoformat():
        yield item("overdue", "its review was due on %s" % case.record["next_review"])


def signature(case: RecordCase) -> Iterator[Item]:
    """Yield that the signature beside the record is not of what it says, or that one is lacking that is asked for."""
    found = case.signature
    if found is None:
        return
    if found.state in BROKEN:
        yield item(found.state, found.reason)
    elif case.to_be_signed and found.state == "not_checked":
        raise Unread(found.reason)
    elif case.to_be_signed and found.state != "customer":
        who = "by %s alone" % found.signer if found.signer else "not so: %s" % found.reason
        yield item(found.state, "the customer has to sign it (bulwark_require_signatures), and it is signed %s" % who)


APPROVED = Rule("approved", "Somebody approved this version of the record.", approved)
SIGNATURE = Rule(
    "signature",
    "A signature beside the record is of what it says; with bulwark_require_signatures it is there, the customer's.",
    signature,
)
REVIEWED = Rule("reviewed", "The day of the next review has not passed.", reviewed, aged=True)


def judged_by(kind: str, rules: Iterable[Rule], case: RecordCase, assurance: Assurance = "attested") -> Verdict:
    """Return what a record comes to by all of its rules; each that is broken is named before what breaks it."""
    rules = list(rules)
    wrong: list[Item] = []
    unread: list[str] = []
    aged: list[str] = []
    for rule in rules:
        try:
            found = list(rule.check(case))
        except (Unread, Undeclared) as reason:
            unread.append("%s: %s" % (rule.id, reason))
        except Exception as error:  # one rule that breaks must not hide the others
            unread.append("%s: the rule failed: %s: %s" % (rule.id, type(error).__name__, error))
        else:
            named = [told(rule, each) for each in found]
            if rule.aged:
                aged += [each.text for each in named]
            else:
                wrong += named
    return verdict(_expected(kind, rules, case), wrong, unread, _evidence(kind, case), assurance, aged=aged)


def told(rule: Rule, each: Item) -> Item:
    """Return what breaks a rule, under the rule's name."""
    return item("%s: %s" % (rule.id, each.identity), "%s: %s" % (rule.id, each.text))


def _expected(kind: str, rules: Iterable[Rule], case: RecordCase) -> str:
    """Return what has to hold, with the thresholds in force and where they come from."""
    names = dict.fromkeys(name for rule in rules for name in rule.variables if name in case.looser)
    told = ["%s %s (%s)" % (name, _short(case.bound(name)), case.policies[0][name]["origin"]) for name in names]
    return "%s%s." % (KINDS[kind].title, "; %s" % ", ".join(told) if told else "")


def _short(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _evidence(kind: str, case: RecordCase) -> list[str]:
    record = case.record
    told = "%s, version %s of %s, owner %s" % (kind, record["version"], record["date"], record["owner"])
    return [told, *([case.records.documents[kind]] if kind in case.records.documents else [])]
