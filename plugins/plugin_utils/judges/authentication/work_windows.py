# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a provider's accounts are shut outside the hours in which their contract lets them work."""

from __future__ import annotations

from ...declared.registers import Contract, Undeclared
from ...evaluators.facts import Unread
from ...evaluators.logins import Login, remote_accounts, require_server
from ...evaluators.pam_time import first
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict
from ...evaluators.work_hours import admitted, bound, declared, due, opened

JUDGES = Judges()


@JUDGES.of("lin-aa-msp-idle-off")
def idle_off(case: Case) -> Verdict:
    """Outside the windows of its contract no account of a provider or vendor can log in."""
    require_server(case)
    case.registers.declared("accounts")
    wrong: list[Item] = []
    unread: list[str] = []
    for login in remote_accounts(case):
        if login.account is None or not bound(login.account):
            continue
        try:
            contract, reason = declared(case, login.account)
            if contract is None:
                unread.append(reason)
                continue
            beyond, unsure = outside(case, login, contract)
        except (Unread, Undeclared) as reason:
            unread.append("%s: %s" % (login.name, reason))
            continue
        if beyond:
            text = "%s can log in outside the windows of its contract, such as on %s: no line of pam_time in sshd's "
            wrong.append(item(login.name, (text + "account stack keeps it out then") % (login.name, beyond)))
        elif unsure:
            unread.append(unsure)
    return verdict(
        "accounts of providers and vendors get in within the windows of their contract alone: pam_time keeps them out "
        "at other times, or the account is expired then",
        wrong,
        unread,
        evidence=["/etc/pam.d/sshd", *(one["file"] for one in dict(case.facts["access"]).get("time", ()))],
    )


def outside(case: Case, login: Login, contract: Contract) -> tuple[str, str]:
    """Return (a time outside the windows at which an account gets in, why there may be one); empty where none."""
    user = next(user for user in case.facts["accounts"]["users"] if user["name"] == login.name)
    if any(not context.on("usepam") for context in login.contexts):
        return "any day: UsePAM is no", ""
    if login.account and due(case, user, login.account, contract):
        return "", ""
    system = case.facts["system"]
    windows = opened(contract.windows, system["timezone"], case.today)
    found = admitted(case, user)
    if found.surely & ~windows.perhaps:
        return first(found.surely & ~windows.perhaps), ""
    if found.perhaps & ~windows.surely:
        text = "%s: on %s it isn't certain whether it gets in and a window is open; the host's clock is in %s"
        return "", text % (login.name, first(found.perhaps & ~windows.surely), system["timezone"])
    return "", ""
