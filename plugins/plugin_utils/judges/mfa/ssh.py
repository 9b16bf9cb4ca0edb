# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether every SSH login by a person takes two factors, and every one by a machine a key that is bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain

from ...evaluators.facts import Unread
from ...evaluators.logins import Context, Login, contexts, logins
from ...evaluators.pam_stack import mfa_modules
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict
from .factors import limited_to_verified_sk, only_sk, single_factor
from .machine import bound_keys

JUDGES = Judges()
#: Kinds of accounts that people log in with; the others are machines and the declared emergency accounts.
PEOPLE = frozenset({"person", "shared"})

Found = tuple[list[Item], list[str]]


@JUDGES.of("lin-mf-ssh-methods")
def ssh_methods(case: Case) -> Verdict:
    """People need two factors in every alternative, machines a bound key; emergency accounts are the customer's."""
    found = logins(case)
    rules: dict[str, Callable[[Case, Login], Found]] = {
        "automation": bound_keys,
        "service": bound_keys,
        "break_glass": _emergency,
    }
    wrong, unread = _gather(found, lambda login: rules.get(login.kind, _people)(case, login))
    return verdict(
        "every SSH login by a person or vendor takes two factors, whichever alternative is used; accounts of machines "
        "have their key in a file of root's with from= and restrict, registered for at most %d days, or a certificate "
        "of at most %d hours (not judged yet: forced command, use outside the job's window, one key per customer)"
        % (case.policy["bulwark_automation_key_days"], case.policy["bulwark_automation_cert_hours"]),
        wrong,
        unread,
        evidence=[*_commands(found), "/etc/pam.d/sshd", *(key["path"] for login in found for key in login.keys)],
    )


def _gather(found: list[Login], rule: Callable[[Login], Found]) -> Found:
    """Apply a rule to each login; what is wrong with one that may not be able to log in at all is only unread."""
    wrong: list[Item] = []
    unread: list[str] = []
    for login in found:
        try:
            own_wrong, own_unread = rule(login)
        except Unread as reason:
            own_wrong, own_unread = [], [str(reason)]
        if login.unsure and own_wrong:
            own_unread.append("%s may be able to log in: %s" % (login.name, login.unsure))
        elif own_wrong:
            wrong += own_wrong
        unread += own_unread
    return wrong, unread


def _people(case: Case, login: Login) -> Found:
    wrong = [
        item(
            "%s: %s: %s" % (login.name, alternative, context.name),
            "%s: AuthenticationMethods %s for %s: %s" % (login.label, alternative, context.place, why),
        )
        for context in login.contexts
        for alternative, why in single_factor(case, context)
    ]
    return wrong, []


def _emergency(_case: Case, login: Login) -> Found:
    text = "%s is an emergency account of %s: those are the customer's own" % (login.name, login.party)
    return ([item("%s: break_glass of %s" % (login.name, login.party), text)] if login.external else []), []


def _commands(found: list[Login]) -> list[str]:
    return [context.command for login in found for context in login.contexts]


@JUDGES.of("lin-mf-ssh-pam")
def ssh_pam(case: Case) -> Verdict:
    """sshd must call PAM, and where a code is asked through PAM, allow the dialogue it is asked in."""
    known = contexts(case)
    wrong = [
        item("usepam no", "UsePAM is not yes: %s" % context.place) for context in known if not context.on("usepam")
    ]
    people = [login for login in logins(case) if login.kind in PEOPLE]
    in_use = mfa_modules(case.facts, case.policy, "sshd")
    for login in people:
        for context in login.contexts:
            by_key = limited_to_verified_sk(context)
            asked = "keyboard-interactive" in context.value("authenticationmethods") or (in_use and not by_key)
            if asked and not context.on("kbdinteractiveauthentication"):
                text = "%s can't be asked for a code: KbdInteractiveAuthentication is no for %s"
                wrong.append(item("%s: no dialogue" % login.name, text % (login.label, context.place)))
    return verdict(
        "usepam yes; where PAM asks for a second factor, kbdinteractiveauthentication yes for everybody it is asked of",
        wrong,
        evidence=[*(context.command for context in known), "/etc/pam.d/sshd"],
    )


@JUDGES.of("lin-mf-sk-keys")
def sk_keys(case: Case) -> Verdict:
    """Administrators and providers' people use security keys that verify their user, and nothing else is taken."""
    found = [login for login in logins(case) if login.kind in PEOPLE and (login.admin or login.external)]
    if not found:
        case.registers.declared("accounts")
        raise NotApplicable("no person who administers this host or belongs to a provider can log in over SSH")
    wrong, unread = _gather(found, _sk_only)
    made = verdict(
        "administrators and providers' people log in with security keys only (PubkeyAcceptedAlgorithms sk-*), "
        "which verify who uses them (verify-required)",
        wrong,
        unread,
        evidence=[*_commands(found), *chain.from_iterable((key["path"] for key in login.keys) for login in found)],
    )
    return replace(made, cause=None if _any_factor(case, found) else "lin-mf-ssh-methods")


def _any_factor(case: Case, found: list[Login]) -> bool:
    """Say whether the host asks anybody for a second factor; where PAM could not be read, assume that it does."""
    try:
        modules = mfa_modules(case.facts, case.policy, "sshd")
    except Unread:
        return True
    return bool(modules) or any(limited_to_verified_sk(context) for login in found for context in login.contexts)


def _sk_only(login: Login) -> Found:
    wrong: list[Item] = []
    for key in login.keys:
        place = "%s line %d" % (key["path"], key["line"])
        if not key["type"].startswith("sk-"):
            text = "%s: key %s (%s) is %s, no security key" % (login.label, key["fingerprint"], place, key["type"])
            wrong.append(item("%s %s: no security key" % (login.name, key["fingerprint"]), text))
        elif "verify-required" not in key["options"] and not all(_verifies(context) for context in login.contexts):
            text = "%s: key %s (%s) is taken without verifying its user" % (login.label, key["fingerprint"], place)
            wrong.append(item("%s %s: not verified" % (login.name, key["fingerprint"]), text))
    for context in login.settings("pubkeyacceptedalgorithms").values():
        if not only_sk(context):
            text = "%s: PubkeyAcceptedAlgorithms takes other keys than sk-* for %s" % (login.label, context.place)
            wrong.append(item("%s: other algorithms" % login.name, text))
    return wrong, (["%s: %s" % (login.name, login.unread_keys)] if login.unread_keys else [])


def _verifies(context: Context) -> bool:
    return "verify-required" in context.value("pubkeyauthoptions").split()
