# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-lp-admin-groups: who is not registered as an administrator leaves the groups that are as good as root."""

from __future__ import annotations

from typing import Any

from ...evaluators.verdict import Case
from ...judges.least_privilege.groups import members, surplus
from ..steps import Left, Measures, Step, edit
from .people import BREAK_GLASS, exempt

MEASURES = Measures()

FILES = ("/etc/group", "/etc/gshadow")
#: Groups whose members administer by themselves, without another program's help.
ADMINISTRATORS = ("sudo", "wheel", "admin", "root")


@MEASURES.of("admin_members")
def admin_members(case: Case, _arguments: Any, control: str) -> list[Step]:
    """Take the members that are too many out of administrators' groups."""
    case.registers.declared("accounts")
    remove: dict[str, list[str]] = {}
    found, unsure = surplus(case)
    if unsure:
        raise Left(unsure[0])
    for group, name, why in found:
        _require_movable(case, group, name, why)
        remove.setdefault(group, []).append(name)
    if not remove:
        return []
    _require_somebody(case, remove)
    # gshadow holds groups' passwords.
    return [edit(path, "group_members", {"remove": remove}, secret=path == FILES[1]) for path in FILES]


def _require_movable(case: Case, group: str, name: str, why: str) -> None:
    account = case.registers.account(name)
    if name == case.facts["system"]["account"]:
        raise Left("%s: this very run logs in as it; register it, or take the membership away by hand" % why)
    if name in exempt(case) or (account and account.kind == BREAK_GLASS):
        raise Left("%s: it is an emergency account; say admin of it in bulwark_accounts" % why)
    gid = case.facts["accounts"]["gids"].get(group)
    if any(user["name"] == name and user["gid"] == gid for user in case.facts["accounts"]["users"]):
        raise Left("%s: it is its primary group; give it another one (usermod -g)" % why)


def _require_somebody(case: Case, remove: dict[str, list[str]]) -> None:
    """Raise Left where nobody else administers the host: who runs this as root may have no other way to root."""
    system = case.facts["system"]
    if system["privileged"] and system["account"] not in ("", "root"):
        return
    before = {name for group, name in members(case, "bulwark_admin_groups") if group in ADMINISTRATORS}
    after = {
        name for group, name in members(case, "bulwark_admin_groups")
        if group in ADMINISTRATORS and name not in remove.get(group, ())
    }  # fmt: skip
    if before and not after:
        raise Left("nobody would be left to administer the host: register an administrator (bulwark_accounts: admin)")
