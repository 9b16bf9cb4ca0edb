# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is asked for a second factor once it is enforced, who holds one, and who can help when it is down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from ...declared.registers import Account
from ...evaluators.facts import Unread
from ...evaluators.logins import NO_SHELL, Login, logins
from ...evaluators.verdict import Case
from ...judges.mfa.enrolment import METHODS as KEPT
from ...judges.mfa.enrolment import in_home
from ...judges.mfa.ssh import PEOPLE
from ..steps import Left

BREAK_GLASS = "break_glass"
TOTP = "totp"
#: bulwark_mfa_method -> the PAM module that asks for its codes, and the files of root's that hold the seeds.
OATH, GOOGLE = "pam_oath", "pam_google_authenticator"
MODULES = {"totp": OATH, "google_authenticator": GOOGLE}
FILES = {OATH: "/etc/users.oath", GOOGLE: "/var/lib/google-authenticator/${USER}"}


def chosen_module(case: Case) -> str:
    """Return the module of bulwark_mfa_method; raises Left where its factor is not asked through a module of ours."""
    method = case.policy["bulwark_mfa_method"]
    if method == "sk":
        raise Left(
            "bulwark_mfa_method is sk, and sshd still asks through PAM: that ends with lin-ic-ssh-no-password and "
            "AuthenticationMethods publickey"
        )
    if method not in MODULES:
        raise Left(
            "bulwark_mfa_method is external: put the provider's module into /etc/pam.d/sshd behind the password, as "
            "its manual says; it is not ours to install"
        )
    return MODULES[method]


def place(case: Case) -> tuple[str, str]:
    """Return the module that asks for codes here, sshd's first, and the file or pattern of files with its seeds."""
    lines = [line for line in case.facts["factors"]["modules"] if line["module"] in FILES]
    for line in sorted(lines, key=lambda line: line["service"] != "sshd"):
        pattern = FILES[line["module"]] if in_home(line["pattern"]) else line["pattern"]
        return line["module"], pattern
    module = chosen_module(case)
    return module, FILES[module]


def holders(case: Case, module: str) -> set[str]:
    """Return who holds a factor in any file of a module, whether or not a service asks it."""
    names: set[str] = set()
    for file in case.facts["factors"][KEPT[module][0]]:
        if "unread" in file:
            raise Unread(file["unread"])
        names.update(held_in(file))
    return names


def held_in(file: Mapping[str, Any]) -> list[str]:
    """Return the users with a factor in a file, each as often as it stands there."""
    if "user" in file:
        return [file["user"]]
    return [entry["user"] if isinstance(entry, Mapping) else entry for entry in file.get("users", ())]


def present(case: Case) -> Iterator[Account]:
    """Yield the registered accounts that exist here and can be logged in with."""
    accounts = {account.name: account for account in case.registers.declared("accounts")}
    for user in case.facts["accounts"]["users"]:
        if user["name"] in accounts and not user.get("expired") and user["shell"].rsplit("/", 1)[-1] not in NO_SHELL:
            yield accounts[user["name"]]


def seedless(case: Case, names: Iterable[str]) -> None:
    """Raise Left where somebody's seed is not in bulwark_totp_seeds."""
    missing = sorted(set(names) - case.registers.seeded)
    if missing:
        raise Left("bulwark_totp_seeds: %s has no seed" % " and ".join(missing))


def exempt(case: Case) -> set[str]:
    """Return the members of bulwark_break_glass_group."""
    group = case.policy["bulwark_break_glass_group"]
    return set(case.facts["accounts"]["groups"].get(group, ())) if group else set()


def asked(case: Case) -> list[Login]:
    """Return the logins of registered people and break-glass accounts that a second factor will be asked of."""
    case.registers.declared("accounts")
    spared = exempt(case)
    return [
        login
        for login in logins(case)
        if login.account and login.kind in PEOPLE | {BREAK_GLASS} and login.name not in spared
    ]


def require_codes(case: Case) -> None:
    """Raise Left where somebody would be kept out for want of a key, or of a code that isn't and can't be given out."""
    wrong = []
    for login in asked(case):
        if login.kind == BREAK_GLASS:
            wrong.append("%s is a break-glass account and not in bulwark_break_glass_group" % login.name)
        elif not login.keys and not login.unread_keys:
            wrong.append("%s has no SSH key, and would be out" % login.name)
        elif login.account and TOTP not in login.account.factors:
            wrong.append("%s has no factor totp in bulwark_accounts, and would be out" % login.name)
    if wrong:
        raise Left("; ".join(wrong))


def require_break_glass(case: Case, service: str) -> None:
    """Raise Left where nobody could log in while a service that second factors depend on is down."""
    newest = case.today - timedelta(days=case.policy["bulwark_break_glass_test_days"])
    members = exempt(case)
    for account in case.registers.declared("accounts"):
        tested = account.tested is not None and account.tested >= newest
        if account.kind == BREAK_GLASS and tested and not account.external and account.name in members:
            return
    raise Left(
        "from then on nobody gets in while %s is down: bulwark_accounts needs a tested break-glass account of the "
        "customer's, and the host needs it in bulwark_break_glass_group" % service
    )
