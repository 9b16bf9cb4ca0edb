# SPDX-License-Identifier: GPL-3.0-or-later
"""Who would be out if a way to log in over SSH were closed: what has to be known before one is."""

from __future__ import annotations

from ...evaluators.logins import Context, Login, logins, remote_accounts
from ...evaluators.verdict import Case
from ..steps import Left


def named(names: list[str], limit: int = 5) -> str:
    """Return names for a sentence, the rest as a number."""
    return ", ".join(names[:limit]) + (" and %d more" % (len(names) - limit) if len(names) > limit else "")


def uid(case: Case, name: str) -> int:
    """Return the number of an account of the host."""
    return next(int(user["uid"]) for user in case.facts["accounts"]["users"] if user["name"] == name)


def require_keys(case: Case) -> None:
    """Raise Left where somebody who can log in now has no key: nothing else would open the account any more."""
    without = [login.name for login in remote_accounts(case) if _password_only(case, login)]
    if without:
        raise Left("%s: no SSH key opens the account, only a password; give it a key, or declare in bulwark_accounts "
                   "who needs it and take it out of SSH" % named(without))  # fmt: skip


def _password_only(case: Case, login: Login) -> bool:
    if (
        login.keys
        or login.unread_keys
        or any(context.value("trustedusercakeys") != "none" for context in login.contexts)
    ):
        return False
    if root_goes(case, login.name):
        return False
    return any(_keyless(context) for context in login.contexts)


def _keyless(context: Context) -> bool:
    alternatives = context.value("authenticationmethods").split()
    return any("publickey" not in alternative.split(",") for alternative in alternatives)


def require_register(case: Case) -> None:
    """Raise Left where it is not declared who is a person and who a machine."""
    case.registers.declared("accounts")
    unknown = [one.name for one in remote_accounts(case) if one.account is None and not root_goes(case, one.name)]
    if unknown:
        raise Left(
            "%s: not in bulwark_accounts, so that nobody says whether a person or a machine logs in" % named(unknown)
        )


def root_goes(case: Case, name: str) -> bool:
    """Say whether it is root's account, which lin-ic-ssh-no-root takes out of SSH anyway."""
    return uid(case, name) == 0 and case.policy["bulwark_ssh_permit_root"] == "no" and not root_needed(case)


def root_needed(case: Case) -> str:
    """Return why root has to be able to log in over SSH; empty where somebody else surely can and become root."""
    system = case.facts["system"]
    roots = {user["name"] for user in case.facts["accounts"]["users"] if user["uid"] == 0}
    if system["account"] in roots and system["peer"]:
        return "this very run logs in as %s: give it an account of its own with sudo (ansible_user)" % system["account"]
    if system["privileged"] and system["account"] and system["account"] not in roots:
        return ""  # the run itself came in as somebody else and became root
    others = [login.name for login in logins(case) if login.admin and login.name not in roots and not login.unsure]
    return "" if others else "no other account that is surely able to log in can become root (bulwark_accounts: admin)"
