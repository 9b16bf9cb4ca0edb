# SPDX-License-Identifier: GPL-3.0-or-later
"""questions.md: what a customer should ask its provider now, grouped so that an owner reads it at a sitting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..declared.signatures import BROKEN
from ..drift.shapes import Action, RunInfo, View
from ..text import written_day
from . import templates
from .markdown import escaped
from .owner import THEMES, Theme
from .wording import joined, number_of, party

TEMPLATE = "questions.md.j2"
#: Things that a question names; the report has the others.
NAMED = 3
NOTICE_DAYS = 30
WHOLE = "The whole picture"


def render(view: View, run: RunInfo) -> Iterator[str]:
    """Yield the page in pieces."""
    environment = templates.environment(Path(__file__).parent, escaped, html=False)
    environment.filters["day"] = written_day
    return environment.get_template(TEMPLATE).generate(view=view, run=run, themes=asked(view))


def asked(view: View) -> list[tuple[str, list[str]]]:
    """Return the questions under their headings; a heading without one is left out."""
    themes = [(WHOLE, list(_whole(view))), *((theme.title, list(_of(theme, view))) for theme in THEMES)]
    return [(heading, questions) for heading, questions in themes if questions]


def _whole(view: View) -> Iterator[str]:
    """Yield what concerns no one theme: what nobody looked at, what nobody answers for, and exceptions."""
    seen = view.coverage
    dark = [*(each.host for each in seen.unread), *seen.missing, *seen.not_targeted,
            *(host for platform in seen.other_platforms for host in platform.hosts)]  # fmt: skip
    if dark:
        names = sorted(set(dark))
        text = "%s not looked at: %s. Why, and by when will you look at %s?"
        them = "it" if len(names) == 1 else "each of them"
        yield text % (number_of(len(names), "computer was", "computers were"), _some(names), them)
    if seen.never_seen:
        yield "Nobody looked at %s in this report. Who checks it, and may we see the result?" % joined(seen.never_seen)
    unnamed = sum(action.responsible == "nobody" for action in view.actions)
    if unnamed:
        text = "Nobody was named to mend %s. Which do you mend, and which do we?"
        yield text % number_of(unnamed, "point that is not as it should be", "points that are not as they should be")
    yield from _signed(view)
    ending = view.policy.expiring(NOTICE_DAYS)
    if ending:
        text = "%s from what we agreed on %s within %d days, the first on %s. What happens then?"
        ends = "ends" if len(ending) == 1 else "end"
        first = written_day(min(each.expires for each in ending))
        yield text % (number_of(len(ending), "exception"), ends, NOTICE_DAYS, first)


def _signed(view: View) -> Iterator[str]:
    """Yield what to ask where the provider vouches for itself, and where a signature is of something else."""
    titles: dict[str, list[str]] = {}
    for thing in view.signed:
        titles.setdefault(thing.signature.state, []).append(thing.title if thing.record else Path(thing.title).name)
    altered = [title for state in BROKEN for title in titles.get(state, ())]
    if altered:
        yield "What is signed is not what it says now: %s. Who changed it, and who agreed?" % _quoted(altered)
    if "provider" in titles:
        yield "Only you signed this: %s. Who of us has to sign it too?" % _quoted(titles["provider"])


def _of(theme: Theme, view: View) -> Iterator[str]:
    actions = [action for action in view.actions if action.section in theme.sections]
    theirs = [action for action in actions if action.responsible not in ("customer", "nobody")]
    for who in sorted({action.responsible for action in theirs}):
        yield _mend(who, [action for action in theirs if action.responsible == who])
    findings = [finding for finding in view.findings if finding["section"] in theme.sections]
    missing = [finding["title"] for finding in findings if finding["status"] == "not_attested"]
    if missing:
        text = "%s: %s. Which of these do you have in writing, and when do we get the others?"
        nothing = "Nothing written shows this" if len(missing) == 1 else "Nothing written shows these %d" % len(missing)
        yield text % (nothing, _quoted(missing))
    old = [finding["title"] for finding in findings if finding["status"] == "stale"]
    if old:
        yield "This was last shown too long ago: %s. When is it looked at again?" % _quoted(old)
    parts = [part for part in view.sections if part.id in theme.sections]
    unknown = sum(part.status.get("unknown", 0) for part in parts)
    if unknown:
        text = "%s could not be decided. What do you need from us so that you can?"
        yield text % number_of(unknown, "check")
    if sum(part.planned for part in parts) > sum(part.controls for part in parts):
        yield theme.asks


def _mend(who: str, actions: list[Action]) -> str:
    """Return the question about what a party has to mend."""
    hosts = {host for action in actions for _customer, host in action.hosts if host}
    where = " on %s" % number_of(len(hosts), "computer") if hosts else ""
    isnt = "is not as it should be" if len(actions) == 1 else "are not as they should be"
    text = "%s %s%s: %s." % (number_of(len(actions), "point"), isnt, where, _quoted(each.title for each in actions))
    oldest = max((action.oldest_days or 0 for action in actions), default=0)
    if oldest:
        text += " %s been open for %s." % ("It has" if len(actions) == 1 else "The oldest has",
                                           number_of(oldest, "day"))  # fmt: skip
    if who == "both":
        return text + " Which part do you mend, which do we, and by when?"
    if who.startswith("vendor:"):
        return text + " When does %s mend this, and who of you makes sure?" % party(who, True)
    return text + " By when do you mend this, and how will we see it?"


def _quoted(titles: Iterable[str]) -> str:
    return _some(["\u201c%s\u201d" % title for title in titles])


def _some(names: list[str]) -> str:
    """Return the first of some names, and how many more there are."""
    more = ["%d more" % (len(names) - NAMED)] if len(names) > NAMED else []
    return joined([*names[:NAMED], *more])
