# SPDX-License-Identifier: GPL-3.0-or-later
"""What sudo effectively allows an account, as the reader of area `sudo` delivers its rules (sudoers(5)).

The last rule that matches counts, a "!" before a command takes it out again, and a rule that is over or not yet begun
is as good as none; one that will take a command out again ends what was granted before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from typing import Any
from weakref import WeakKeyDictionary

from .facts import Facts, Unread
from .verdict import Case

ALL = "ALL"
ROOT = ("root", ALL)
#: Whom a rule names without sudo's files telling who that is.
ELSEWHERE = {"netgroup": "netgroup", "nonunixgroup": "group of a plugin", "nonunixgid": "group of a plugin"}
TIME = "%Y%m%d%H%M%SZ"
Members = Sequence[Mapping[str, Any]]
User = Mapping[str, Any]


@dataclass(frozen=True)
class Grant:
    """One command that an account may run.

    runas: the accounts it may be run as, as sudoers names them ("ALL", "root", "#0", "%group"; "" is the account
    itself). root: whether root is among them. command: "ALL", or the program's path, which may be a pattern or a folder
    ("/usr/sbin/"); of sudoedit the word "sudoedit". arguments: "any", "none", "given" or "wildcard"; None where the
    reader didn't tell. digest: the program must have a certain content. nopasswd, noexec, setenv, log_input and
    log_output: with the Defaults that hold for the account. notafter: YYYYmmddHHMMSSZ, or None without an end.
    """

    runas: tuple[str, ...]
    root: bool
    command: str
    nopasswd: bool
    notafter: str | None = None
    arguments: str | None = None
    digest: bool = False
    noexec: bool = False
    setenv: bool = False
    log_input: bool = False
    log_output: bool = False

    @property
    def unrestricted(self) -> bool:
        """Say whether it is every command, as root."""
        return self.command == ALL and self.root


class _Policy:
    """One host's policy: by what it tells accounts apart, and what it allows each class of equal ones."""

    def __init__(self, case: Case) -> None:
        self.named = _named(case)
        self.allowed: dict[object, list[Grant]] = {}


#: As long as a host's facts are there.
_POLICIES: WeakKeyDictionary[Facts, _Policy] = WeakKeyDictionary()


def grants(case: Case, user: User) -> list[Grant]:
    """Return what sudo allows an account (an entry of accounts.users), the rule that counts last at the end.

    Accounts that no rule tells apart are evaluated once. Raises Unread where rules or Defaults are not read.
    """
    if not case.facts["sudo"]["installed"]:
        return []
    if case.facts not in _POLICIES:
        _POLICIES[case.facts] = _Policy(case)
    policy = _POLICIES[case.facts]
    alike = (
        user["name"] if user["name"] in policy.named["username"] else None,
        user["uid"] if str(user["uid"]) in policy.named["userid"] else None,
        user["gid"] if str(user["gid"]) in policy.named["usergid"] else None,
        frozenset(policy.named["usergroup"].intersection(user["groups"])),
    )
    if alike not in policy.allowed:
        policy.allowed[alike] = _grants(case, user)
    return policy.allowed[alike]


def unseen(case: Case) -> list[str]:
    """Return why there may be more rules for somebody than are read."""
    sudo = case.facts["sudo"]
    reasons = []
    elsewhere = [source for source in sudo["sources"] if source != "files"]
    if elsewhere:
        reasons.append("sudo takes rules from %s too, which are not read (nsswitch.conf)" % ", ".join(elsewhere))
    for rule in sudo["rules"]:
        for member in rule["users"]:
            if member["kind"] in ELSEWHERE and not member["negated"]:
                reasons.append(
                    "sudoers has a rule for the %s %s, whose members are not read"
                    % (ELSEWHERE[member["kind"]], member["name"])
                )
    return list(dict.fromkeys(reasons))


def concerns(members: Members, user: User) -> bool:
    """Say whether a list of users names `user`, a "!" taking it out again; netgroups are not looked into."""
    named = False
    for member in members:
        kind, name = member["kind"], member["name"]
        if (
            (kind == "username" and name in (ALL, user["name"]))
            or (kind == "usergroup" and name in user["groups"])
            or (kind == "userid" and name == str(user["uid"]))
            or (kind == "usergid" and name == str(user["gid"]))
        ):
            named = not member["negated"]
    return named


def means_host(case: Case, members: Members) -> bool:
    """Say whether a list of hosts may mean this one: only a list of other hosts' names doesn't."""
    own = case.facts["system"]["hostname"]
    here = {ALL, own, own.partition(".")[0]}
    named = False
    for member in members:
        if member["kind"] != "hostname" or any(fnmatchcase(name, member["name"]) for name in here):
            named = not member["negated"]
    return named


def options(case: Case, user: User) -> dict[str, Any]:
    """Return the Defaults that hold for an account whatever it runs, the last of each name."""
    found: dict[str, Any] = {}
    for line in case.facts["sudo"]["defaults"]:
        scope, members = line["scope"], line["members"]
        if (
            scope is None
            or (scope == "user" and concerns(members, user))
            or (scope == "host" and means_host(case, members))
        ):
            found.update(line["options"])
    return found


def _named(case: Case) -> dict[str, set[str]]:
    """Return by which names, numbers and groups the policy tells accounts apart."""
    found: dict[str, set[str]] = {kind: set() for kind in ("username", "userid", "usergroup", "usergid")}
    sudo = case.facts["sudo"]
    bound = [line["members"] for line in sudo["defaults"] if line["scope"] == "user"]
    for members in (*(rule["users"] for rule in sudo["rules"]), *bound):
        for member in members:
            if member["kind"] in found:
                found[member["kind"]].add(member["name"])
    exempt = {line["options"].get("exempt_group") for line in sudo["defaults"]}
    found["usergroup"] |= {str(group) for group in exempt if group}
    return found


def _grants(case: Case, user: User) -> list[Grant]:
    held: list[Grant] = []
    general = options(case, user)
    for rule in case.facts["sudo"]["rules"]:
        if not (concerns(rule["users"], user) and means_host(case, rule["hosts"])):
            continue
        begun, over = _times(case, rule)
        if over:
            continue
        certain = all(member["kind"] == "hostname" for member in rule["hosts"])
        for command, detail in _commands(rule):
            runas, root = _runas(rule, general)
            path, arguments = command.lstrip("!"), detail.get("arguments")
            if not command.startswith("!"):
                if begun:
                    held = _without(held, path, runas, arguments)
                    held.append(_grant(case, user, rule, general, path, detail, runas, root))
            elif certain and begun:
                held = _without(held, path, runas, arguments)
            elif certain:
                left = _without(held, path, runas, arguments)
                held = [grant if grant in left else _until(grant, rule["notbefore"]) for grant in held]
    return held


def _commands(rule: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    details = rule.get("details") or [{}] * len(rule["commands"])
    return zip(rule["commands"], details, strict=True)


def _times(case: Case, rule: Mapping[str, Any]) -> tuple[bool, bool]:
    """Return whether a rule has begun (NOTBEFORE), and whether it is over (NOTAFTER)."""
    begin, end = rule.get("notbefore"), rule.get("notafter")
    if begin is None and end is None:
        return True, False
    now = case.facts["system"]["now"]
    return begin is None or now >= seconds(begin), end is not None and now > seconds(end)


def _until(grant: Grant, begin: str) -> Grant:
    """Return a grant that ends before a rule begins that takes it out again."""
    end = datetime.fromtimestamp(seconds(begin) - 1, timezone.utc).strftime(TIME)
    return replace(grant, notafter=min(grant.notafter or end, end))


def seconds(text: str) -> float:
    """Return the epoch seconds of a NOTAFTER as cvtsudoers prints it; raises Unread where it is none."""
    try:
        return datetime.strptime(text, TIME).replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise Unread("sudoers: %s is no time as sudo writes it" % text) from None


def _runas(rule: Mapping[str, Any], asks: Mapping[str, Any]) -> tuple[tuple[str, ...], bool]:
    """Return as whom a rule lets run, and whether that holds root."""
    if not rule["runas"]:
        name = "" if rule.get("runas_groups") else str(asks.get("runas_default") or "root")
        return (name,), name == "root"
    names: list[str] = []
    root = False
    for member in rule["runas"]:
        name = {"userid": "#", "usergroup": "%", "usergid": "%#"}.get(member["kind"], "") + member["name"]
        if name in (*ROOT, "#0"):
            root = not member["negated"]
        names.append(("!" if member["negated"] else "") + name)
    return tuple(names), root


def _without(held: list[Grant], path: str, runas: tuple[str, ...], arguments: str | None) -> list[Grant]:
    """Return the grants that a later word about a command leaves as they are."""
    if arguments not in (None, "any"):
        return held
    return [
        grant
        for grant in held
        if not (path in (ALL, grant.command) and (_everybody(runas) or set(grant.runas) <= set(runas)))
    ]


def _everybody(runas: tuple[str, ...]) -> bool:
    return ALL in runas and not any(name.startswith("!") for name in runas)


def _grant(
    case: Case,
    user: User,
    rule: Mapping[str, Any],
    general: Mapping[str, Any],
    path: str,
    detail: Mapping[str, Any],
    runas: tuple[str, ...],
    root: bool,
) -> Grant:
    asks = {**general}
    for bound in _bound(case, path, runas):
        asks.update(bound)

    def tag(name: str) -> bool:
        said = rule.get(name)
        return bool(asks.get(name) if said is None else said)

    asked = asks.get("authenticate", True) is not False and asks.get("exempt_group") not in user["groups"]
    return Grant(
        runas=runas,
        root=root,
        command=path,
        nopasswd=not asked if rule["nopasswd"] is None else rule["nopasswd"],
        notafter=rule.get("notafter"),
        arguments=detail.get("arguments"),
        digest=bool(detail.get("digest")),
        noexec=tag("noexec"),
        setenv=tag("setenv"),
        log_input=tag("log_input"),
        log_output=tag("log_output"),
    )


def _bound(case: Case, path: str, runas: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    """Yield the Defaults that are bound to a command or to whom it is run as."""
    for line in case.facts["sudo"]["defaults"]:
        names = {member["name"].split(" ")[0] for member in line["members"] if not member["negated"]}
        if (line["scope"] == "command" and names & {path, ALL}) or (line["scope"] == "runas" and names & {*runas, ALL}):
            yield line["options"]
