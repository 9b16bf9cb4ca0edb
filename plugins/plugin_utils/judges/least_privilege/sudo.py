# SPDX-License-Identifier: GPL-3.0-or-later
"""LP-04, LP-06, LP-08: what providers' accounts may do by sudo, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from ...declared.registers import Account, Undeclared
from ...evaluators.facts import Unread
from ...evaluators.logins import ADMIN_GROUPS, logins
from ...evaluators.pam_stack import Person, entries, mfa_modules, ways_around
from ...evaluators.providers import User, expires_in_time, full_admin, latest, providers
from ...evaluators.sudoers import ALL, Grant, grants, options, seconds, unseen
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict
from ..mfa.factors import single_factor
from .groups import only_surplus

JUDGES = Judges()
EVIDENCE = ("cvtsudoers -e -f json /etc/sudoers",)
STANDING = "high"


@JUDGES.of("lin-lp-sudo-unrestricted")
def sudo_unrestricted(case: Case) -> Verdict:
    """No provider's account may run everything, but for one under a contract of full administration.

    Such an account has to be one person's, asked for two factors, bound in time and recorded; what is missing is a
    lesser breach than ALL without a contract.
    """
    wrong: list[Item] = []
    lesser: list[Item] = []
    unread = unseen(case) if case.facts["sudo"]["installed"] else []
    for account, user in providers(case):
        held = [grant for grant in grants(case, user) if everything(grant)]
        contracted = False
        try:
            contracted = full_admin(case, account)
            missing = lacking(case, account, user, held[-1]) if contracted and held else []
            if missing:
                text = "%s under its contract, but %s" % (_everything(account, held[-1]), "; ".join(missing))
                lesser.append(item("%s: standing ALL" % account.name, text))
        except (Unread, Undeclared) as reason:
            unread.append("%s: %s" % (account.name, reason))
            contracted = account.full_admin
        if not contracted:
            wrong += [item("%s: ALL" % account.name, _everything(account, held[-1]))] if held else []
            wrong += _never_asked(case, account, user)
    return verdict(
        "no provider's account may run ALL, or anything unasked by !authenticate; under a contract of full "
        "administration it is one person's, with two factors, an end by %d days from now, and output logged"
        % case.policy["bulwark_msp_privilege_days"],
        [*wrong, *lesser],
        unread,
        EVIDENCE,
        severity=STANDING if lesser and not wrong else None,
    )


def everything(grant: Grant) -> bool:
    """Say whether a grant is every command as root, or as everybody."""
    return grant.command == ALL and (grant.root or ALL in grant.runas)


def _everything(account: Account, grant: Grant) -> str:
    asked = " without a password (NOPASSWD)" if grant.nopasswd else ""
    return "%s (%s) may run ALL as %s%s" % (account.name, account.party, ", ".join(grant.runas), asked)


def _never_asked(case: Case, account: Account, user: User) -> Iterator[Item]:
    held = grants(case, user)
    if held and not any(map(everything, held)) and options(case, user).get("authenticate") is False:
        text = "%s (%s) is asked for nothing by sudo (Defaults !authenticate)" % (account.name, account.party)
        yield item("%s: !authenticate" % account.name, text)


def lacking(case: Case, account: Account, user: User, grant: Grant) -> list[str]:
    """Return what an account with full administration lacks of what makes that bearable.

    Raises Unread where nothing is certain to be missing, and something can't be known.
    """
    missing = []
    if account.kind != "person" or not account.person:
        missing.append("it is no named person's (kind and person in bulwark_accounts)")
    if not grant.log_output:
        missing.append("what it does is not recorded (log_output)")
    checks = (
        (_second_factor, "neither sudo nor SSH asks for a second factor"),
        (_ends, "it has no end in time (NOTAFTER)"),
    )
    reasons = []
    for check, text in checks:
        try:
            missing += [] if check(case, user, grant) else [text]
        except Unread as reason:
            reasons.append(reason)
    if reasons and not missing:
        raise reasons[0]
    return missing


def _ends(case: Case, user: User, grant: Grant) -> bool:
    return in_time(case, grant) or expires_in_time(case, user)


def _second_factor(case: Case, user: User, grant: Grant) -> bool:
    wanted = mfa_modules(case.facts, case.policy, "sudo")
    person = Person("sudo", case.policy["bulwark_break_glass_group"])
    if wanted and not grant.nopasswd and not ways_around(entries(case.facts, "sudo"), wanted, person):
        return True
    try:
        contexts = [each for login in logins(case) if login.name == user["name"] for each in login.contexts]
    except NotApplicable:
        return False
    return bool(contexts) and not any(single_factor(case, context) for context in contexts)


@JUDGES.of("lin-lp-time-bound")
def time_bound(case: Case) -> Verdict:
    """What a provider's account may do as root has an end: in sudoers, or that of the account.

    How long SSH certificates live shows at the CA only, so that they end nothing here.
    """
    wrong: list[Item] = []
    causes: set[str] = set()
    unread = unseen(case) if case.facts["sudo"]["installed"] else []
    for account, user in providers(case):
        endless = list(without_end(case, user))
        try:
            if endless and not expires_in_time(case, user):
                wrong += [
                    item(
                        "%s: %s" % (account.name, what), "%s (%s) has no end: %s" % (account.name, account.party, what)
                    )
                    for what in endless
                ]
                causes.update(_cause(case, account, what) for what in endless)
        except Unread as reason:
            unread.append(str(reason))
    return verdict(
        "what providers' accounts may do as others by sudo (NOTAFTER), by groups or by uid 0 ends, or the account "
        "does, %d days from now at the latest" % case.policy["bulwark_msp_privilege_days"],
        wrong,
        unread,
        [*EVIDENCE, "/etc/shadow"],
        cause=causes.pop() or None if len(causes) == 1 else None,
    )


def _cause(case: Case, account: Account, what: str) -> str:
    """Return the control that a power without an end fails already, since it may not be there at all."""
    if what == "sudo %s" % ALL:
        return "lin-lp-sudo-unrestricted"
    return "lin-lp-admin-groups" if only_surplus(case, account.name, [what]) else ""


def without_end(case: Case, user: User) -> Iterator[str]:
    """Yield the powers of an account that sudoers gives no end, or a later one than policy has it."""
    for grant in grants(case, user):
        if grant.runas != ("",) and not in_time(case, grant):
            yield "sudo %s" % grant.command
    if user["uid"] == 0:
        yield "uid 0"
    # What the groups of administrators are worth is in sudoers.
    for group in case.policy["bulwark_admin_groups"]:
        if group in user["groups"] and group not in ADMIN_GROUPS:
            yield "group %s" % group


def in_time(case: Case, grant: Grant) -> bool:
    """Say whether a grant ends soon enough."""
    if grant.notafter is None:
        return False
    return datetime.fromtimestamp(seconds(grant.notafter), timezone.utc).date() <= latest(case)
