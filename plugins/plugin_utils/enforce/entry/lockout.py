# SPDX-License-Identifier: GPL-3.0-or-later
"""Who could log in before a change and could not after it: asked of a candidate before anything is changed.

Both states are as the ordinary readers delivered them, the second one read of the staged candidate. Whoever surely gets
in before has to get in surely after. The account of the run and the emergency accounts are held to more: where only
hope gets them in before (a certificate, a directory's password), the same hope has to be left after.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from ...declared.subjects import subjects
from ...evaluators.facts import Unread
from ...evaluators.verdict import Case, NotApplicable
from . import console, entering, escalation
from .entering import Comer

ANYWHERE = ""
#: (case, hopeful) -> why an account can't do something, None where it can.
Ask = Callable[[Case, bool], str | None]


@dataclass(frozen=True)
class Out:
    """An account that could log in before and could not after; `why` names the directive or the PAM module."""

    account: str
    why: str


def shut_out(before: Case, after: Case, connecting: str, meant: Container[str] = ()) -> list[Out]:
    """Return the accounts that the change from `before` to `after` would shut out, at most one reason each.

    meant: the accounts that it is to shut out; neither the account of the run nor an emergency account can be.
    connecting: the account that the run logs in with; it also has to become root still. Root may be shut out by
    PermitRootLogin where somebody else can still log in and become root.
    """
    try:
        users = before.facts["accounts"]["users"]
        places = _places(before, connecting)
    except Unread as reason:
        return [Out(connecting, "who can log in here can't be told: %s" % reason)]
    found = []
    for user in users:
        emergency = _emergency(before, user)
        bound = user["name"] == connecting or emergency
        if user["name"] in meant and not bound:
            continue
        why = next(
            chain(
                _by_network(before, after, user["name"], places.get(user["name"], []), bound),
                _by_console(before, after, user) if emergency or user["uid"] == 0 else (),
            ),
            None,
        )
        if why and not (not bound and _on_purpose(before, after, user)):
            found.append(Out(user["name"], why))
    if connecting not in {out.account for out in found}:
        found += [Out(connecting, why) for why in _escalation(before, after, connecting)]
    return found


def _places(case: Case, connecting: str) -> dict[str, list[str]]:
    """Return from where accounts come, as far as that is declared or seen."""
    found = {subject["user"]: list(subject["addresses"]) for subject in subjects(case.registers)}
    peer = str(dict(case.facts["system"]).get("peer") or "")
    if peer:
        found[connecting] = [peer]
    return found


def _emergency(case: Case, user: Mapping[str, Any]) -> bool:
    account = case.registers.account(user["name"])
    group = case.policy.get("bulwark_break_glass_group")
    return bool(account and account.kind == console.EMERGENCY) or bool(group and group in user["groups"])


def _by_network(before: Case, after: Case, name: str, places: list[str], bound: bool) -> Iterator[str]:
    """Yield by what an account can't log in over SSH any more, from its own addresses and from anywhere."""
    for place in [*places, ANYWHERE]:
        why = _lost(partial(_by_ssh, name=name, address=place), before, after, bound)
        if why:
            yield why


def _by_console(before: Case, after: Case, user: Mapping[str, Any]) -> Iterator[str]:
    """Yield by what an account can't log in at the console any more."""
    if user.get("password") == "usable":
        why = _lost(partial(_at_console, name=user["name"]), before, after, bound=False)
        if why:
            yield "at the console: %s" % why


def _lost(ask: Ask, before: Case, after: Case, bound: bool) -> str | None:
    """Return why what could be done before can't be done after; None where it still can, or never could."""
    if ask(before, False) is None:
        return ask(after, False)
    if bound and ask(before, True) is None:
        return ask(after, True)
    return None


def _by_ssh(case: Case, hopeful: bool, name: str, address: str) -> str | None:
    return entering.refusal(case, Comer(name, address, hopeful))


def _at_console(case: Case, hopeful: bool, name: str) -> str | None:
    return console.refusal(case, name, hopeful)


def _on_purpose(before: Case, after: Case, user: Mapping[str, Any]) -> bool:
    """Say whether root is meant to stay out: PermitRootLogin changed, and another account gets to root.

    Where its password was locked, that has to be a break-glass account at the console.
    """
    if user["uid"] == 0 and _locked(after, user):
        return bool(console.others(after))
    if user["uid"] != 0 or _root_login(before, user["name"]) == _root_login(after, user["name"]):
        return False
    return any(
        other["uid"] != 0
        and entering.refusal(after, Comer(other["name"])) is None
        and escalation.refusal(after, other["name"]) is None
        for other in before.facts["accounts"]["users"]
    )


def _locked(after: Case, user: Mapping[str, Any]) -> bool:
    """Say whether an account had a password before, and it is locked after."""
    now = [other.get("password") for other in after.facts["accounts"]["users"] if other["name"] == user["name"]]
    return user.get("password") == "usable" and now == ["locked"]


def _root_login(case: Case, name: str) -> set[str]:
    try:
        return {context.value("permitrootlogin") for context in entering.login_contexts(case, Comer(name))}
    except (Unread, NotApplicable):
        return set()


def _escalation(before: Case, after: Case, connecting: str) -> Iterator[str]:
    """Yield why the account of the run could become root before and can't after."""
    lost = _lost(partial(_becomes_root, name=connecting), before, after, bound=True)
    if lost:
        yield lost
    elif (
        escalation.refusal(before, connecting) is None
        and not escalation.asks(before, connecting)
        and escalation.asks(after, connecting)
    ):
        yield "sudo would ask it for a password, which it did not before"


def _becomes_root(case: Case, hopeful: bool, name: str) -> str | None:
    return escalation.refusal(case, name, hopeful)
