# SPDX-License-Identifier: GPL-3.0-or-later
"""How many factors an alternative of AuthenticationMethods asks for.

In AuthenticationMethods a blank means OR and a comma AND (sshd_config(5)).
"""

from __future__ import annotations

from ...evaluators.logins import Context
from ...evaluators.pam_stack import Person, entries, mfa_modules, must_succeed
from ...evaluators.verdict import Case

SERVICE = "sshd"
#: Modules that ask for the account's password.
PASSWORD_MODULES = ("pam_unix", "pam_sss", "pam_ldap", "pam_krb5", "pam_winbind")
SK_PREFIXES = ("sk-", "webauthn-sk-")


def single_factor(case: Case, context: Context) -> list[tuple[str, str]]:
    """Return [(alternative, why one factor satisfies it)] of the effective AuthenticationMethods."""
    found = ((one, _weakness(case, context, one)) for one in context.value("authenticationmethods").split())
    return [(alternative, why) for alternative, why in found if why]


def _weakness(case: Case, context: Context, alternative: str) -> str:
    if alternative == "any":
        return "each method that is switched on is enough alone"
    methods = alternative.split(",")
    key = "publickey" in methods
    if key and limited_to_verified_sk(context):
        return ""
    if not {"keyboard-interactive", "keyboard-interactive:pam"} & set(methods):
        return "a single factor is enough"
    modules = mfa_modules(case.facts, case.policy, SERVICE)
    if not modules:
        return "the PAM stack of sshd asks for no second factor"
    return "" if key or _asks_password_and_code(case, modules) else "the PAM stack of sshd is content with one factor"


def _asks_password_and_code(case: Case, modules: list[str]) -> bool:
    person = Person(SERVICE, case.policy["bulwark_break_glass_group"])
    stack = entries(case.facts, SERVICE)
    return must_succeed(stack, modules, person) and must_succeed(stack, PASSWORD_MODULES, person)


def limited_to_verified_sk(context: Context) -> bool:
    """Say whether sshd takes only keys on hardware that checks who touches it (PIN or fingerprint)."""
    return only_sk(context) and "verify-required" in context.value("pubkeyauthoptions").split()


def only_sk(context: Context) -> bool:
    """Say whether sshd takes only FIDO2 keys."""
    return all(name.startswith(SK_PREFIXES) for name in context.value("pubkeyacceptedalgorithms").split(","))
