# SPDX-License-Identifier: GPL-3.0-or-later
"""LP-06, LP-08: an account that programs administer a host with is opened by keys from known places only, and the
register says what it may do."""

from __future__ import annotations

from collections.abc import Iterator

from ....module_utils.ssh.authorized_key import names_sources
from ...declared.registers import Account
from ...evaluators.facts import Unread
from ...evaluators.providers import User, scoped
from ...evaluators.sudoers import grants, unseen
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
AUTOMATION = "automation"


@JUDGES.of("lin-lp-automation-acct")
def automation_acct(case: Case) -> Verdict:
    """Each registered automation account has keys with from= and no password, and its sudo scope is recorded.

    That no two customers share it is lin-ns-key-reuse's.
    """
    known = registered(case)
    if not known:
        raise NotApplicable("bulwark_accounts names no account of kind automation that this host has")
    wrong: list[Item] = []
    unread: list[str] = []
    for account, user in known:
        try:
            found = [*_opened(case, user), *_unrecorded(case, account, user)]
        except Unread as reason:
            unread.append("%s: %s" % (account.name, reason))
            continue
        wrong += [item("%s: %s" % (account.name, what), "%s: %s" % (account.name, text)) for what, text in found]
        hidden = case.facts["keys"]["unreadable"].get(account.name)
        if hidden:
            unread.append("keys of %s: %s" % (account.name, hidden))
    return verdict(
        "accounts of automation have no password, every key names where it may come from (from=), and where sudo lets "
        "them do anything their scope is in bulwark_accounts",
        wrong,
        [*unread, *(unseen(case) if case.facts["sudo"]["installed"] else [])],
        evidence=["cvtsudoers -e -f json /etc/sudoers", *(key["path"] for key in case.facts["keys"]["authorized"]
                                                          if key["user"] in {one.name for one, _user in known})],
    )  # fmt: skip


def registered(case: Case) -> list[tuple[Account, User]]:
    """Return (register's entry, entry of accounts.users) of the automation that can still log in."""
    users = {user["name"]: user for user in case.facts["accounts"]["users"]}
    return [
        (account, users[account.name])
        for account in case.registers.declared("accounts")
        if account.kind == AUTOMATION and account.name in users and not users[account.name].get("expired")
    ]


def _opened(case: Case, user: User) -> Iterator[tuple[str, str]]:
    name = user["name"]
    if case.facts["accounts"]["passwords"].get(name) in ("usable", "empty"):
        yield "password", "it has a password"
    for key in case.facts["keys"]["authorized"]:
        if key["user"] == name and not names_sources(key["options"]):
            place = "key %s (%s line %d)" % (key["fingerprint"], key["path"], key["line"])
            yield "%s from anywhere" % key["fingerprint"], "%s has no from= that names where it may come from" % place


def _unrecorded(case: Case, account: Account, user: User) -> Iterator[tuple[str, str]]:
    commands = [grant.command for grant in grants(case, user)]
    if commands and not scoped(account):
        yield "no scope", "sudo lets it run %s, and bulwark_accounts records no scope" % ", ".join(commands[:10])
