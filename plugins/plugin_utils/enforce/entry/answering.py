# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a PAM stack can end in success for one account, each module answering by what the account holds.

Modules whose answer depends on something that is not on the host (Duo, RADIUS, a directory's account rules) or that
ask nothing are taken to agree where that helps; those that enforcement sets up are held to the files they read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ....module_utils.readers.factors import FILES, argument
from ...evaluators import pam_access, pam_time
from ...evaluators.facts import Facts, Unread
from ...evaluators.pam_account import ACCOUNT, holds
from ...evaluators.pam_stack import (
    CODES,
    FAILURES,
    Node,
    Person,
    answers_of,
    conditions,
    entries,
    flatten,
    possible,
    search,
)

AUTH = "auth"
#: The terminal that stands for the console.
CONSOLE_TERMINAL = "tty1"
#: Of shadow and login.defs as every supported system has them: the first regular uid, and nobody's.
FIRST_REGULAR_UID = 1000
NOBODY_UID = 65534
#: pam_google_authenticator's: a file that others may read is not used (its README, allowed_perm and no_strict_owner).
SECRET_MODE = "0600"
PERMISSION_BITS = 0o3777
#: Arguments by which a module stands aside where nothing is enrolled.
ASIDE = {"pam_google_authenticator": "nullok", "pam_yubico": "nullok", "pam_u2f": "nouserok"}
MOST_NAMED = 4


@dataclass(frozen=True)
class Holder:
    """An account that PAM asks.

    hopeful: what can't be known counts for it, else against it. dialogue: it can be asked for a code, rather than give
    one password to every question. empty: the service lets in who has an empty password. place: the address it comes
    from, or one of pam_access's.
    """

    facts: Facts
    user: Mapping[str, Any]
    hopeful: bool
    dialogue: bool = True
    empty: bool = False
    place: str | None = pam_access.CONSOLE

    @property
    def name(self) -> str:
        """Return the account's name."""
        return str(self.user["name"])

    @property
    def local(self) -> bool:
        """Say whether the account stands in the host's own files."""
        return bool(self.user["source"] == "files")


#: Says whether a module with these arguments agrees to an account, None where that can't be known.
Agrees = Callable[[Holder, Sequence[str]], bool | None]


def refusal(holder: Holder, service: str, facility: str = AUTH) -> str | None:
    """Return which lines of a service's stack refuse the account, None where it gets through; raises Unread."""
    nodes = flatten(entries(holder.facts, service, facility))

    def answers(node: Node) -> Collection[str]:
        return _codes(node, holder, service, facility)

    if search(nodes, answers) is not None:
        return None
    if not nodes:
        return "PAM has no %s line for %s" % (facility, service)
    lines = [node for node in nodes if node.module != "pam_deny" and "success" not in answers(node)]
    # What asks the account for something says more than a condition that would let it by.
    alone = next(_decisive(nodes, sorted(lines, key=lambda node: node.module not in LACKS), answers), None)
    named = ["%s (%s) %s" % (node.module, node.place, _lack(node, holder)) for node in ([alone] if alone else lines)]
    return "; ".join(named[:MOST_NAMED]) or "the %s stack of %s lets nobody through" % (facility, service)


def _decisive(
    nodes: Sequence[Node], lines: Sequence[Node], answers: Callable[[Node], Collection[str]]
) -> Iterator[Node]:
    """Yield each line whose agreement alone would let the account through."""
    for line in lines:

        def with_it(node: Node, line: Node = line) -> Collection[str]:
            return ("success",) if node is line else answers(node)

        if search(nodes, with_it) is not None:
            yield line


def _codes(node: Node, holder: Holder, service: str, facility: str) -> Collection[str]:
    """Return the codes that a module may answer for the account."""
    module, arguments = node.module, node.entry["args"]
    if module == "pam_succeed_if":
        return answers_of([holds(condition, holder.user, service, arguments) for condition in conditions(arguments)])
    known = _known(module, service, facility)
    if known is None or node.entry.get("present") is False:
        return possible(node, Person(service))
    try:
        agrees = known(holder, arguments)
    except Unread:
        agrees = None
    if agrees is None:
        return CODES if holder.hopeful else FAILURES
    if agrees:
        return ("success",)
    return ("ignore",) if ASIDE.get(module) in arguments else FAILURES


def _known(module: str, service: str, facility: str) -> Agrees | None:
    """Return how it is known whether a module agrees to an account."""
    if module == "pam_time" and facility == ACCOUNT:
        return partial(_time, service)
    return (AUTHENTICATE if facility == AUTH else {}).get(module) or ALWAYS.get(module)


def _lack(node: Node, holder: Holder) -> str:
    """Return in words why a module refuses."""
    known = AUTHENTICATE.get(node.module) or ALWAYS.get(node.module)
    try:
        unsure = known is not None and known(holder, node.entry["args"]) is None
    except Unread as reason:
        return "may refuse: %s" % reason
    return "may refuse: what it reads is not known" if unsure else LACKS.get(node.module, "refuses")


def _password(holder: Holder, arguments: Sequence[str]) -> bool | None:
    state = holder.user.get("password")
    if state is None:
        return None
    return bool(state == "usable" or (state == "empty" and holder.empty and "nullok" in arguments))


def _directory(holder: Holder, _arguments: Sequence[str]) -> bool | None:
    """A directory knows the accounts that it delivers; whether they have a password there doesn't show here."""
    return False if holder.local else None


def _kerberos(_holder: Holder, _arguments: Sequence[str]) -> bool | None:
    return None


def _oath(holder: Holder, arguments: Sequence[str]) -> bool | None:
    def enrolled(file: Mapping[str, Any]) -> bool:
        return any(entry["user"] == holder.name for entry in file["users"])

    return _coded(holder, arguments, _enrolled(holder, "pam_oath", "oath", arguments, enrolled))


def _google(holder: Holder, arguments: Sequence[str]) -> bool | None:
    def read(file: Mapping[str, Any]) -> bool:
        allowed = int(argument(list(arguments), "allowed_perm") or SECRET_MODE, 8)
        reader = argument(list(arguments), "user")
        uid = _uid(holder, reader) if reader else holder.user["uid"]
        owned = "no_strict_owner" in arguments or file["owner_uid"] == uid
        return owned and not file["mode"] & PERMISSION_BITS & ~allowed

    return _coded(holder, arguments, _enrolled(holder, "pam_google_authenticator", "google", arguments, read))


def _mapped(module: str, fact: str) -> Callable[[Holder, Sequence[str]], bool | None]:
    def agrees(holder: Holder, arguments: Sequence[str]) -> bool | None:
        return _coded(
            holder, arguments, _enrolled(holder, module, fact, arguments, lambda file: holder.name in file["users"])
        )

    return agrees


def _enrolled(
    holder: Holder, module: str, fact: str, arguments: Sequence[str], enrolled: Callable[[Mapping[str, Any]], bool]
) -> bool | None:
    """Say whether the file that a line leads to enrols the account, None where it can't be read."""
    if "alwaysok" in arguments:
        return True
    option, default = FILES[module]
    pattern = argument(list(arguments), option) or default
    for file in holder.facts["factors"][fact]:
        if file["pattern"] == pattern and file.get("user", holder.name) == holder.name:
            return None if "unread" in file else enrolled(file)
    return False


def _coded(holder: Holder, arguments: Sequence[str], enrolled: bool | None) -> bool | None:
    """Return `enrolled`, None where nothing can be asked so that it depends on how the code is given."""
    asked = holder.dialogue or "forward_pass" in arguments or "alwaysok" in arguments
    return enrolled if asked or not enrolled else None


def _uid(holder: Holder, name: str) -> int | None:
    return next((user["uid"] for user in holder.facts["accounts"]["users"] if user["name"] == name), None)


def _localuser(holder: Holder, _arguments: Sequence[str]) -> bool | None:
    return holder.local


def _usertype(holder: Holder, arguments: Sequence[str]) -> bool | None:
    system = holder.user["uid"] < FIRST_REGULAR_UID or holder.user["uid"] == NOBODY_UID
    return system if "issystem" in arguments else not system


def _shells(holder: Holder, _arguments: Sequence[str]) -> bool | None:
    known = holder.facts["accounts"]["shells"]
    return None if known is None else holder.user["shell"] in known


def _access(holder: Holder, arguments: Sequence[str]) -> bool | None:
    return pam_access.admits(holder.facts, arguments, holder.user, holder.place)


def _time(service: str, holder: Holder, arguments: Sequence[str]) -> bool | None:
    """Whom it lets in at some time it doesn't keep out: that it is closed now and then is what it is for."""
    terminal = CONSOLE_TERMINAL if holder.place is pam_access.CONSOLE else pam_time.SSH_TERMINAL
    found = pam_time.minutes(holder.facts, arguments, service, terminal, holder.name)
    return True if found.surely else None if found.perhaps else False


#: Module -> whether it agrees to the account, None where that can't be known; in every facility, and in auth alone.
ALWAYS: Mapping[str, Agrees] = {
    "pam_access": _access,
    "pam_localuser": _localuser,
    "pam_usertype": _usertype,
    "pam_shells": _shells,
}
AUTHENTICATE: Mapping[str, Agrees] = {
    "pam_unix": _password,
    "pam_sss": _directory,
    "pam_ldap": _directory,
    "pam_winbind": _directory,
    "pam_krb5": _kerberos,
    "pam_oath": _oath,
    "pam_google_authenticator": _google,
    "pam_u2f": _mapped("pam_u2f", "u2f"),
    "pam_yubico": _mapped("pam_yubico", "yubico"),
}
LACKS = {
    "pam_access": "does not let it in from there",
    "pam_time": "never lets it in",
    "pam_unix": "finds no usable password",
    "pam_oath": "finds no token in its file",
    "pam_google_authenticator": "finds no secret that it reads",
    "pam_u2f": "finds no key in its file",
    "pam_yubico": "finds no key in its file",
}
