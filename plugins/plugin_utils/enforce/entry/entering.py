# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether one account can log in over SSH: admitted by sshd, with methods it can meet, and not refused by PAM."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ....module_utils.readers.keys import key_files
from ....module_utils.ssh.config import criteria
from ....module_utils.ssh.match import address_matches, glob_matches
from ...evaluators.facts import Unread
from ...evaluators.logins import Context, admitted, contexts
from ...evaluators.verdict import Case, NotApplicable
from .answering import Holder
from .answering import refusal as pam_refusal

SERVICE = "sshd"
#: Who may try at all: option of sshd -T -> its name in sshd_config(5).
ADMISSION = {
    "permitrootlogin": "PermitRootLogin",
    "denyusers": "DenyUsers",
    "allowusers": "AllowUsers",
    "denygroups": "DenyGroups",
    "allowgroups": "AllowGroups",
}
#: Older servers print the second name.
ALGORITHMS = ("pubkeyacceptedalgorithms", "pubkeyacceptedkeytypes")
#: Key type -> the signature algorithms it is used with, where those are others than its own name.
SIGNATURES = {
    "ssh-rsa": ("ssh-rsa", "rsa-sha2-256", "rsa-sha2-512"),
    "sk-ecdsa-sha2-nistp256@openssh.com": (
        "sk-ecdsa-sha2-nistp256@openssh.com",
        "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
    ),
}
#: Methods of which nobody asks why they are closed.
SELDOM = ("gssapi-with-mic", "hostbased")
MOST_REASONS = 3


@dataclass(frozen=True)
class Comer:
    """Who wants in: the account, and from which address ("": from anywhere).

    hopeful: what can't be known counts for it, else against it.
    """

    name: str
    address: str = ""
    hopeful: bool = False

    def known(self, ask: Callable[[], str | None]) -> str | None:
        """Return the refusal that `ask` finds; what can't be known is one unless there is hope."""
        try:
            return ask()
        except Unread as reason:
            return None if self.hopeful else str(reason)


@dataclass(frozen=True)
class Login:
    """One account at one kind of login."""

    case: Case
    comer: Comer
    user: Mapping[str, Any]
    context: Context

    @property
    def root_login(self) -> str:
        """Return PermitRootLogin as it binds this account."""
        return self.context.value("permitrootlogin") if self.user["uid"] == 0 else "yes"

    def holder(self, dialogue: bool) -> Holder:
        """Return the account as PAM asks it."""
        empty = self.context.on("permitemptypasswords")
        return Holder(self.case.facts, self.user, self.comer.hopeful, dialogue, empty, self.comer.address)


def refusal(case: Case, comer: Comer) -> str | None:
    """Return why the account can't log in, by the directive or module that refuses it; None where it can."""
    try:
        return comer.known(partial(_refusal, case, comer))
    except NotApplicable as reason:
        return str(reason)


def _refusal(case: Case, comer: Comer) -> str | None:
    user = next((user for user in case.facts["accounts"]["users"] if user["name"] == comer.name), None)
    if user is None:
        return "there is no such account"
    if user.get("expired"):
        return "the account has expired"
    reasons: list[str] = []
    for context in login_contexts(case, comer):
        reason = comer.known(partial(_at, Login(case, comer, user, context)))
        if reason is None:
            return None
        reasons.append(reason)
    if not reasons:
        raise Unread("sshd was not asked about %s%s" % (comer.name, comer.address and " from " + comer.address))
    return _joined(reasons)


def login_contexts(case: Case, comer: Comer) -> list[Context]:
    """Return the kinds of login that sshd tells apart and the account's may be, for all its addresses or this one."""
    found = case.facts["sshd"]["contexts"]
    named = [pair for each in found for met in each["why"] for pair in criteria(met["match"].split())]
    patterns = list(dict.fromkeys(value for name, value in named if name == "address"))

    def place(address: str) -> list[bool]:
        return [address_matches(address, pattern) for pattern in patterns]

    return [
        context
        for each, context in zip(found, contexts(case), strict=True)
        if comer.name in context.users and (not comer.address or place(each["address"]) == place(comer.address))
    ]


def _at(login: Login) -> str | None:
    barred = _barred(login) or _unproven(login)
    if barred:
        return barred
    if not login.context.on("usepam"):
        # sshd then refuses who is locked by "!", and takes who has "*" in its place (sshd(8), LOGIN PROCESS).
        if login.user.get("password") == "locked":
            raise Unread("UsePAM no, and whether sshd takes its password for locked isn't known")
        return None
    refused = pam_refusal(login.holder(dialogue=True), SERVICE, "account")
    return refused and "PAM's account rules: %s" % refused


def _barred(login: Login) -> str | None:
    """Return which directive keeps the account from trying."""
    settings = login.context.settings
    for option, directive in ADMISSION.items():
        only = {"permitrootlogin": ["yes"], **({option: settings[option]} if option in settings else {})}
        if not admitted(login.user, replace(login.context, settings=only)):
            return "%s %s" % (directive, " ".join(settings[option]))
    address = login.comer.address
    for option, wanted in (("denyusers", False), ("allowusers", True)):
        listed = login.context.listed(option)
        if address and listed and any(_names(entry, login.user["name"], address) for entry in listed) != wanted:
            return "%s %s (from %s)" % (ADMISSION[option], " ".join(listed), address)
    return None


def _names(entry: str, name: str, address: str) -> bool:
    """Say whether an entry of AllowUsers or DenyUsers means the account from this address."""
    user, at, host = entry.partition("@")
    return glob_matches(name, user) and (not at or address_matches(address, host))


def _unproven(login: Login) -> str | None:
    """Return why no alternative of AuthenticationMethods can be met."""
    wanted = login.context.value("authenticationmethods")
    reasons = []
    for alternative in METHODS if wanted == "any" else wanted.split():
        methods = alternative.split(",")
        found = (_lacking(login, method, methods) for method in dict.fromkeys(methods))
        lacking = next((reason for reason in found if reason), None)
        if lacking is None:
            return None
        if wanted != "any":
            reasons.append("AuthenticationMethods %s: %s" % (alternative, lacking))
        elif alternative not in SELDOM:
            reasons.append(lacking)
    return _joined(reasons)


def _lacking(login: Login, method: str, methods: Sequence[str]) -> str | None:
    ask = METHODS.get(method.partition(":")[0])
    if ask is None:
        return "nobody here can meet %s" % method
    return login.comer.known(partial(ask, login, methods.count(method)))


def _by_key(login: Login, count: int) -> str | None:
    context, name = login.context, login.user["name"]
    if not context.on("pubkeyauthentication"):
        return "PubkeyAuthentication no"
    keys = login.case.facts["keys"]
    own = [key for key in keys["authorized"] if key["user"] == name and _looked_for(login, key)]
    refusals = {key["fingerprint"]: login.comer.known(partial(_unusable, login, key)) for key in own}
    usable = [fingerprint for fingerprint, reason in refusals.items() if reason is None]
    if len(usable) >= count:
        return None
    if keys["unreadable"].get(name):
        raise Unread(keys["unreadable"][name])
    if context.value("trustedusercakeys") != "none" or any("cert-authority" in key["options"] for key in own):
        raise Unread("only a certificate may open it")
    return _joined([reason for reason in refusals.values() if reason]) or "it has no key"


def _looked_for(login: Login, key: Mapping[str, Any]) -> bool:
    """Say whether sshd looks into the key's file at this kind of login."""
    patterns = login.context.listed("authorizedkeysfile")
    return not patterns or key["path"] in key_files([{"authorizedkeysfile": list(patterns)}], dict(login.user))


def _unusable(login: Login, key: Mapping[str, Any]) -> str | None:
    """Return why sshd doesn't take a key."""
    context, options = login.context, key["options"]
    if "cert-authority" in options:
        return "it is a CA's"
    if login.root_login == "forced-commands-only" and "command" not in options:
        return "PermitRootLogin forced-commands-only"
    algorithms = SIGNATURES.get(key["type"], (key["type"],))
    taken = [word for option in ALGORITHMS for value in context.listed(option) for word in value.split(",")]
    if taken and not any(glob_matches(name, pattern) for name in algorithms for pattern in taken):
        return "PubkeyAcceptedAlgorithms takes no %s key" % key["type"]
    smallest = context.listed("requiredrsasize")
    if smallest and key["type"] == "ssh-rsa" and (key["bits"] or 0) < int(smallest[0]):
        return "RequiredRSASize %s, and the key has %s bits" % (smallest[0], key["bits"])
    return _by_option(login, key) or _unverified(login, key)


def _by_option(login: Login, key: Mapping[str, Any]) -> str | None:
    """Return which option of its line keeps a key from being taken."""
    for option in key["options"]:
        name, _equals, quoted = option.partition("=")
        value = quoted.strip('"')
        if name == "expiry-time" and value[:8] < login.case.today.strftime("%Y%m%d"):
            return "its key expired on %s" % value
        if name == "from" and login.comer.address and not address_matches(login.comer.address, value):
            if any(sign.isalpha() for sign in value) and ":" not in value:
                raise Unread("from= names hosts, and which one %s is isn't known" % login.comer.address)
            return "%s does not mean %s" % (option, login.comer.address)
    return None


def _unverified(login: Login, key: Mapping[str, Any]) -> str | None:
    """A security key is made with or without verification of its user, which doesn't show on the host."""
    account = login.case.registers.account(login.user["name"])
    if (
        key["type"].startswith("sk-")
        and any("verify-required" in value.split(",") for value in login.context.listed("pubkeyauthoptions"))
        and "verify-required" not in key["options"]
        and not (account and "sk" in account.factors)
    ):
        raise Unread("PubkeyAuthOptions verify-required, and whether its security key verifies its user isn't known")
    return None


def _by_password(login: Login, _count: int) -> str | None:
    if login.root_login != "yes":
        return "PermitRootLogin %s" % login.root_login
    if not login.context.on("passwordauthentication"):
        return "PasswordAuthentication no"
    holder = login.holder(dialogue=False)
    if login.context.on("usepam"):
        return pam_refusal(holder, SERVICE)
    state = login.user.get("password")
    if state is None:
        raise Unread("whether it has a password isn't known")
    return None if state == "usable" or (state == "empty" and holder.empty) else "it has no usable password"


def _by_dialogue(login: Login, _count: int) -> str | None:
    if login.root_login != "yes":
        return "PermitRootLogin %s" % login.root_login
    if not login.context.on("kbdinteractiveauthentication"):
        return "KbdInteractiveAuthentication no"
    if not login.context.on("usepam"):
        return "UsePAM no"
    return pam_refusal(login.holder(dialogue=True), SERVICE)


def _by_ticket(login: Login, _count: int) -> str | None:
    return _elsewhere(login, "gssapiauthentication", "GSSAPIAuthentication", "whether a Kerberos ticket opens it")


def _by_host(login: Login, _count: int) -> str | None:
    return _elsewhere(login, "hostbasedauthentication", "HostbasedAuthentication", "which hosts open it")


def _elsewhere(login: Login, option: str, directive: str, question: str) -> str:
    if "yes" not in login.context.listed(option):
        return "%s no" % directive
    raise Unread("%s isn't known" % question)


METHODS: Mapping[str, Callable[[Login, int], str | None]] = {
    "publickey": _by_key,
    "password": _by_password,
    "keyboard-interactive": _by_dialogue,
    "gssapi-with-mic": _by_ticket,
    "hostbased": _by_host,
}


def _joined(reasons: Iterable[str]) -> str:
    return "; ".join(list(dict.fromkeys(reasons))[:MOST_REASONS])
