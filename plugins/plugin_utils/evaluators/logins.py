# SPDX-License-Identifier: GPL-3.0-or-later
"""Who can log in over SSH: the host's accounts, what sshd makes of each, and what the register says about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...module_utils.ssh.match import glob_matches
from ..declared.parties import CUSTOMER
from ..declared.registers import Account
from .facts import Unread
from .verdict import Case, NotApplicable

ADMIN_GROUPS = frozenset({"sudo", "wheel", "admin"})
#: Programs that end a session at once when they stand in place of a shell.
NO_SHELL = frozenset({"nologin", "false", "true", "sync", "shutdown", "halt"})
EVERY_LOGIN = "every login"
UNREGISTERED = "not in bulwark_accounts, judged as a person"


@dataclass(frozen=True)
class Context:
    """One kind of login as sshd sees it: effective settings, and the command that printed them.

    users: the accounts it holds for. name: the Match lines that single it out, without file and line. place: the
    same in words for a report.
    """

    users: Sequence[str]
    name: str
    place: str
    command: str
    settings: Mapping[str, Sequence[str]]

    def value(self, option: str) -> str:
        """Return the effective value of an option; raises Unread where this sshd doesn't print it."""
        if option not in self.settings:
            raise Unread("%s prints no %s" % (self.command, option))
        return " ".join(self.settings[option])

    def on(self, option: str) -> bool:
        """Say whether an option is yes."""
        return self.value(option) == "yes"

    def listed(self, option: str) -> Sequence[str]:
        """Return the values of an option that sshd prints only where it is set."""
        return self.settings.get(option, ())


@dataclass(frozen=True)
class Login:
    """An account that can log in from afar.

    kind and party are the register's; of an unregistered account person and customer. keys: as keys.authorized.
    unsure: why it is not certain that the account can log in at all; None where a key or password certainly opens it.
    """

    name: str
    kind: str
    party: str
    admin: bool
    shell: bool
    account: Account | None
    contexts: tuple[Context, ...]
    keys: tuple[Mapping[str, Any], ...]
    unread_keys: str | None
    unsure: str | None

    @property
    def external(self) -> bool:
        """Say whether it belongs to a provider or vendor."""
        return self.party != CUSTOMER

    @cached_property
    def label(self) -> str:
        """Return the name, with a remark where the register doesn't know it."""
        return self.name if self.account else "%s (%s)" % (self.name, UNREGISTERED)

    def settings(self, option: str) -> dict[str, Context]:
        """Return {effective value: the first context that has it}: more than one where Match lines differ."""
        found: dict[str, Context] = {}
        for context in self.contexts:
            found.setdefault(context.value(option), context)
        return found


def require_server(case: Case) -> None:
    """Raise NotApplicable on a host without an SSH server, Unread where it is one that is not read."""
    sshd = case.facts["sshd"]
    if sshd["installed"]:
        return
    if sshd["running"]:
        raise Unread("an SSH server runs whose program is not on the disk, so that it can't be asked")
    if sshd["others"]:
        raise Unread("the SSH server is %s, of which no configuration is read" % ", ".join(sshd["others"]))
    raise NotApplicable("no SSH server is installed and none runs (looked for sshd, dropbear and tinysshd)")


def server(case: Case) -> Context:
    """Return the server's own settings: those that no Match block can change."""
    require_server(case)
    return Context((), "", EVERY_LOGIN, "sshd -T", case.facts["sshd"]["settings"])


def contexts(case: Case) -> list[Context]:
    """Return every kind of login that sshd tells apart, with all settings in force for it."""
    base = server(case)
    return [_context(base, found) for found in case.facts["sshd"]["contexts"]]


def _context(base: Context, found: Mapping[str, Any]) -> Context:
    lines = ["Match %s (%s line %d)" % (met["match"], met["file"], met["line"]) for met in found["why"]]
    others = "logins that no Match line names" if found["asked"] else base.place
    return Context(
        users=found["users"],
        name=" and ".join(met["match"] for met in found["why"]) or "others",
        place=" and ".join(lines) or others,
        command="sshd -T -C %s" % found["asked"] if found["asked"] else base.command,
        settings={**base.settings, **found["settings"]},
    )


def spread(known: Sequence[Context], option: str) -> list[tuple[str, str, str]]:
    """Return [(effective value, stable name of the logins that have it, the same in words for a report)].

    A value that no Match line changes holds for every login.
    """
    holders: dict[str, list[Context]] = {}
    for context in known:
        holders.setdefault(context.value(option), []).append(context)
    if len(holders) == 1:
        return [(value, "all", EVERY_LOGIN) for value in holders]
    return [
        (
            value,
            "; ".join(sorted({context.name for context in holding})),
            "; ".join(dict.fromkeys(context.place for context in holding)),
        )
        for value, holding in holders.items()
    ]


def logins(case: Case) -> list[Login]:
    """Return the accounts that can log in over SSH and get a shell, or may be able to (see Login.unsure)."""
    return [login for login in remote_accounts(case) if login.shell]


def remote_accounts(case: Case) -> list[Login]:
    """Return the accounts that can authenticate to sshd; without a shell they may still forward ports."""
    known = [(context, frozenset(context.users)) for context in contexts(case)]
    keys: dict[str, list[Mapping[str, Any]]] = {}
    for key in case.facts["keys"]["authorized"]:
        keys.setdefault(key["user"], []).append(key)
    found = []
    for user in case.facts["accounts"]["users"]:
        own = tuple(one for one, names in known if user["name"] in names and admitted(user, one))
        if own and not user.get("expired"):
            found.append(_login(case, user, own, tuple(keys.get(user["name"], ()))))
    return [login for login in found if login is not None]


def _login(
    case: Case, user: Mapping[str, Any], own: tuple[Context, ...], keys: tuple[Mapping[str, Any], ...]
) -> Login | None:
    unread_keys = case.facts["keys"]["unreadable"].get(user["name"])
    account = case.registers.account(user["name"])
    certain, unsure = _ways(case, user, own, keys, unread_keys)
    if not certain and not unsure:
        return None
    return Login(
        name=user["name"],
        kind=account.kind if account else "person",
        party=account.party if account else CUSTOMER,
        admin=user["uid"] == 0 or bool(ADMIN_GROUPS & set(user["groups"])) or bool(account and account.admin),
        shell=user["shell"].rsplit("/", 1)[-1] not in NO_SHELL,
        account=account,
        contexts=own,
        keys=keys,
        unread_keys=unread_keys,
        unsure=None if certain else unsure[0],
    )


def admitted(user: Mapping[str, Any], context: Context) -> bool:
    """Say whether DenyUsers, AllowUsers, DenyGroups, AllowGroups and PermitRootLogin let an account in from anywhere.

    A pattern with a host part never shuts an account out as a whole, and lets it in from there.
    """

    def in_groups(option: str) -> bool:
        return any(glob_matches(group, pattern) for pattern in context.listed(option) for group in user["groups"])

    name = user["name"]
    if user["uid"] == 0 and context.value("permitrootlogin") == "no":
        return False
    if any(glob_matches(name, pattern) for pattern in context.listed("denyusers")) or in_groups("denygroups"):
        return False
    if context.listed("allowusers") and not any(
        glob_matches(name, entry.split("@")[0]) for entry in context.listed("allowusers")
    ):
        return False
    return not context.listed("allowgroups") or in_groups("allowgroups")


def _ways(
    case: Case,
    user: Mapping[str, Any],
    own: Sequence[Context],
    keys: Sequence[Mapping[str, Any]],
    unread_keys: str | None,
) -> tuple[bool, list[str]]:
    """Return (whether a key or password certainly opens the account, why something else may)."""
    certain, unsure = False, []
    password = user.get("password")
    for context in own:
        root = context.value("permitrootlogin") if user["uid"] == 0 else "yes"
        if context.on("pubkeyauthentication"):
            usable = keys if root != "forced-commands-only" else [key for key in keys if "command" in key["options"]]
            certain = certain or bool(usable)
            if unread_keys:
                unsure.append(unread_keys)
            if context.value("trustedusercakeys") != "none":
                unsure.append("a certificate of a CA in %s may open it" % context.value("trustedusercakeys"))
        if user["source"] != "files" and context.on("gssapiauthentication"):
            unsure.append("a Kerberos ticket may open it")
        if root == "yes" and asks_password(context):
            certain = certain or password == "usable" or (password == "empty" and context.on("permitemptypasswords"))
            if password is None:
                reason = case.facts["accounts"].reason("passwords")
                unsure.append(
                    reason or "%s is not a local account: whether it has a password isn't known" % user["name"]
                )
    return certain, unsure


def asks_password(context: Context) -> bool:
    """Say whether sshd takes passwords, by its own method or through PAM."""
    return context.on("passwordauthentication") or (context.on("kbdinteractiveauthentication") and context.on("usepam"))
