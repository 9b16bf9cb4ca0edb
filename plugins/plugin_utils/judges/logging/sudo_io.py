# SPDX-License-Identifier: GPL-3.0-or-later
"""What providers' people do by sudo is recorded, and what automation does is not: modules print secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...declared.registers import Account
from ...evaluators.providers import User, providers
from ...evaluators.sudoers import grants, options, unseen
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
AUTOMATION = "automation"
TLS = "(tls)"


@JUDGES.of("lin-lm-sudo-io")
def sudo_io(case: Case) -> Verdict:
    """Each command of a provider's person runs on a pty and is recorded; of automation nothing is."""
    if not case.facts["sudo"]["installed"]:
        raise NotApplicable("sudo is not installed")
    unread = unseen(case)
    people, machines = persons(case), automation(case)
    if not people and not machines and not unread:
        raise NotApplicable("no person of a provider or vendor and no automation account may use sudo here")
    wrong = [*(one for account, user in people for one in unrecorded(case, account, user)), *recorded(case, machines)]
    return verdict(
        "what people of providers and vendors do by sudo runs with use_pty and log_output (or is sent to log_servers "
        "under TLS, with a logfile); what automation does is not recorded",
        wrong,
        unread,
        ["cvtsudoers -e -f json /etc/sudoers"],
    )


def persons(case: Case) -> list[tuple[Account, User]]:
    """Return the accounts of providers and vendors that people use and that sudo allows anything."""
    found = [(account, user) for account, user in providers(case) if account.kind != AUTOMATION]
    return [(account, user) for account, user in found if grants(case, user)]


def automation(case: Case) -> list[tuple[Account, User]]:
    """Return the registered automation accounts that sudo allows anything."""
    users = {user["name"]: user for user in case.facts["accounts"]["users"]}
    found = [
        (account, users[account.name])
        for account in case.registers.declared("accounts")
        if account.kind == AUTOMATION and account.name in users
    ]
    return [(account, user) for account, user in found if grants(case, user)]


def unrecorded(case: Case, account: Account, user: User) -> Iterator[Item]:
    """Yield what lets a person work without a record."""
    asks = options(case, user)
    who = "%s (%s)" % (account.name, account.party)
    servers = [str(server) for server in listed(asks.get("log_servers"))]
    clear = [server for server in servers if not server.endswith(TLS)]
    if clear:
        yield item(
            "%s: log_servers" % account.name, "%s: sudo sends what it records in the clear: %s" % (who, clear[0])
        )
    elsewhere = bool(servers) and not clear and bool(asks.get("logfile"))
    silent = sorted({grant.command for grant in grants(case, user) if not grant.log_output})
    if silent and not elsewhere:
        text = "%s: what is done by sudo %s is not recorded (log_output)" % (who, ", ".join(silent[:5]))
        yield item("%s: log_output" % account.name, text)
    if not asks.get("use_pty"):
        yield item("%s: use_pty" % account.name, "%s: sudo runs commands on the person's own terminal (use_pty)" % who)


def recorded(case: Case, machines: list[tuple[Account, User]]) -> Iterator[Item]:
    """Yield the automation accounts of which sudo records what they read or print."""
    for account, user in machines:
        held = grants(case, user)
        for name in ("log_output", "log_input"):
            if any(getattr(grant, name) for grant in held):
                text = "%s: what automation does is recorded (%s), and modules print secrets" % (account.name, name)
                yield item("%s: %s" % (account.name, name), text)


def listed(value: Any) -> list[Any]:
    """Return the entries of an option that cvtsudoers prints as a list, or as one text."""
    return value if isinstance(value, list) else str(value).split() if value else []
