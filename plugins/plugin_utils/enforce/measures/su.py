# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-lp-su-wheel: su for one group, and no password of root's where others can take over."""

from __future__ import annotations

from typing import Any

from ...evaluators.checks import gather
from ...evaluators.pam_stack import Person, entries, modules, ways_around
from ...evaluators.verdict import Case
from ...judges.least_privilege.su import SERVICES, WHEEL, open_to_all, root_password, services
from ..entry import console
from ..steps import Left, Measures, Step, edit

MEASURES = Measures()

FOLDER = "/etc/pam.d/"
#: What asks for a password behind pam_rootok, by its own name or that of the file it stands in.
ASKING = ("common-auth", "system-auth", "pam_unix")
GROUPS = {"redhat": "wheel"}
USUAL_GROUP = "sudo"
SHADOW = "/etc/shadow"


@MEASURES.of("su_for_group")
def su_for_group(case: Case, group: str, _control: str) -> list[Step]:
    """Let only members of a group run su; an empty name stands for the distribution's own of administrators."""
    wrong, unread = gather(case, open_to_all)
    if unread:
        raise Left(unread[0])
    if not wrong:
        return []
    options = ["use_uid", "group=" + (group or GROUPS.get(case.facts["system"]["family"], USUAL_GROUP))]
    steps: dict[str, Step] = {}
    for service in services(case):
        stack = entries(case.facts, service)
        lines = [entry for entry in modules(stack) if entry["module"] == WHEEL]
        if lines and ways_around(stack, (WHEEL,), Person(service)):
            raise Left("%s: lines before pam_wheel lead around it, whose order is somebody's own" % (FOLDER + service))
        for path in {entry["file"] for entry in lines} or {FOLDER + SERVICES[0]}:
            steps[path] = _step(path, options, bool(lines))
    return list(steps.values())


def _step(path: str, options: list[str], present: bool) -> Step:
    if present:
        changed = {"module": WHEEL, "remove": ["deny", "trust", "group"], "add": options}
        return edit(path, "pam_lines", {"facility": "auth", "options": [changed]})
    new = {"control": "required", "module": WHEEL, "options": options, "before": list(ASKING)}
    return edit(path, "pam_lines", {"facility": "auth", "insert": [new]})


@MEASURES.of("root_password_locked")
def root_password_locked(case: Case, _arguments: Any, _control: str) -> list[Step]:
    """Lock root's password where a break-glass account opens the console and becomes root."""
    if not list(root_password(case)):
        return []
    if case.facts["system"]["account"] == "root":
        raise Left("this run comes as root: give it an account of its own with sudo (ansible_user)")
    if not console.others(case):
        raise Left(
            "without root's password nobody gets in at the console: bulwark_accounts needs a break-glass account of "
            "the customer's that has a password here and may become root by sudo"
        )
    return [edit(SHADOW, "shadow_lock", {"accounts": ["root"]}, secret=True, volatile=True)]
