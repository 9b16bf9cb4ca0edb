# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a provider's accounts stand only where it manages the host, and get in only from its own networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ....module_utils.readers.access import ACCESS_FILE
from ...declared.registers import Account
from ...evaluators.checks import gather
from ...evaluators.departed import over
from ...evaluators.facts import Unread
from ...evaluators.logins import Login, remote_accounts, require_server
from ...evaluators.origins import allowed, beyond
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
SHOWN = 3


@JUDGES.of("lin-aa-msp-scope")
def msp_scope(case: Case) -> Verdict:
    """A provider's accounts exist only where it manages the host, and pam_access holds them to their networks."""
    external = {account.name: account for account in case.registers.declared("accounts") if account.external}
    users = case.facts["accounts"]["users"]
    here = [external[user["name"]] for user in users if user["name"] in external and not user.get("expired")]
    wrong, unread = gather(case, partial(_strangers, here))
    try:
        for login in _logins(case, {account.name for account in here}):
            found, reason = too_wide(case, login, external[login.name])
            wrong += [found] if found else []
            unread += [reason] if reason else []
    except Unread as problem:
        unread.append(str(problem))
    read = dict(case.facts["access"]).get("access", ())
    return verdict(
        "accounts of providers and vendors exist only where bulwark_msp_managed names their party, and pam_access in "
        "sshd's account stack lets each in from its sources alone",
        wrong,
        unread,
        evidence=["/etc/pam.d/sshd", *(one["file"] or ACCESS_FILE for one in read)],
        cause="lin-oa-msp-contract-end" if wrong and _gone(case, wrong) else None,
    )


def _gone(case: Case, wrong: Sequence[Item]) -> bool:
    """Say whether none of these accounts should be in use at all."""
    names = {found.identity.partition(":")[0] for found in wrong}
    return names <= set(over(case)[0])


def _strangers(here: Sequence[Account], case: Case) -> Iterator[Item]:
    if not here:
        return
    managed = case.registers.declared("msp_managed")
    for account in here:
        if account.party not in managed:
            text = "%s is an account of %s, which does not manage this host (bulwark_msp_managed)"
            yield item("%s: party" % account.name, text % (account.name, account.party))


def _logins(case: Case, names: set[str]) -> list[Login]:
    try:
        require_server(case)
    except NotApplicable:
        return []
    return [login for login in remote_accounts(case) if login.name in names]


def too_wide(case: Case, login: Login, account: Account) -> tuple[Item | None, str]:
    """Return (what is wrong with from where a provider's account gets in, what can't be told of it)."""
    networks = allowed(case, account)
    off = [context.place for context in login.contexts if not context.on("usepam")]
    if off:
        return item("%s: sources" % login.name, "%s gets in from anywhere: UsePAM no for %s" % (login.name, off[0])), ""
    user = next(user for user in case.facts["accounts"]["users"] if user["name"] == login.name)
    found = beyond(case, user, networks)
    if found.surely:
        outside = "outside %s" % ", ".join(networks) if networks else "and has no sources declared"
        text = "%s gets in from %s, %s: no line of pam_access in sshd's account stack refuses it"
        return item("%s: sources" % login.name, text % (login.name, ", ".join(found.surely[:SHOWN]), outside)), ""
    if not networks:
        return None, "%s: neither its sources nor bulwark_admin_cidrs are declared" % login.name
    if found.perhaps:
        return None, "%s: whether pam_access lets it in from %s can't be told" % (login.name, found.perhaps[0])
    return None, ""
