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
#: A sheet of paper that an owner reads at a sitting: questions for each of the five.
MOST_QUESTIONS = 3
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
    actions.sort(key=lambda action: action.responsible != "nobody")
    questions = list(_questions(theme, view, standings, actions))
    own = tuple(
        "%s (%s)" % (action.title, _where(action)[:1].lower() + _where(action)[1:])
        for action in actions
        if action.responsible == "customer"
    )
    more = max(0, len(questions) - MOST_QUESTIONS)
    return Answered(theme, state, tone, _found(standings, actions), tuple(questions[:MOST_QUESTIONS]), own, more)


def _found(standings: list[Standing], actions: list[Action]) -> str:
    status = total(standing.status for standing in standings)
    hosts = {place for action in actions for place in action.hosts if place[1]}
    parts = []
    fails = severities(failing(standings))
    if fails:
        parts.append("Failing: %s, on %s." % (fails, number_of(len(hosts), "computer")))
    counts = (("pass", "in order"), ("unknown", "undecided"), ("waived", "accepted for now"))
    rest = ["%d %s" % (status[name], words) for name, words in counts if status.get(name)]
    if rest:
        parts.append("%s checks: %s." % ("Other" if fails else "The", joined(rest)))
    if not parts:
        return "Nothing was checked here, so this report can't say that it is in order."
    if _mostly_unseen(standings):
        looked, known = (
            sum(part.controls for part in standings),
            sum(part.controls + part.planned for part in standings),
        )
        parts.append("That is %d of the %d points there are: most of this is not looked at yet." % (looked, known))
    unread = [standing.heading for standing in standings if standing.worst == "unseen"]
    if unread:
        parts.append("Not looked at: %s." % joined(unread))
    return " ".join(parts)


def _questions(theme: Theme, view: View, standings: list[Standing], actions: list[Action]) -> Iterator[str]:
    if _mostly_unseen(standings):
        yield theme.asks
    yield from (question for question in map(_question, actions) if question)
    for finding in view.findings:
        if finding["section"] in theme.sections and finding["status"] in ("not_attested", "stale"):
            state = "no record" if finding["status"] == "not_attested" else "only an old record"
            yield "There is %s that shows this: \u201c%s\u201d. When do we get it?" % (state, finding["title"])
    unknown = sum(standing.status.get("unknown", 0) for standing in standings)
    if unknown:
        yield "%s could not be decided. What do you need from us so that you can look?" % number_of(unknown, "check")


def _mostly_unseen(standings: list[Standing]) -> bool:
    """Say whether more is planned than judged, so that good results say little about the whole."""
    return sum(part.planned for part in standings) > sum(part.controls for part in standings)


def _question(action: Action) -> str:
    title = "%s this is not so: \u201c%s\u201d." % (_where(action), action.title)
    age = " It has been open for %s." % number_of(action.oldest_days, "day") if action.oldest_days else ""
    if action.responsible == "customer":
        return ""
    if action.responsible == "nobody":
        return title + age + " Nobody was named for it: is it yours to mend, or ours?"
    if action.responsible == "both":
        return title + age + " Which part do you mend, which do we, and by when?"
    if action.responsible.startswith("vendor:"):
        return title + age + " When does %s mend it, and who of you makes sure?" % party(action.responsible, True)
    return title + age + " When will it be mended, and by whom?"


def _where(action: Action) -> str:
    names = [host for _customer, host in action.hosts if host]
    if not names:
        return "In our records"
    return "On " + (joined(names) if len(names) <= 3 else number_of(len(names), "computer"))
