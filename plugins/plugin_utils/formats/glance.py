# SPDX-License-Identifier: GPL-3.0-or-later
"""The five questions that a page answers at first sight, each with its answer and a line that explains it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..drift.shapes import FINDING_CHANGED, Standing, View
from ..text import written_day
from .wording import LEVELS, joined, number_of, party


class Answer(NamedTuple):
    """tone: bad, warn, good or plain; the words say the same, so that nobody needs the colour."""

    question: str
    answer: str
    note: str
    tone: str


def answers(view: View) -> list[Answer]:
    """Return the answers for one page, in the order in which an owner asks."""
    return [_urgent(view), _who(view), _unseen(view), _better(view), _exceptions(view)]


def total(counts: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    """Return the sum of several counts."""
    together: Counter[str] = Counter()
    for count in counts:
        together.update(count)
    return together


def failing(sections: Iterable[Standing]) -> Mapping[str, int]:
    """Return how many findings fail, by effective severity."""
    return total(section.failing for section in sections)


def severities(counts: Mapping[str, int]) -> str:
    """Return "2 critical and 5 high"; "" for nothing."""
    return joined(["%d %s" % (counts[level], level) for level in LEVELS if counts.get(level)])


def _urgent(view: View) -> Answer:
    counts = failing(view.sections)
    urgent = severities({level: counts.get(level, 0) for level in ("critical", "high")})
    others = severities({level: counts.get(level, 0) for level in ("medium", "low")})
    if not urgent:
        note = "%s can wait a little." % others if others else "This counts only what was looked at."
        return Answer("Is anything urgent?", "Nothing critical or high", note, "good")
    worst = view.actions[0] if view.actions else None
    note = "First: %s (%s)." % (worst.title, number_of(len(worst.hosts), "host")) if worst else ""
    return Answer("Is anything urgent?", "Yes: " + urgent, note, "bad" if counts.get("critical") else "warn")


def _who(view: View) -> Answer:
    counts = sorted(view.by_party.items(), key=lambda item: (-item[1], item[0]))
    if not counts:
        return Answer("Who must act?", "Nobody", "Nothing fails among what was judged.", "good")
    you = view.customer is not None
    shares = [
        "%s: %d" % ("both" if who == "both" else party(who, you), number) for who, number in counts if who != "nobody"
    ]
    orphans = view.by_party.get("nobody", 0)
    words = "; ".join(shares) or "Nobody was named"
    note = "For %s nobody was named." % number_of(orphans, "finding") if orphans else "Each finding has somebody."
    return Answer("Who must act?", words[:1].upper() + words[1:], note, "warn" if orphans else "plain")


def _unseen(view: View) -> Answer:
    coverage = view.coverage
    unseen = coverage.known - coverage.seen
    unknown = total(section.status for section in view.sections).get("unknown", 0)
    dark = sum(section.worst == "unseen" for section in view.sections)
    parts = [number_of(unknown, "check") + " could not be decided"] if unknown else []
    parts += ["%s of the advisory's 12 sections not judged yet" % dark] if dark else []
    answer = "%d of %s" % (unseen, number_of(coverage.known, "known host")) if unseen else "Every known host was read"
    note = joined(parts) + "." if parts else "Every check could be decided."
    return Answer("What was not looked at?", answer, note[:1].upper() + note[1:], "warn" if unseen or parts else "good")


def _better(view: View) -> Answer:
    """Answer by what was fixed and opened: a total also falls when a host is no longer looked at."""
    question = "Is it better than last time?"
    if view.delta.previous_run is None or len(view.trend) < 2:
        return Answer(question, "No earlier run", "The next report compares with this one.", "plain")
    counts = view.delta.counts
    fixed = counts.get("fixed", 0)
    opened = sum(counts.get(kind, 0) for kind in ("new", "first_look", "back", "waiver_expired", "waiver_ended"))
    word, tone = (
        ("Better", "good") if fixed > opened else ("Worse", "bad") if opened > fixed else ("As before", "plain")
    )
    answer = "%s: %d fixed, %d opened" % (word, fixed, opened)
    doubts = _doubts(view)
    if doubts:
        answer, tone = "%s; but %s" % (answer, joined(doubts)), "warn" if tone == "good" else tone
    before, now = (sum(point.failing.values()) for point in view.trend[-2:])
    return Answer(
        question, answer, "%d fail, %d did on %s." % (now, before, written_day(view.delta.previous_date)), tone
    )


def _doubts(view: View) -> list[str]:
    """Return what makes a report look better without anything being mended."""
    unknown = view.delta.counts.get("newly_unknown", 0)
    gone = len(view.delta.no_longer_seen) + len(view.delta.not_looked_at)
    loosened = len({each.variable for each in view.policy.thresholds if each.newly})
    return [
        *(["%d newly unknown" % unknown] if unknown else []),
        *(["%s no longer looked at" % number_of(gone, "host")] if gone else []),
        *(["%s loosened" % number_of(loosened, "threshold")] if loosened else []),
    ]


def _exceptions(view: View) -> Answer:
    question = "When do exceptions end?"
    ended = sum(waiver.days_left < 0 for waiver in view.policy.waivers)
    lapsed = " %s expired." % number_of(ended, "waiver has", "waivers have") if ended else ""
    changed = sum(FINDING_CHANGED in waiver.changes for waiver in view.policy.waivers)
    if changed:
        lapsed += " %s, since what was found has changed." % number_of(changed, "waiver ended", "waivers ended")
    ended += changed
    in_force = sorted((waiver.expires, waiver.days_left) for waiver in view.policy.waivers if waiver.in_force)
    if not in_force:
        return Answer(question, "None in force", lapsed.strip() or "No finding is waived.", "warn" if ended else "good")
    (expires, left), (last, _left) = in_force[0], in_force[-1]
    note = "%s in force; the last ends on %s." % (number_of(len(in_force), "waiver"), written_day(last))
    soon = "warn" if left <= SOON or ended else "plain"
    return Answer(question, "First on %s, in %s" % (written_day(expires), number_of(left, "day")), note + lapsed, soon)


#: Days before its end from which a waiver wants attention on the page; it changes no verdict.
SOON = 30
