# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the groups that are as good as root hold the registered administrators alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...declared.registers import Undeclared
from ...evaluators.logins import NO_SHELL
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
ROOT = "root"
AUDIT = "audit"
#: Members that distributions ship: sync and its like of the RHEL family, and those that run virtual machines.
SHIPPED = {
    "root": ("sync", "shutdown", "halt", "operator"),
    "kvm": ("libvirt-qemu", "qemu"),
    "libvirt": ("libvirt-qemu", "libvirtdbus"),
}


@JUDGES.of("lin-lp-admin-groups")
def admin_groups(case: Case) -> Verdict:
    """Members of administrators' groups are registered administrators; none of a provider's without full_admin."""
    found, unread = surplus(case)
    wrong = [item("%s: %s" % (group, name), text) for group, name, text in found]
    readers, unsure = _readers(case)
    return verdict(
        "members of %s are registered as admin, a provider's with full_admin and a contract in force; members of %s "
        "are registered" % (_named(case, "bulwark_admin_groups"), _named(case, "bulwark_read_groups")),
        [*wrong, *readers],
        [*unread, *unsure, *_undeclared(case)],
        evidence=["getent group", "getent passwd"],
        severity="medium" if readers and not wrong else None,
    )


def _named(case: Case, variable: str) -> str:
    return ", ".join(group for group in case.policy[variable] if group in case.facts["accounts"]["groups"]) or "none"


def members(case: Case, variable: str) -> Iterator[tuple[str, str]]:
    """Yield (group, member) of the groups that a policy variable names, root and what distributions ship left out."""
    for group in case.policy[variable]:
        for name in case.facts["accounts"]["groups"].get(group, ()):
            if name != ROOT and not (name in SHIPPED.get(group, ()) and not _opens(case, name)):
                yield group, name


def surplus(case: Case) -> tuple[list[tuple[str, str, str]], list[str]]:
    """Return (group, member, why) of each member that an administrators' group may not have, and what is unsure."""
    found: list[tuple[str, str, str]] = []
    unsure: list[str] = []
    for group, name in members(case, "bulwark_admin_groups") if case.registers.accounts is not None else ():
        try:
            why = _not_admin(case, name)
        except Undeclared as reason:
            unsure.append("%s in %s: %s" % (name, group, reason))
            continue
        if why:
            found.append((group, name, "%s is a member of %s, and %s" % (name, group, why)))
    return found, unsure


def only_surplus(case: Case, name: str, powers: Iterable[str]) -> bool:
    """Say whether nothing but groups that an account may not be in gives it these powers (as privilege.powers())."""
    held = {"group %s" % group for group, member, _why in surplus(case)[0] if member == name}
    return set(powers) <= held


def _not_admin(case: Case, name: str) -> str:
    account = case.registers.account(name)
    if account is None:
        return "not in bulwark_accounts"
    if not account.admin:
        return "not an administrator (admin) in bulwark_accounts"
    if not account.external:
        return ""
    if not account.full_admin:
        return "an account of %s without full_admin in bulwark_accounts" % account.party
    contract = case.registers.contract_of(account)
    if contract is None or not contract.full_admin or not contract.in_force(case.today):
        return "no contract of %s in force says full_admin (bulwark_contracts)" % account.party
    return ""


def _readers(case: Case) -> tuple[list[Item], list[str]]:
    """Return who may read all logs and is not known, or a provider's that doesn't audit; and what is unsure."""
    found: list[Item] = []
    unsure: list[str] = []
    for group, name in members(case, "bulwark_read_groups") if case.registers.accounts is not None else ():
        try:
            why = _not_reader(case, name)
        except Undeclared as reason:
            unsure.append("%s in %s: %s" % (name, group, reason))
            continue
        if why:
            text = "%s is a member of %s, which reads all logs, and %s" % (name, group, why)
            found.append(item("%s: %s" % (group, name), text))
    return found, unsure


def _not_reader(case: Case, name: str) -> str:
    account = case.registers.account(name)
    if account is None:
        return "not in bulwark_accounts" if _opens(case, name) else ""
    if account.external and AUDIT not in account.scope and _not_admin(case, name):
        return "its scope in bulwark_accounts is not audit, as an account of %s" % account.party
    return ""


def _undeclared(case: Case) -> list[str]:
    """Return what isn't declared and is needed to tell, nothing where the groups are empty."""
    try:
        if any(
            True for variable in ("bulwark_admin_groups", "bulwark_read_groups") for _one in members(case, variable)
        ):
            case.registers.declared("accounts")
    except Undeclared as reason:
        return [str(reason)]
    return []


def _opens(case: Case, name: str) -> bool:
    """Say whether an account can be logged in with: by a shell, or with a password."""
    user: Mapping[str, Any] | None = next((one for one in case.facts["accounts"]["users"] if one["name"] == name), None)
    if user is None:
        return True
    return user["shell"].rsplit("/", 1)[-1] not in NO_SHELL or user.get("password") in ("usable", "empty")
