# SPDX-License-Identifier: GPL-3.0-or-later
"""MF-05, LP-04: taking on root's powers asks a person again, with the second factor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...declared.registers import Account
from ...evaluators.checks import gather
from ...evaluators.facts import Unread
from ...evaluators.pam_stack import Person, entries, mfa_modules, modules, ways_around
from ...evaluators.sudoers import concerns, means_host, unseen
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict
from .stack import LENIENT

JUDGES = Judges()

#: Modules by which the agent of the SSH login answers, with whatever key or token it holds.
AGENT_MODULES = ("pam_ssh_agent_auth", "pam_rssh")
SERVICES = ("sudo", "sudo-i")
#: What sudo does without the option on Debian, in minutes; upstream's own default is shorter.
UNSET_TIMEOUT = "15"
PEOPLE = ("person", "shared")


@JUDGES.of("lin-mf-sudo")
def sudo(case: Case) -> Verdict:
    """No NOPASSWD for providers' people, a second factor in sudo's stack, and answers that are not trusted for long.

    Automation is exempt by its sudoers entry. A factor held by the login's agent counts. Rules from LDAP or SSSD are
    not seen: then it is unknown whether they hold a NOPASSWD.
    """
    if not case.facts["sudo"]["installed"]:
        raise NotApplicable("sudo is not installed")
    limit = case.policy["bulwark_sudo_timestamp_minutes"]
    wrong, unread = gather(case, nopasswd, timeouts)
    stack_wrong, stack_unread = gather(case, _stacks)
    only_missing = stack_wrong and not wrong and not unread and not _any_factor(case)
    return verdict(
        "providers' people have no NOPASSWD, the PAM stacks of %s demand a second factor, and timestamp_timeout is at "
        "most %g minutes" % (" and ".join(SERVICES), limit),
        [*wrong, *stack_wrong],
        [*unread, *stack_unread, *unseen(case)],
        evidence=["cvtsudoers -e -f json /etc/sudoers", *("/etc/pam.d/" + name for name in SERVICES)],
        cause="lin-mf-ssh-methods" if only_missing else None,
    )


def _any_factor(case: Case) -> bool:
    try:
        return bool(mfa_modules(case.facts, case.policy, "sshd"))
    except Unread:
        return True


def _stacks(case: Case) -> Iterable[Item]:
    wanted = [*case.policy["bulwark_mfa_modules"], *AGENT_MODULES]
    group = case.policy["bulwark_break_glass_group"]
    for service in SERVICES:
        if service == "sudo" or service in case.facts["pam"]["services"]:
            stack = entries(case.facts, service)
            for way in ways_around(stack, wanted, Person(service, group)):
                yield item("%s: %s" % (service, way.identity), "%s: %s" % (service, way.text))
            for entry in modules(stack):
                for argument in LENIENT.get(entry["module"], ()):
                    if entry["module"] in wanted and argument in entry["args"]:
                        place = "%s:%d %s %s" % (entry["file"], entry["line"], entry["module"], argument)
                        yield item("%s: %s" % (service, place), "%s: %s lets in who has no factor" % (service, place))


def nopasswd(case: Case) -> Iterable[Item]:
    """Yield how people of providers are spared the question."""
    users = {user["name"]: user for user in case.facts["accounts"]["users"]}
    for account in case.registers.declared("accounts"):
        user = users.get(account.name)
        if user is None or account.kind not in PEOPLE or not account.external:
            continue
        for rule in case.facts["sudo"]["rules"]:
            if rule["nopasswd"] and concerns(rule["users"], user) and means_host(case, rule["hosts"]):
                commands = ", ".join(rule["commands"])
                text = "%s (%s) may run %s without a password (NOPASSWD)" % (account.name, account.party, commands)
                yield item("%s NOPASSWD %s" % (account.name, commands), text)
        yield from _exempt(case, account, user)


def _exempt(case: Case, account: Account, user: Mapping[str, Any]) -> Iterable[Item]:
    """Yield the Defaults that ask an account for nothing; of those for all commands the last one counts."""
    asked, group = True, ""
    for line in case.facts["sudo"]["defaults"]:
        options = line["options"]
        if line["scope"] in ("command", "runas"):
            if options.get("authenticate") is False:
                what = ", ".join(member["name"] for member in line["members"])
                text = "%s: Defaults for %s %s: !authenticate" % (account.name, line["scope"], what)
                yield item("%s !authenticate %s" % (account.name, what), text)
        elif (line["scope"] != "user" or concerns(line["members"], user)) and (
            line["scope"] != "host" or means_host(case, line["members"])
        ):
            asked = options.get("authenticate", asked)
            group = options.get("exempt_group", group)
    if asked is False:
        yield item("%s !authenticate" % account.name, "%s: Defaults !authenticate asks for nothing" % account.name)
    if group and group in user["groups"]:
        yield item("%s exempt_group" % account.name, "%s is in %s (Defaults exempt_group)" % (account.name, group))


def timeouts(case: Case) -> Iterable[Item]:
    """Yield the timestamp_timeout that counts for all, and every one that is set for some users."""
    limit = case.policy["bulwark_sudo_timestamp_minutes"]
    general = UNSET_TIMEOUT
    for line in case.facts["sudo"]["defaults"]:
        value = line["options"].get("timestamp_timeout")
        if value is None or (line["scope"] == "host" and not means_host(case, line["members"])):
            continue
        if line["scope"] in (None, "host"):
            general = value
        elif not _short(value, limit):
            names = ", ".join(member["name"] for member in line["members"])
            yield item(
                "timestamp_timeout for %s" % names, _timeout_text("timestamp_timeout for %s" % names, value, limit)
            )
    if not _short(general, limit):
        yield item("timestamp_timeout", _timeout_text("timestamp_timeout", general, limit))


def _short(value: object, limit: float) -> bool:
    # cvtsudoers prints "!timestamp_timeout" as false: never trusted.
    if value is False:
        return True
    try:
        return 0 <= float(str(value)) <= limit
    except ValueError:
        raise Unread("sudoers: timestamp_timeout = %s is not a number" % value) from None


def _timeout_text(what: str, value: object, limit: float) -> str:
    if str(value).startswith("-"):
        return "%s = %s: an answer is trusted until the next boot" % (what, value)
    return "%s = %s minutes, more than %g" % (what, value, limit)
