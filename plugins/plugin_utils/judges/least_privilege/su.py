# SPDX-License-Identifier: GPL-3.0-or-later
"""LP-01: su is for a group that is kept empty or for administrators, and root has no password to give it."""

from __future__ import annotations

from collections.abc import Iterator

from ...evaluators.checks import gather
from ...evaluators.logins import ADMIN_GROUPS
from ...evaluators.pam_stack import Person, entries, modules, ways_around
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
SERVICES = ("su", "su-l")
WHEEL = "pam_wheel"
#: What pam_wheel(8) asks for without group=; where the host has no such group, the one with gid 0.
UNSET_GROUP = "wheel"


@JUDGES.of("lin-lp-su-wheel")
def su_wheel(case: Case) -> Verdict:
    """pam_wheel stands on every way through su's stack but root's own, and root's password opens nothing."""
    found = services(case)
    if not found:
        raise NotApplicable("su has no PAM service here (looked for %s)" % " and ".join(SERVICES))
    wrong, unread = gather(case, open_to_all, root_password)
    return verdict(
        "su asks pam_wheel (use_uid), whose group is empty or one of administrators; root's password is locked",
        wrong,
        unread,
        evidence=[*("/etc/pam.d/" + name for name in found), "/etc/shadow"],
    )


def services(case: Case) -> list[str]:
    """Return the services of su that the host has, even where they can't be resolved."""
    pam = case.facts["pam"]
    return [name for name in SERVICES if name in pam["services"] or pam.reason("services." + name)]


def open_to_all(case: Case) -> Iterator[Item]:
    """Yield how somebody outside of the group gets through su."""
    for service in services(case):
        stack = entries(case.facts, service)
        lines = [entry for entry in modules(stack) if entry["module"] == WHEEL]
        if not lines:
            yield item("%s: no pam_wheel" % service, "%s: everybody may try root's password (no pam_wheel)" % service)
            continue
        for way in ways_around(stack, (WHEEL,), Person(service)):
            yield item("%s: %s" % (service, way.identity), "%s: %s" % (service, way.text))
        for entry in lines:
            place = "%s:%d" % (entry["file"], entry["line"])
            for what, why in _loose(case, entry["args"]):
                yield item("%s: %s" % (service, what), "%s: %s: %s" % (service, place, why))


def _loose(case: Case, arguments: list[str]) -> Iterator[tuple[str, str]]:
    if "use_uid" not in arguments:
        yield "no use_uid", "without use_uid it asks for who logged in, not for who runs su"
    for word in ("deny", "trust"):
        if word in arguments:
            yield word, "%s turns pam_wheel into the opposite" % word
    groups = case.facts["accounts"]["groups"]
    named = [argument.partition("=")[2] for argument in arguments if argument.startswith("group=")]
    group = named[0] if named else UNSET_GROUP if UNSET_GROUP in groups else "root"
    members = [name for name in groups.get(group, ()) if name != "root"]
    if members and group not in ADMIN_GROUPS:
        yield "group " + group, "group %s is neither empty nor one of administrators: %s" % (group, ", ".join(members))


def root_password(case: Case) -> Iterator[Item]:
    """Yield that root has a password."""
    state = case.facts["accounts"]["passwords"].get("root", "none")
    if state in ("usable", "empty"):
        yield item("root's password", "root has %s password" % ("an empty" if state == "empty" else "a"))
