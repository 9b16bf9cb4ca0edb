# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether sshd says who may log in, and keeps the tiers of administration apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ....module_utils.ssh.match import glob_matches
from ...evaluators.checks import gather
from ...evaluators.logins import Context, contexts, logins
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
USERS, GROUPS = "allowusers", "allowgroups"
TOP = 0


@JUDGES.of("lin-lp-ssh-allow")
def ssh_allow(case: Case) -> Verdict:
    """AllowUsers or AllowGroups names who logs in; tier 0 is for its own group, which no lower tier lets in."""
    known = occupied(case)
    group = case.policy["bulwark_tier0_group"]
    listed = [found for context in known for found in _unlisted(context)]
    tiers, unread = gather(case, _tiers)
    return verdict(
        "AllowUsers or AllowGroups says for every login who may, and only hosts of tier 0 let the group %s in, which "
        "is all that they let in" % group,
        [*listed, *tiers],
        unread,
        evidence=[context.command for context in known],
    )


def occupied(case: Case) -> list[Context]:
    """Return the kinds of logins that accounts of the host have."""
    return [context for context in contexts(case) if context.users]


def everybody(pattern: str) -> bool:
    """Say whether an entry of AllowUsers or AllowGroups names nobody in particular."""
    return not pattern.partition("@")[0].strip("*")


def _unlisted(context: Context) -> Iterator[Item]:
    lists = [option for option in (USERS, GROUPS) if context.listed(option)]
    if not lists:
        yield item("none: %s" % context.name, "neither AllowUsers nor AllowGroups is set for %s" % context.place)
    elif all(any(map(everybody, context.listed(option))) for option in lists):
        text = "AllowUsers or AllowGroups lets everybody in (%s) for %s"
        yield item("everybody: %s" % context.name, text % (" ".join(context.listed(lists[0])), context.place))


def _tiers(case: Case) -> Iterable[Item]:
    group = case.policy["bulwark_tier0_group"]
    return _tier_0(case, group) if case.registers.declared("tier") == TOP else _lower(case, group)


def _tier_0(case: Case, group: str) -> Iterator[Item]:
    for context in occupied(case):
        if list(context.listed(GROUPS)) != [group]:
            now = " ".join(context.listed(GROUPS)) or "not set"
            text = "the host is of tier 0, and AllowGroups is %s for %s instead of %s alone"
            yield item("tier 0: %s" % context.name, text % (now, context.place, group))


def _lower(case: Case, group: str) -> Iterator[Item]:
    for context in occupied(case):
        if any(glob_matches(group, pattern) for pattern in context.listed(GROUPS)):
            text = "AllowGroups lets %s in for %s, and the host is not of tier 0"
            yield item("lower: %s" % context.name, text % (group, context.place))
    groups = {user["name"]: user["groups"] for user in case.facts["accounts"]["users"]}
    for login in logins(case):
        if group in groups[login.name]:
            yield item(
                "lower: %s" % login.name, "%s of %s can log in, and the host is not of tier 0" % (login.name, group)
            )
