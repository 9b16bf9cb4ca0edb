# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-lp-ssh-allow: sshd is told who may log in."""

from __future__ import annotations

from ...evaluators.logins import Context, remote_accounts
from ...evaluators.verdict import Case
from ...judges.least_privilege.ssh_allow import GROUPS, TOP, USERS, everybody, occupied
from ..entry.ways_in import named, root_goes
from ..steps import Left, Measures, Step
from .people import exempt
from .sshd_config import Section, drop_in, user

MEASURES = Measures()


@MEASURES.of("ssh_allowed")
def ssh_allowed(case: Case, arguments: str, control: str) -> list[Step]:
    """Allow the registered accounts where no list is set; on a host of tier 0 the group `arguments` alone."""
    top = case.registers.declared("tier") == TOP
    for context in occupied(case):
        for option in (USERS, GROUPS):
            if any(map(everybody, context.listed(option))):
                raise Left("somebody's own list lets everybody in for %s: take that pattern out" % context.place)
    allowed = _allowed(case)
    if top:
        return drop_in(case, control, _tier_0(case, arguments, allowed))
    tier_0 = sorted(one["name"] for one in case.facts["accounts"]["users"] if arguments in one["groups"])
    if set(tier_0) & set(allowed):
        raise Left("%s: a member of %s on a host that is not of tier 0; take it out of the group or off the host"
                   % (named(tier_0), arguments))  # fmt: skip
    if any(arguments in context.listed(GROUPS) for context in occupied(case)):
        raise Left("AllowGroups of somebody else's lets %s in: take it out there" % arguments)
    if not any(_unlisted(context) for context in occupied(case)):
        return []
    _require_nobody_else(case, allowed)
    return drop_in(case, control, [Section("", {"AllowUsers": " ".join(allowed)})])


def _unlisted(context: Context) -> bool:
    return not any(context.listed(option) for option in (USERS, GROUPS))


def _allowed(case: Case) -> list[str]:
    """Return the registered accounts that exist here, that of the run, and the emergency accounts."""
    registered = {account.name for account in case.registers.declared("accounts")}
    wanted = {*registered, *exempt(case), case.facts["system"]["account"]}
    names = [one["name"] for one in case.facts["accounts"]["users"] if one["name"] in wanted and not one.get("expired")]
    for name in names:
        user(name)
    return sorted(names)


def _require_nobody_else(case: Case, allowed: list[str]) -> None:
    others = [one.name for one in remote_accounts(case) if one.name not in allowed and not root_goes(case, one.name)]
    if others:
        raise Left("%s: can log in and not in bulwark_accounts; register it, or take its keys away" % named(others))


def _tier_0(case: Case, group: str, allowed: list[str]) -> list[Section]:
    for context in occupied(case):
        found = context.listed(GROUPS)
        if found and list(found) != [group]:
            raise Left("AllowGroups of somebody else's says %s for %s: put %s in its place"
                       % (" ".join(found), context.place, group))  # fmt: skip
    if not case.facts["accounts"]["groups"].get(group):
        raise Left("bulwark_tier0_group: nobody is in %s here, so that nobody could log in" % group)
    groups = {one["name"]: one["groups"] for one in case.facts["accounts"]["users"]}
    out = [
        one.name for one in remote_accounts(case)
        if group not in groups[one.name] and not root_goes(case, one.name)
    ]  # fmt: skip
    out += [name for name in allowed if name == case.facts["system"]["account"] and group not in groups[name]]
    if out:
        raise Left("%s: put into %s who administers hosts of tier 0, and take the others off the host"
                   % (named(sorted(set(out))), group))  # fmt: skip
    return [Section("", {"AllowGroups": group})]
