# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an account is in use, and what is left of one that should not be.

`passwd -l` only puts a "!" before the password: keys, certificates, cron and what runs already know nothing of it.
Really disabled is an account that has expired or has no shell, and that no key, sudo rule, second factor, job or
process is left of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from .checks import gather
from .facts import Facts, Unread
from .logins import NO_SHELL
from .sudoers import grants
from .verdict import Case, Item, item

User = Mapping[str, Any]

#: Kinds of accounts whose password may well be locked and whose shell may be none: programs use them, by key.
MACHINES = ("automation", "service")
#: UID_MAX where login.defs(5) does not set it; above it are nobody, and what packages and services took.
UID_MAX = 60000
_KEYS: WeakKeyDictionary[Facts, dict[str, list[Mapping[str, Any]]]] = WeakKeyDictionary()


def openings(case: Case, user: User) -> list[str]:
    """Return what can open an account (an entry of accounts.users) or run as it, whether it has expired or not."""
    return [*ways_in(case, user), *jobs(case, user)]


def ways_in(case: Case, user: User) -> list[str]:
    """Return what can open an account; what can't be seen is named as well, since it may."""
    name = user["name"]
    found = []
    if user["source"] != "files":
        found.append("a password of its directory")
    elif shell(user) and user.get("password", case.facts["accounts"]["passwords"].get(name)) in ("usable", "empty"):
        found.append("a password")
    found += ["an SSH key in %s" % path for path in dict.fromkeys(key["path"] for key in keys(case, user))]
    unseen = case.facts["keys"]["unreadable"].get(name)
    if unseen:
        found.append("an SSH key that can't be seen (%s)" % unseen)
    if shell(user) and case.facts["keys"]["trusted_cas"] and not is_system(case, user):
        found.append("a certificate")
    return found


def jobs(case: Case, user: User) -> list[str]:
    """Return what runs, or will run, as the account without anybody logging in."""
    facts = case.facts["jobs"]
    return [
        *("cron (%s)" % one["path"] for one in facts["crontabs"] if one["user"] == user["name"]),
        *("at (%s)" % one["path"] for one in facts["at"] if one["uid"] == user["uid"]),
        *(["lingering user units"] if user["name"] in facts["linger"] else []),
    ]


def enabled(case: Case, user: User) -> bool:
    """Say whether an account is in use: it has not expired, and something opens it."""
    return not user.get("expired") and bool(ways_in(case, user))


def disabled_on_paper(case: Case, user: User) -> bool:
    """Say whether somebody meant an account to be disabled: it has expired, its password is locked, or it has no shell.

    System accounts and root are never anybody's; a program's account, and one that is registered as in use, may well
    have a locked password.
    """
    if user["uid"] == 0 or is_system(case, user):
        return False
    account = case.registers.account(user["name"])
    if user.get("expired"):
        return True
    if account and account.kind in MACHINES:
        return False
    return not shell(user) or (bool(user.get("barred")) and account is None)


def loose_ends(case: Case, user: User) -> list[Item]:
    """Return what is missing before an account is really disabled, as far as it can be seen."""
    return examine(case, user)[0]


def examine(case: Case, user: User) -> tuple[list[Item], list[str]]:
    """Return (what is missing before an account is really disabled, why some of it can't be seen)."""
    return gather(case, *(partial(_named, part=part, user=user) for part in PARTS))


def remains(case: Case, user: User) -> tuple[list[Item], list[str]]:
    """Return the same of an account that is disabled on paper; one without a shell may be some program's."""
    if user.get("expired") or user.get("barred"):
        return examine(case, user)
    return gather(case, *(partial(_named, part=part, user=user) for part in (_keys, _unseen_keys)))


def keys(case: Case, user: User) -> list[Mapping[str, Any]]:
    """Return the keys that open an account (entries of keys.authorized)."""
    if case.facts not in _KEYS:
        known: dict[str, list[Mapping[str, Any]]] = {}
        for key in case.facts["keys"]["authorized"]:
            known.setdefault(key["user"], []).append(key)
        _KEYS[case.facts] = known
    return _KEYS[case.facts].get(user["name"], [])


def shell(user: User) -> bool:
    """Say whether an account has a shell that lets it do anything."""
    return user["shell"].rsplit("/", 1)[-1] not in NO_SHELL


def is_system(case: Case, user: User) -> bool:
    """Say whether an account is the system's own rather than anybody's: not registered, and of no uid of people's."""
    own = user["uid"] < case.facts["accounts"]["uid_min"] or (user["source"] == "files" and user["uid"] > UID_MAX)
    return user["uid"] != 0 and own and case.registers.account(user["name"]) is None


def _named(case: Case, part: Any, user: User) -> list[Item]:
    """Return what one part of PARTS finds, as items that begin with the account's name."""
    name = user["name"]
    return [item("%s: %s" % (name, what), "%s: %s" % (name, text)) for what, text in part(case, user)]


def _open(_case: Case, user: User) -> Iterator[tuple[str, str]]:
    if not user.get("expired") and shell(user):
        states = {"locked": "its password is only locked", None: "its password is in a directory"}
        locked = states.get(user.get("password"), "it has a password")
        yield "not expired", "%s; it has not expired (chage -E) and has the shell %s" % (locked, user["shell"])


def _keys(case: Case, user: User) -> Iterator[tuple[str, str]]:
    for key in keys(case, user):
        where = "%s line %d" % (key["path"], key["line"])
        yield "key %s" % key["fingerprint"], "the SSH key %s is still in %s" % (key["fingerprint"], where)


def _sudo(case: Case, user: User) -> Iterator[tuple[str, str]]:
    commands = list(dict.fromkeys(grant.command for grant in grants(case, user)))
    if commands:
        yield "sudo", "sudo still allows it %s" % ", ".join(commands[:5])


def _factors(case: Case, user: User) -> Iterator[tuple[str, str]]:
    for path in factor_files(case, user):
        yield "factor %s" % path, "a second factor of it is still enrolled in %s" % path


def _jobs(case: Case, user: User) -> Iterator[tuple[str, str]]:
    for job in jobs(case, user):
        yield job, "%s still runs as it" % job


def _running(case: Case, user: User) -> Iterator[tuple[str, str]]:
    for one in case.facts["jobs"]["processes"]:
        if one["uid"] == user["uid"]:
            yield "processes", "its processes run (%d, and %d open sessions)" % (one["count"], one["sessions"])


def _unseen_keys(case: Case, user: User) -> Iterator[tuple[str, str]]:
    reason = case.facts["keys"]["unreadable"].get(user["name"])
    if reason:
        raise Unread("keys: %s" % reason)
    yield from ()


#: (case, user) -> (what is missing, the same in words).
PARTS = (_open, _keys, _unseen_keys, _sudo, _factors, _jobs, _running)


def factor_files(case: Case, user: User) -> list[str]:
    """Return the files in which a second factor of the account is enrolled."""
    found = []
    for kind in ("oath", "google", "u2f", "yubico"):
        for file in case.facts["factors"][kind]:
            holders = [one["user"] if isinstance(one, Mapping) else one for one in file.get("users", ())]
            if user["name"] in holders or (kind == "google" and file.get("user") == user["name"]):
                found.append(file["path"])
    return list(dict.fromkeys(found))
