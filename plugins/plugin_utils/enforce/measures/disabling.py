# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts really disabled: expired, and without keys, sudo, second factors, jobs and what runs as them.

An expiry date alone keeps an account out; the rest is so that lifting it one day doesn't bring back what it had.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ...evaluators import departed, standing
from ...evaluators.sudoers import grants
from ...evaluators.verdict import Case
from ...judges.obsolete_accounts import unused
from ..entry.ways_in import named
from ..steps import HEADER, Left, Measures, Step, absent, edit, ended, file, keeping_out
from .key_files import roots_file

MEASURES = Measures()
#: Behind every other file of sudo's, since the last rule that matches counts.
SUDO_DROP_IN = "/etc/sudoers.d/zzz-bulwark-disabled-%s"
#: Names that sudo takes as they are, also in the names of its files.
PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
FACTOR_EDITS = {"oath": "oath_users", "u2f": "mapped_keys", "yubico": "mapped_keys"}

User = Mapping[str, Any]
#: {account: why}, and whether for good.
Whom = tuple[Mapping[str, str], bool]


@MEASURES.of("disable")
def disable(case: Case, whom: str, control: str) -> list[Step]:
    """Disable the accounts that one control found: leavers, over, strangers, on_paper, dormant or never_used."""
    names, for_good = WHOM[whom](case)
    users = [user for user in case.facts["accounts"]["users"] if user["name"] in names]
    users = [user for user in users if standing.enabled(case, user) or standing.loose_ends(case, user)]
    local = [user for user in users if user["source"] == "files"]
    if users and not local:
        raise Left("%s: disable it in the directory it comes from" % named(sorted(user["name"] for user in users)))
    out = {user["name"] for user in local}
    steps = []
    for user in local:
        why = names[user["name"]]
        steps += keeping_out(user["name"], why, for_good, certain(case, user, control))
        steps += keeping_out(user["name"], why, for_good, beside(case, user, out), optional=True)
    return steps


def certain(case: Case, user: User, control: str) -> list[Step]:
    """Return what keeps an account out, and nothing of which it could be in the way itself."""
    name = user["name"]
    runs = any(one["uid"] == user["uid"] for one in case.facts["jobs"]["processes"])
    steps = [ended(name)] if runs else []
    steps.append(edit("/etc/shadow", "shadow_expire", {"accounts": [name]}, secret=True))
    if grants(case, user):
        plain = PLAIN_NAME.fullmatch(name)
        rule = "%s ALL=(ALL:ALL) !ALL\n" % (name if plain else "#%d" % user["uid"])
        path = SUDO_DROP_IN % (name if plain else user["uid"])
        steps.append(file(path, HEADER % control + rule, mode="0440"))
    for kind in ("crontabs", "at"):
        own = {"crontabs": ("user", name), "at": ("uid", user["uid"])}[kind]
        steps += [absent(one["path"]) for one in case.facts["jobs"][kind] if one[own[0]] == own[1]]
    if name in case.facts["jobs"]["linger"]:
        steps.append(absent("/var/lib/systemd/linger/%s" % name))
    return steps


def beside(case: Case, user: User, out: set[str]) -> list[Step]:
    """Return what is set aside of files in the account's own hands, which may be made to refuse it.

    out: the accounts that are disabled with it. A key file of others' as well keeps their keys.
    """
    name = user["name"]
    files = case.facts["keys"]["files"]
    shared = {one["path"] for one in files if one["user"] not in out}
    # Where another control of this run, or an earlier one, moved them to, and where they were before.
    own = [one["path"] for one in files if one["user"] == name]
    places = [*own, roots_file(case, name), "%s/.ssh/authorized_keys" % user["home"].rstrip("/")]
    steps = [absent(path) for path in dict.fromkeys(places) if path not in shared and path.count("/") > 1]
    for kind, change in FACTOR_EDITS.items():
        for one in case.facts["factors"][kind]:
            holders = [held["user"] if isinstance(held, Mapping) else held for held in one.get("users", ())]
            if name in holders:
                steps.append(edit(one["path"], change, {"remove": [name]}, secret=True, volatile=kind == "oath"))
    return steps + [absent(one["path"]) for one in case.facts["factors"]["google"] if one.get("user") == name]


@MEASURES.of("take_foreign_keys")
def take_foreign_keys(case: Case, _arguments: Any, _control: str) -> list[Step]:
    """Take out the keys that nobody registered, of accounts that a registered key still opens."""
    strangers = departed.strangers(case)
    foreign: dict[str, list[tuple[Mapping[str, Any], str]]] = {}
    for key, why in departed.foreign_keys(case):
        if key["user"] not in strangers:
            foreign.setdefault(key["user"], []).append((key, why))
    users = {user["name"]: user for user in case.facts["accounts"]["users"]}
    stuck = [name for name, found in foreign.items() if not _opened_otherwise(case, users[name], found)]
    steps = []
    for name, found in foreign.items():
        if name in stuck:
            continue
        without = sorted({key["fingerprint"] for key, _why in found})
        paths = sorted({key["path"] for key, _why in found} | {roots_file(case, name)})
        edits = [edit(path, "authorized_keys", {"without": without}) for path in paths]
        steps += keeping_out(name, found[0][1], True, edits, disables=False)
    if stuck and not steps:
        text = "%s: nothing else opens it; add a registered key (keys in bulwark_accounts) and run again"
        raise Left(text % named(sorted(stuck)))
    return steps


@MEASURES.of("decide_on_proposed")
def decide_on_proposed(case: Case, _arguments: Any, _control: str) -> list[Step]:
    """Leave accounts that are only proposed to whoever approves them."""
    names = sorted(user["name"] for user in departed.proposed(case))
    others = departed.strangers(case) or departed.foreign_keys(case)
    if names and not others:
        raise Left("%s: approve it in bulwark_accounts (status), or take it off the host" % named(names))
    return []


def _opened_otherwise(case: Case, user: User, foreign: list[tuple[Mapping[str, Any], str]]) -> bool:
    out = {key["fingerprint"] for key, _why in foreign}
    if any(key["fingerprint"] not in out for key in standing.keys(case, user)):
        return True
    return any(not way.startswith("an SSH key in ") for way in standing.ways_in(case, user))


def _on_paper(case: Case) -> dict[str, str]:
    """Return the accounts that have expired, or whose password somebody locked; no shell alone says too little."""
    elsewhere = departed.named(case)
    return {
        user["name"]: "it was meant to be disabled"
        for user in case.facts["accounts"]["users"]
        if user["name"] not in elsewhere
        and (user.get("expired") or user.get("barred"))
        and standing.disabled_on_paper(case, user)
    }


def _idle(verdict: Callable[[Case], Any]) -> Callable[[Case], Whom]:
    def found(case: Case) -> Whom:
        return {item.identity: item.text for item in verdict(case).wrong}, False

    return found


WHOM: dict[str, Callable[[Case], Whom]] = {
    "leavers": lambda case: (departed.leavers(case), True),
    "over": lambda case: (departed.over(case)[0], True),
    "strangers": lambda case: (departed.strangers(case), True),
    "on_paper": lambda case: (_on_paper(case), False),
    "dormant": _idle(unused.dormant),
    "never_used": _idle(unused.never_used),
}
