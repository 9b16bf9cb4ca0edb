# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a provider's accounts stand only where it manages the host, and get in only from its own networks."""

from __future__ import annotations

from ...declared.registers import Account
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
    here = [external[user["name"]] for user in case.facts["accounts"]["users"]
            if user["name"] in external and not user.get("expired")]  # fmt: skip
    wrong: list[Item] = []
    unread: list[str] = []
    managed = case.registers.msp_managed
    if managed is None and here:
        unread.append("bulwark_msp_managed is not declared for this host; set it, even to an empty list")
    for account in here:
        if managed is not None and account.party not in managed:
            text = "%s is an account of %s, which does not manage this host (bulwark_msp_managed)"
            wrong.append(item("%s: party" % account.name, text % (account.name, account.party)))
    for login in _logins(case, {account.name for account in here}):
        try:
            found, reason = too_wide(case, login)
        except Unread as problem:
            found, reason = None, "%s: %s" % (login.name, problem)
        wrong += [found] if found else []
        unread += [reason] if reason else []
    return verdict(
        "accounts of providers and vendors exist only where bulwark_msp_managed names their party, and pam_access in "
        "sshd's account stack lets each in from its sources alone",
        wrong,
        unread,
        evidence=[
            "/etc/pam.d/sshd",
            *(one["file"] or "/etc/security/access.conf" for one in case.facts["access"]["access"]),
        ],
    )


def _logins(case: Case, names: set[str]) -> list[Login]:
    try:
        require_server(case)
    except NotApplicable:
        return []
    return [login for login in remote_accounts(case) if login.name in names]


def too_wide(case: Case, login: Login) -> tuple[Item | None, str]:
    """Return (what is wrong with from where a provider's account gets in, what can't be told of it)."""
    account: Account = login.account  # type: ignore[assignment]
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
