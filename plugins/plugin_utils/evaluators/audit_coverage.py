# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether rules that the kernel has loaded record what is wanted of them.

Of the rules of one list the first that matches an event decides: what stands later neither records what an earlier
`never` dropped, nor puts its key on it. A `never` in the list task, and the list exclude, reach every rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from .audit_rules import ARCHES, Condition, Rule

#: Numbers of the records that tell something, as an exclude rule may name them.
RECORDS = {"SYSCALL": 1300, "PATH": 1302, "EXECVE": 1309, "USER_START": 1105, "USER_LOGIN": 1112, "USER_CMD": 1123}
#: What sshd and sudo send: a session began, somebody logged in, a command was run.
SESSION_RECORDS = tuple(RECORDS[name] for name in ("USER_START", "USER_LOGIN", "USER_CMD"))
HARMLESS_FILE_SYSTEMS = ("tracefs", "debugfs")
#: The calls that a rule has to name, if it names any, to see a file changed; architectures that were made later than
#: x86 have those alone that work on a folder.
CHANGES = {
    "w": frozenset({"openat", "unlinkat", "renameat", "linkat", "symlinkat", "mkdirat", "mknodat", "truncate"}),
    "a": frozenset({"fchmod", "fchmodat", "fchown", "fchownat", "setxattr", "lsetxattr", "fsetxattr"}),
}
OLD_CHANGES = {
    "w": frozenset({"open", "creat", "unlink", "rename", "link", "symlink", "mkdir", "mknod", "rmdir"}),
    "a": frozenset({"chmod", "chown", "lchown"}),
}
TOUCHING = frozenset().union(*CHANGES.values(), *OLD_CHANGES.values(), {"renameat2", "openat2", "ftruncate"})


@dataclass(frozen=True)
class Wanted:
    """Events that are to be recorded. name: of what, in words; it stays the same from run to run.

    syscalls: those that are wanted, or none for a file's: then path, tree and perms say which. conditions, compares: as
    a rule has them. exempt: {field: values} whose events need not be recorded. key: that the record has to bear.
    """

    name: str
    arches: frozenset[str] = ARCHES
    syscalls: frozenset[str] = frozenset()
    conditions: tuple[Condition, ...] = ()
    compares: frozenset[tuple[str, str, str]] = frozenset()
    path: str | None = None
    tree: bool = False
    perms: frozenset[str] = frozenset("wa")
    exempt: Mapping[str, frozenset[int]] = field(default_factory=dict)
    key: str | None = None
    old_calls: bool = True


class Gap(NamedTuple):
    """Why wanted events are not, or may not be, recorded.

    kind: missing, hidden (by the rule `by`), otherwise (recorded, but first by `by` with another key), unsure (`by`
    can't be understood).
    """

    kind: str
    by: str = ""


def gap(wanted: Wanted, rules: Iterable[Rule | str]) -> Gap | None:
    """Return why rules, in the order in which they are loaded, don't record all that is wanted; None where they do."""
    known = list(rules)
    dropping = next((rule.text for rule in known if isinstance(rule, Rule) and _drops(rule, wanted)), None)
    if dropping:
        return Gap("hidden", dropping)
    left = {(arch, unit) for arch in wanted.arches for unit in wanted.syscalls or wanted.perms}
    for rule in known:
        found = _met(rule, wanted, left)
        if isinstance(found, Gap):
            return found
        left -= found
        if not left:
            return None
    return Gap("missing")


def _met(rule: Rule | str, wanted: Wanted, left: set[tuple[str, str]]) -> Gap | set[tuple[str, str]]:
    """Return what of `left` a rule records, or why nothing after it will."""
    if isinstance(rule, str):
        return Gap("unsure", rule) if "never" in rule else set()
    touched = left & _units(rule, wanted, rule.action == "never") if rule.kind == "exit" else set()
    if not touched or not _may_meet(rule, wanted):
        return set()
    if rule.action == "never":
        return Gap("hidden", rule.text)
    if wanted.key and wanted.key not in rule.keys:
        return Gap("otherwise", rule.text) if rule.path is None else set()
    return touched if _takes_all(rule, wanted) else set()


def _drops(rule: Rule, wanted: Wanted) -> bool:
    """Say whether a rule outside the list exit drops what is wanted."""
    if rule.kind == "task":
        return rule.action == "never" and _may_meet(rule, wanted)
    if rule.kind == "filesystem":
        systems = {one.value for one in rule.conditions if one.field == "fstype"}
        return bool(wanted.path) and rule.action == "never" and not systems & set(HARMLESS_FILE_SYSTEMS)
    if rule.kind != "exclude":
        return False
    told = [RECORDS["SYSCALL"], RECORDS["PATH" if wanted.path else "EXECVE"]]
    types = [one for one in rule.conditions if one.field == "msgtype"]
    if types and not any(all(_holds(one, number) for one in types) for number in told):
        return False
    return _may_meet(rule, wanted)


def _holds(condition: Condition, number: int) -> bool:
    value = RECORDS.get(condition.value, 0) if isinstance(condition.value, str) else condition.value
    if isinstance(condition.value, str) and not value:
        return condition.op != "="
    return {
        "=": number == value, "!=": number != value, ">": number > value, ">=": number >= value,
        "<": number < value, "<=": number <= value,
    }.get(condition.op, True)  # fmt: skip


def _units(rule: Rule, wanted: Wanted, any_of: bool) -> set[tuple[str, str]]:
    """Return the pairs of architecture and call, or right, that a rule speaks of; any_of: in part is enough."""
    found: set[str] = set()
    if wanted.syscalls:
        found = set(wanted.syscalls if rule.syscalls is None else wanted.syscalls & rule.syscalls)
        if rule.perms != frozenset("rwxa"):
            found &= {"execve", "execveat"} if "x" in rule.perms else set()
    elif rule.syscalls is None:
        found = set(wanted.perms & rule.perms)
    elif any_of:
        found = set(wanted.perms & rule.perms) if rule.syscalls & TOUCHING else set()
    else:
        found = {
            perm
            for perm in wanted.perms & rule.perms
            if CHANGES[perm] | (OLD_CHANGES[perm] if wanted.old_calls else frozenset()) <= rule.syscalls
        }
    return {(arch, unit) for arch in rule.arches & wanted.arches for unit in found}


def _takes_all(rule: Rule, wanted: Wanted) -> bool:
    """Say whether every wanted event that a rule's calls are about meets its conditions."""
    if rule.path is not None and not (wanted.path and _inside(wanted.path, wanted.tree, rule)):
        return False
    return rule.compares <= wanted.compares and all(_implied(one, wanted) for one in rule.conditions)


def _may_meet(rule: Rule, wanted: Wanted) -> bool:
    """Say whether a rule's conditions can hold for a wanted event."""
    if rule.path is not None and wanted.path is not None and not _near(rule, wanted):
        return False
    opposite = {"=": "!=", "!=": "="}
    if any((one, opposite[op], other) in wanted.compares for one, op, other in rule.compares):
        return False
    return not any(_excluded(one, wanted) for one in rule.conditions if one.field != "msgtype")


def _inside(path: str, tree: bool, rule: Rule) -> bool:
    """Say whether a rule's file or folder holds all of a path."""
    if path == rule.path:
        return rule.tree or not tree
    return rule.tree and path.startswith((rule.path or "").rstrip("/") + "/")


def _near(rule: Rule, wanted: Wanted) -> bool:
    one, other = (rule.path or "").rstrip("/") + "/", (wanted.path or "").rstrip("/") + "/"
    return one == other or (rule.tree and other.startswith(one)) or (wanted.tree and one.startswith(other))


class _Range(NamedTuple):
    """What the conditions of wanted events leave of a field's values."""

    least: int = 0
    most: int = 2**64
    out: frozenset[int] = frozenset()


def _range(wanted: Wanted, name: str) -> _Range:
    least, most, out = _Range()
    for one in wanted.conditions:
        if one.field != name or isinstance(one.value, str):
            continue
        if one.op in ("=", ">=", ">"):
            least = max(least, one.value + (one.op == ">"))
        if one.op in ("=", "<=", "<"):
            most = min(most, one.value - (one.op == "<"))
        if one.op == "!=":
            out |= {one.value}
    return _Range(least, most, out | wanted.exempt.get(name, frozenset()))


def _implied(condition: Condition, wanted: Wanted) -> bool:
    """Say whether all wanted events meet a condition."""
    if condition in wanted.conditions:
        return True
    if isinstance(condition.value, str):
        return False
    least, most, out = _range(wanted, condition.field)
    value = condition.value
    return {
        ">=": least >= value, ">": least > value, "<=": most <= value, "<": most < value,
        "=": least == most == value, "!=": value < least or value > most or value in out,
    }.get(condition.op, False)  # fmt: skip


def _excluded(condition: Condition, wanted: Wanted) -> bool:
    """Say whether no wanted event can meet a condition."""
    if isinstance(condition.value, str):
        fixed = {one.value for one in wanted.conditions if one.field == condition.field and one.op == "="}
        return condition.op == "=" and bool(fixed) and condition.value not in fixed
    least, most, out = _range(wanted, condition.field)
    value = condition.value
    return {
        ">=": most < value, ">": most <= value, "<=": least > value, "<": least >= value,
        "=": value < least or value > most or value in out, "!=": least == most == value,
    }.get(condition.op, False)  # fmt: skip


def unsaid(conditions: Iterable[Condition], rules: Iterable[Rule | str]) -> str | None:
    """Return the rule that drops what sshd and sudo tell of sessions under some conditions; None where none does."""
    sessions = Wanted("", conditions=tuple(conditions))
    for rule in rules:
        if isinstance(rule, Rule) and _silences(rule) and _may_meet(rule, sessions):
            return rule.text
    return None


def _silences(rule: Rule) -> bool:
    types = [one for one in rule.conditions if one.field == "msgtype"]
    meant = not types or any(all(_holds(one, number) for one in types) for number in SESSION_RECORDS)
    # Those of a domain are those of its programs alone, such as cron.
    domains = [str(one.value) for one in rule.conditions if one.field.startswith("subj_") and one.op == "="]
    ours = all(any(name in domain for name in ("sshd", "sudo", "unconfined")) for domain in domains)
    return meant and ours and (rule.kind == "exclude" or (rule.kind == "user" and rule.action == "never"))
