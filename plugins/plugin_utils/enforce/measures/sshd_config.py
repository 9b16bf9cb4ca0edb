# SPDX-License-Identifier: GPL-3.0-or-later
"""How sshd is made stricter: by a drop-in of ours for each control, read before anything else that is set.

sshd takes the first value it meets: outside of Match for every login, and before that one of a Match block that holds.
So what is set in a Match block of somebody else is answered by the same Match line in ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ....module_utils.ssh.config import FLAGS
from ...evaluators.logins import Context, contexts, server
from ...evaluators.verdict import Case
from ..steps import HEADER, Left, Step, edit

FOLDER = "/etc/ssh/sshd_config.d"
OURS = "00-bulwark-"
PATTERN = "%s/%s*.conf" % (FOLDER, OURS)
#: The first OpenSSH that reads drop-ins.
INCLUDE_SINCE = [8, 2]
CRITERIA = {
    "user": "User", "group": "Group", "host": "Host", "address": "Address", "localaddress": "LocalAddress",
    "localport": "LocalPort", "rdomain": "RDomain", "all": "all", "invalid-user": "invalid-user",
}  # fmt: skip

#: Returns the value that an option has to have for a kind of login instead of its present one; None leaves it.
Mend = Callable[[str, Context], str | None]


@dataclass(frozen=True)
class Section:
    """Options for every login (`match` empty), or for those that meet the criteria of a Match line."""

    match: str
    settings: Mapping[str, str]


def path(control: str) -> str:
    """Return where a control's drop-in lies."""
    return "%s/%s%s.conf" % (FOLDER, OURS, control)


def drop_in(case: Case, control: str, sections: Iterable[Section]) -> list[Step]:
    """Return the steps that make sshd say what the sections do; none without any.

    Where several sections have one Match, what is named first counts. Raises Left where a drop-in can't win.
    """
    merged: dict[str, dict[str, str]] = {"": {}}
    for section in sections:
        settings = merged.setdefault(section.match, {})
        settings.update({option: value for option, value in section.settings.items() if option not in settings})
    wanted = [{"match": match, "settings": settings} for match, settings in merged.items() if settings]
    if not wanted:
        return []
    options = {option.lower() for section in wanted for option in section["settings"]}
    _refuse_what_wins(case, options)
    arguments = {"header": HEADER % control, "sections": wanted}
    main = case.facts["sshd"]["config_files"][0]
    first = any(one["option"] in options and one["file"] < path("") for one in _in_drop_ins(case))
    return [
        edit(main, "sshd_include", {"pattern": PATTERN, "first": first}, reload=["sshd"]),
        edit(path(control), "sshd_drop_in", arguments, mode="0600", owner="root", group="root", reload=["sshd"],
             create="0600"),
    ]  # fmt: skip


def without(control: str, options: Iterable[str]) -> Step:
    """Return the step that takes options out of another control's drop-in, which sshd would read before ours."""
    arguments = {"header": HEADER % control, "without": list(options)}
    return edit(path(control), "sshd_drop_in", arguments, reload=["sshd"], create="0600")


def _in_drop_ins(case: Case) -> Iterable[Mapping[str, Any]]:
    return (one for one in case.facts["sshd"]["set_in"] if one["file"].startswith(FOLDER + "/"))


def _refuse_what_wins(case: Case, options: Iterable[str]) -> None:
    if case.facts["sshd"]["version"] < INCLUDE_SINCE:
        raise Left("this sshd reads no drop-ins (Include came with OpenSSH %d.%d)" % tuple(INCLUDE_SINCE))
    given = " ".join(case.facts["sshd"]["options"]).lower()
    for option in options:
        if option in given:
            raise Left("the SSH server is started with %s on its command line, which no file can change" % option)


def tightened(case: Case, option: str, mend: Mend) -> list[Section]:
    """Return the sections that set `option` wherever `mend` asks for another value.

    Match lines that set it are repeated, in their order, as far as the last that has to change: each with the value
    that it has, or that it has to have, so that stricter ones stay. Raises Unread where a kind of login is not known.
    """
    given, inheriting = _given(case, option.lower())
    sections = []
    own = [server(case), *inheriting]
    better = next((value for context in own if (value := mend(context.value(option.lower()), context))), None)
    if better is not None:
        sections.append(Section("", {option: better}))
    lines = [(match, _mended(option, mend, found)) for match, found in given.items()]
    last = max((place for place, (_match, (_now, value)) in enumerate(lines) if value is not None), default=-1)
    sections += [Section(criteria(match), {option: value or now}) for match, (now, value) in lines[: last + 1]]
    return sections


def _mended(option: str, mend: Mend, found: list[Context]) -> tuple[str, str | None]:
    now = found[0].value(option.lower())
    return now, next((value for context in found if (value := mend(now, context))), None)


def _given(case: Case, option: str) -> tuple[dict[str, list[Context]], list[Context]]:
    """Return ({Match line: kinds of logins that have the option from it}, in order; those that have it from none)."""
    facts = case.facts["sshd"]
    places = {_place(one["match"]) for one in facts["set_in"] if one["option"] == option and one["match"]}
    texts = {_place(match): match["match"] for match in facts["matches"]}
    found: dict[tuple[str, int], list[Context]] = {}
    inheriting = []
    for raw, context in zip(facts["contexts"], contexts(case), strict=True):
        source = next((_place(match) for match in raw["why"] if _place(match) in places), None)
        if source is None:
            inheriting.append(context)
        else:
            found.setdefault(source, []).append(context)
    lines: dict[str, list[Context]] = {}
    for place, text in texts.items():
        # One file may be read twice; its Match lines are the same then.
        lines.setdefault(text, []).extend(found.get(place, []))
    return {text: known for text, known in lines.items() if known}, inheriting


def _place(match: Mapping[str, Any]) -> tuple[str, int]:
    return match["file"], match["line"]


def criteria(text: str) -> str:
    """Return the criteria of a Match line as facts have them in sshd's spelling; raises Left where that is unsure."""
    words = text.split()
    spelled: list[str] = []
    while words:
        name = words.pop(0)
        if name not in CRITERIA or (name not in FLAGS and not words):
            raise Left("Match %s can't be repeated: it has a blank inside of a pattern" % text)
        spelled.append(CRITERIA[name])
        if name not in FLAGS:
            spelled.append(words.pop(0))
    return " ".join(spelled)


def user(name: str) -> str:
    """Return the criteria that single out one account; raises Left where its name is a pattern to sshd."""
    if not name or any(sign in " \t,*?!\"'#\\" for sign in name):
        raise Left("the name of the account %r can't be written in a Match line" % name)
    return "User %s" % name
