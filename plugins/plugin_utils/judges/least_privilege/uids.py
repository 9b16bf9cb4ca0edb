# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether root is the only root, every account has a number of its own, and system accounts are nobody's to log in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...evaluators.checks import gather
from ...evaluators.logins import NO_SHELL
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
ROOT = "root"
#: Accounts that the RHEL family ships in root's group, none of them to log in with.
SHIPPED = frozenset({"sync", "shutdown", "halt", "operator"})
OPEN = ("usable", "empty")


@JUDGES.of("lin-lp-uid0")
def uid0(case: Case) -> Verdict:
    """Only root has uid 0 and gid 0, no uid is given twice, system accounts have neither shell nor password."""
    users = case.facts["accounts"]["users"]
    grave, unread = gather(case, _roots, _doubles, _passwords)
    shells, unknown = gather(case, _shells)
    return verdict(
        "only root has uid 0 and root's group as its own, no uid is given twice, and accounts below UID_MIN have "
        "neither a login shell nor a password",
        [*grave, *shells],
        [*unread, *unknown],
        evidence=["getent passwd: %d accounts" % len(users), "getent group", "/etc/shadow", "/etc/login.defs"],
        severity="medium" if shells and not grave else None,
    )


def _roots(case: Case) -> Iterable[Item]:
    for user in case.facts["accounts"]["users"]:
        if user["name"] == ROOT:
            continue
        if user["uid"] == 0:
            yield item("%s: uid 0" % user["name"], "%s has uid 0: it is root by another name" % user["name"])
        elif user["gid"] == 0 and not (user["name"] in SHIPPED and _without_shell(user)):
            yield item("%s: gid 0" % user["name"], "%s has root's group (gid 0) as its own" % user["name"])
    for name, gid in case.facts["accounts"]["gids"].items():
        if gid == 0 and name != ROOT:
            yield item("group %s: gid 0" % name, "the group %s has gid 0: it is root's by another name" % name)


def _doubles(case: Case) -> Iterable[Item]:
    holders: dict[int, list[str]] = {}
    for user in case.facts["accounts"]["users"]:
        holders.setdefault(user["uid"], []).append(user["name"])
    for uid, names in holders.items():
        if uid and len(names) > 1:
            told = "%s share the uid %d: what one may the others may" % (" and ".join(sorted(names)), uid)
            yield item("uid %d: %s" % (uid, ", ".join(sorted(names))), told)


def _passwords(case: Case) -> Iterable[Item]:
    states = case.facts["accounts"]["passwords"]
    for user in _system_accounts(case):
        if states.get(user["name"]) in OPEN:
            state = "an empty password" if states[user["name"]] == "empty" else "a password"
            text = "the system account %s (uid %d) has %s" % (user["name"], user["uid"], state)
            yield item("%s: password" % user["name"], text)


def _shells(case: Case) -> Iterable[Item]:
    for user in _system_accounts(case):
        if not _without_shell(user):
            text = "the system account %s (uid %d) has the shell %s" % (user["name"], user["uid"], user["shell"])
            yield item("%s: shell" % user["name"], text)


def _system_accounts(case: Case) -> list[Mapping[str, Any]]:
    least = case.facts["accounts"]["uid_min"]
    return [user for user in case.facts["accounts"]["users"] if 0 < user["uid"] < least]


def _without_shell(user: Mapping[str, Any]) -> bool:
    return user["shell"].rsplit("/", 1)[-1] in NO_SHELL
