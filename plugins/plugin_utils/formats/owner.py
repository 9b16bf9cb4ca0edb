# SPDX-License-Identifier: GPL-3.0-or-later
"""The owner's view: the five things that owners of small firms were told to ask about, and questions to put.

When the advisory came out, the press summed it up for such owners in five points. Each of its twelve sections belongs
to exactly one of them here, so that nothing that was found is missing on the owner's page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..drift.shapes import Action, Standing, View
from .glance import failing, severities, total
from .wording import joined, number_of, party


@dataclass(frozen=True)
class Theme:
    """One of the five. sections: by role; asks: what to ask where nothing was looked at."""

    title: str
    means: str
    asks: str
    sections: tuple[str, ...]


THEMES = (
    Theme(
        "Keeping attackers out",
        "Doors to the internet are few, updated and hard to guess open; old accounts and machines are gone.",
        "What of ours can be reached from the internet, and how soon after release do you install updates?",
        ("initial_access", "segregation", "obsolete_accounts", "patching"),
    ),
    Theme(
        "Watching, and keeping logs for six months",
        "Somebody would notice a break-in, and half a year of records tells what happened.",
        "Who watches our systems, and can you show us a log entry that is six months old?",
        ("logging",),
    ),
    Theme(
        "Remote access and the second factor",
        "Nobody, the provider included, comes in with a password alone or holds more rights than the work needs.",
        "Which of your people can log in to our systems, and does each of them need a second factor?",
        ("mfa", "authentication", "least_privilege"),
    ),
    Theme(
        "Plans for the bad day, and backups that come back",
        "Everybody knows whom to call, and a backup has been restored as a test.",
        "When was our last restore tested, and may we see the plan for an incident?",
        ("incident_response", "backups"),
    ),
    Theme(
        "The supply chain and the contract",
        "It is written down who is responsible for what, and which other firms are involved.",
        "Which other firms and tools do you use for us, and where does our contract say who is responsible for what?",
        ("supply_chain", "transparency"),
    ),
)
#: A page that an owner reads at a sitting: questions for each of the five.
MOST_QUESTIONS = 4
STATES = {
    "critical": ("Needs work now", "bad"),
    "high": ("Needs work now", "bad"),
    "medium": ("Needs work", "warn"),
    "low": ("Needs work", "warn"),
    "unknown": ("Not known", "unknown"),
    "pass": ("In order where we looked", "good"),
    "unseen": ("Nobody looked yet", "unknown"),
}
ORDER = tuple(STATES)


@dataclass(frozen=True)
class Answered:
    """A theme with what was found. own: what the customer has to do. more: questions that found no room."""

    theme: Theme
    state: str
    tone: str
    found: str
    questions: tuple[str, ...]
    own: tuple[str, ...]
    more: int


def answered(view: View) -> list[Answered]:
    """Return the five, in the order in which the press told them."""
    return [_answer(theme, view) for theme in THEMES]


def _answer(theme: Theme, view: View) -> Answered:
    standings = [standing for standing in view.sections if standing.id in theme.sections]
    actions = [action for action in view.actions if action.section in theme.sections]
    worst = min((standing.worst for standing in standings), key=ORDER.index, default="unseen")
    state, tone = STATES[worst]
    questions = list(_questions(theme, view, standings, actions))
    own = tuple("%s (%s)" % (action.title, _where(action)) for action in actions if action.responsible == "customer")
    more = max(0, len(questions) - MOST_QUESTIONS)
    return Answered(theme, state, tone, _found(standings, actions), tuple(questions[:MOST_QUESTIONS]), own, more)


def _found(standings: list[Standing], actions: list[Action]) -> str:
    status = total(standing.status for standing in standings)
    hosts = {place for action in actions for place in action.hosts}
    fails = severities(failing(standings))
    parts = ["%s checks fail, on %s" % (fails, number_of(len(hosts), "computer"))] if fails else []
    parts += [number_of(status["pass"], "check passes", "checks pass")] if status.get("pass") else []
    parts += [number_of(status["unknown"], "check is", "checks are") + " undecided"] if status.get("unknown") else []
    parts += [number_of(status["waived"], "exception")] if status.get("waived") else []
    if not parts:
        return "Nothing was checked here, so this report can't say that it is in order."
    unread = [standing.heading for standing in standings if standing.worst == "unseen"]
    rest = " Nobody looked at: %s." % joined(unread) if unread else ""
    return joined(parts) + "." + rest


def _questions(theme: Theme, view: View, standings: list[Standing], actions: list[Action]) -> Iterator[str]:
    yield from (question for question in map(_question, actions) if question)
    for finding in view.findings:
        if finding["section"] in theme.sections and finding["status"] in ("not_attested", "stale"):
            state = "no record" if finding["status"] == "not_attested" else "only an old record"
            yield "There is %s that shows this: \u201c%s\u201d. When do we get it?" % (state, finding["title"])
    unknown = sum(standing.status.get("unknown", 0) for standing in standings)
    if unknown:
        yield "%s could not be decided. What do you need from us so that you can look?" % number_of(unknown, "check")
    if any(standing.worst == "unseen" for standing in standings):
        yield theme.asks


def _question(action: Action) -> str:
    title = "\u201c%s\u201d" % action.title
    where = _where(action)
    age = " It has been open for %s." % number_of(action.oldest_days, "day") if action.oldest_days else ""
    if action.responsible == "nobody":
        return "This is not so on %s: %s. Nobody was named for it: is it yours to mend, or ours?%s" % (where, title, age)
    if action.responsible == "customer":
        return ""
    if action.responsible == "both":
        return "This is not so on %s: %s. Which part do you mend, and which do we?%s" % (where, title, age)
    who = "you" if action.responsible.startswith("msp:") else party(action.responsible, True)
    return "This is not so on %s: %s. When will it be mended, and by whom at %s?%s" % (where, title, _at(who), age)


def _at(who: str) -> str:
    return "your firm" if who == "you" else who


def _where(action: Action) -> str:
    names = [host for _, host in action.hosts[:3]]
    if not names:
        return "our records"
    return joined(names) if len(action.hosts) <= 3 else number_of(len(action.hosts), "computer")
