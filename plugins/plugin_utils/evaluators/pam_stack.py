# SPDX-License-Identifier: GPL-3.0-or-later
"""What a PAM stack really demands: can it end in success although certain modules did not agree?

The rules are those of Linux-PAM: pam.conf(5), `_pam_parse_control` (libpam/pam_misc.c) for controls and
`_pam_dispatch_aux` (libpam/pam_dispatch.c) for the walk, where a run of pam_authenticate(3) or pam_acct_mgmt(3) keeps
an impression (none, positive, negative) and a status, a jump counts the lines of an `include` one by one but a
`substack` as one, `done` and `die` end only the substack they stand in, and `reset` goes back to what held when it was
entered.
Every outcome a module may have is explored, each state once, so the cost is polynomial.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from .facts import Facts, Unread
from .verdict import Item

Entry = Mapping[str, Any]

CODES: Final = (
    "success", "open_err", "symbol_err", "service_err", "system_err", "buf_err", "perm_denied", "auth_err",
    "cred_insufficient", "authinfo_unavail", "user_unknown", "maxtries", "new_authtok_reqd", "acct_expired",
    "session_err", "cred_unavail", "cred_expired", "cred_err", "no_module_data", "conv_err", "authtok_err",
    "authtok_recover_err", "authtok_lock_busy", "authtok_disable_aging", "try_again", "ignore", "abort",
    "authtok_expired", "module_unknown", "bad_item", "conv_again",
)  # fmt: skip
#: PAM_INCOMPLETE ends a run without a decision, so no run of ours has it; a control may still name it.
NAMED_CODES: Final = (*CODES, "incomplete")
#: What a refusal may be. new_authtok_reqd is none: it says "yes, but change the password", and controls take it so.
FAILURES: Final = frozenset(CODES) - {"success", "ignore", "new_authtok_reqd"}
KEYWORDS: Final = {
    "required": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "bad"},
    "requisite": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "die"},
    "sufficient": {"success": "done", "new_authtok_reqd": "done", "default": "ignore"},
    "optional": {"success": "ok", "new_authtok_reqd": "ok", "default": "ignore"},
}
PAIR = re.compile(r"\s*(%s|default)\s*=\s*(ignore|ok|done|bad|die|reset|\d+)" % "|".join(NAMED_CODES))
SUBSTACK: Final = "substack"
MAX_STATES = 50000
MAX_WAYS = 10


class Node(NamedTuple):
    """A line of a stack laid flat: `level` counts the substacks around it, `actions` maps code to action."""

    entry: Entry
    level: int
    actions: Mapping[str, str]

    @property
    def module(self) -> str:
        """Return the module's name; empty for a substack's own line and for one that libpam can't use."""
        return str(self.entry["module"])

    @property
    def place(self) -> str:
        """Return where the line stands, as file:line."""
        return "%s:%d" % (self.entry["file"], self.entry["line"])


@dataclass(frozen=True)
class State:
    """Where a run stands. `saved` holds (impression, granted) at the start of each substack it is in."""

    index: int = 0
    impression: str = "none"
    granted: bool = False
    saved: tuple[tuple[str, bool], ...] = (("none", False),)
    passed: bool = False


class Step(NamedTuple):
    """One module's part in a run: its node, what it answered, and the node that came next."""

    node: int
    code: str
    following: int


class Person(NamedTuple):
    """Whom a question is about: somebody who uses `service` and is not in the group `outside` (empty: none)."""

    service: str
    outside: str = ""


Outcomes = Callable[[Node], Collection[str]]


def entries(facts: Facts, service: str, facility: str = "auth") -> Sequence[Entry]:
    """Return a service's nested entries, those of `other` where it has none. Raises Unread where they aren't known."""
    services = facts["pam"]["services"]
    for name in (service, "other"):
        reason = facts["pam"].reason("services." + name)
        if reason:
            raise Unread(reason)
        stack: Sequence[Entry] = services.get(name, {}).get(facility, ())
        if stack:
            return stack
    return ()


def modules(stack: Iterable[Entry]) -> Iterator[Entry]:
    """Yield the lines that name a module, in order, those inside includes and substacks too."""
    for entry in stack:
        if "nested" in entry:
            yield from modules(entry["nested"])
        elif not left_out(entry):
            yield entry


def left_out(entry: Entry) -> bool:
    """Say whether libpam drops the line: a leading "-" and a module that isn't installed."""
    return bool(entry.get("silent")) and entry.get("present") is False


def mfa_modules(facts: Facts, policy: Mapping[str, Any], service: str = "sshd") -> list[str]:
    """Return the names of the second-factor modules (bulwark_mfa_modules) in a service's auth stack."""
    known = policy["bulwark_mfa_modules"]
    return list(dict.fromkeys(e["module"] for e in modules(entries(facts, service)) if e["module"] in known))


def flatten(stack: Iterable[Entry], level: int = 0) -> list[Node]:
    """Return the lines as libpam chains them: includes dissolved, a substack's line followed by its members."""
    nodes: list[Node] = []
    for entry in stack:
        if "nested" in entry:
            if entry["control"] == SUBSTACK:
                nodes.append(Node(entry, level, {}))
            nodes += flatten(entry["nested"], level + (entry["control"] == SUBSTACK))
        elif not left_out(entry):
            nodes.append(Node(entry, level, actions(entry["control"])))
    return nodes


def actions(control: str) -> dict[str, str]:
    """Return what each code leads to: an action's name or the number of lines to jump, as a text.

    A control that libpam can't parse makes every outcome `bad`, and so is an outcome that a control doesn't name.
    """
    inner = control[1:-1] if control.startswith("[") else control
    chosen: dict[str, str] = dict(KEYWORDS.get(inner.lower(), {})) or _pairs(inner)
    default = chosen.pop("default", "bad")
    return {code: chosen.get(code, default) for code in CODES}


def _pairs(text: str) -> dict[str, str]:
    chosen: dict[str, str] = {}
    position = 0
    text = text.rstrip()
    while position < len(text):
        pair = PAIR.match(text, position)
        if pair is None or (pair[2].isdigit() and int(pair[2]) == 0):
            return {}
        # The first default is what counts: it fills every code, and a second one finds none left.
        if pair[1] != "default" or "default" not in chosen:
            chosen[pair[1]] = pair[2]
        position = pair.end()
    return chosen


def advance(nodes: Sequence[Node], state: State, code: str) -> State:
    """Return the state after the module at `state.index` answered `code` (ignored for a substack's own line)."""
    node = nodes[state.index]
    impression, granted = state.impression, state.granted
    if node.entry["control"] == SUBSTACK:
        saved = (*state.saved[: node.level + 1], (impression, granted))
        return replace(state, index=state.index + 1, saved=saved)
    action = node.actions[code]
    following = state.index + 1
    if action == "reset":
        impression, granted = state.saved[node.level]
    elif action in ("ok", "done"):
        if impression == "none" or (impression == "positive" and granted):
            impression, granted = "positive", code == "success"
        if impression == "positive" and action == "done":
            following = _beyond(nodes, state.index)
    elif action in ("bad", "die"):
        impression, granted = "negative", False
        if action == "die":
            following = _beyond(nodes, state.index)
    elif action.isdigit():
        following, complete = _jump(nodes, state.index, int(action))
        if not complete:
            impression, granted = "negative", False
    level = nodes[following].level if following < len(nodes) else 0
    return replace(state, index=following, impression=impression, granted=granted, saved=state.saved[: level + 1])


def _beyond(nodes: Sequence[Node], index: int) -> int:
    """Return the first node after the (sub)stack that `index` stands in."""
    level = nodes[index].level
    index += 1
    while index < len(nodes) and nodes[index].level >= level:
        index += 1
    return index


def _jump(nodes: Sequence[Node], index: int, count: int) -> tuple[int, bool]:
    """Return where jumping `count` lines of the same (sub)stack ends, and whether there were so many."""
    level = nodes[index].level
    index += 1
    while count and index < len(nodes) and nodes[index].level >= level:
        index += 1
        while index < len(nodes) and nodes[index].level > level:
            index += 1
        count -= 1
    return index, count == 0


def search(
    nodes: Sequence[Node],
    outcomes: Outcomes,
    through: Collection[int] | None = None,
    avoid: Collection[int] = (),
    granted: bool | None = True,
) -> list[Step] | None:
    """Return the shortest run that ends with success (`granted` None: with anything), None where there is none.

    The run must ask one of the nodes `through` (None: any run will do) and none of the nodes `avoid`. Raises Unread
    where the stack has more states than can be looked at.
    """
    start = State(passed=through is None)
    came: dict[State, tuple[State, Step] | None] = {start: None}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        if state.index >= len(nodes):
            if state.passed and (granted is None or (state.granted and state.impression == "positive") == granted):
                return _path(came, state)
            continue
        if state.index in avoid:
            continue
        if len(came) > MAX_STATES:
            raise Unread("the PAM stack of %s has too many branches to follow" % nodes[0].entry["file"])
        passed = state.passed or (through is not None and state.index in through)
        for code in _distinct(nodes[state.index], outcomes):
            reached = replace(advance(nodes, state, code), passed=passed)
            if reached not in came:
                came[reached] = (state, Step(state.index, code, reached.index))
                queue.append(reached)
    return None


def _distinct(node: Node, outcomes: Outcomes) -> list[str]:
    """Return one code for each thing that can happen: an action, and whether it was success."""
    if node.entry["control"] == SUBSTACK:
        return ["success"]
    seen: dict[tuple[str, bool], str] = {}
    for code in sorted(outcomes(node), key=CODES.index):
        seen.setdefault((node.actions[code], code == "success"), code)
    return list(seen.values())


def _path(came: Mapping[State, tuple[State, Step] | None], state: State) -> list[Step]:
    steps = []
    origin = came[state]
    while origin is not None:
        steps.append(origin[1])
        origin = came[origin[0]]
    return steps[::-1]


#: Services that ask as whoever called them; a daemon such as sshd asks as root.
SETUID = ("su", "su-l")


def possible(node: Node, person: Person) -> Collection[str]:
    """Return the codes a module may answer for `person`: what is certain of it, else every code."""
    module, arguments = node.module, node.entry["args"]
    if not module:
        return ("perm_denied",)
    if node.entry.get("present") is False:
        return ("module_unknown",)
    if module == "pam_permit":
        return ("success",)
    if module == "pam_deny":
        return ("auth_err",)
    if module == "pam_rootok" and person.service in SETUID:
        return FAILURES
    if module == "pam_faillock" and "authfail" in arguments:
        return FAILURES | {"ignore"}
    if module == "pam_succeed_if":
        return _condition(arguments, person)
    return CODES


def _condition(arguments: Sequence[str], person: Person) -> Collection[str]:
    """Return what pam_succeed_if(8) may answer: conditions on the service and on the exempt group are known."""
    return answers_of([_holds(condition, person) for condition in conditions(arguments)])


def conditions(arguments: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return the conditions of a pam_succeed_if(8) line as (left, relation, right)."""
    flags = {"debug", "use_uid", "quiet", "quiet_fail", "quiet_success", "audit"}
    words = [word for word in arguments if word not in flags]
    return [(words[at], words[at + 1], words[at + 2]) for at in range(0, len(words) - 2, 3)]


def answers_of(known: Collection[bool | None]) -> Collection[str]:
    """Return what pam_succeed_if(8) may answer where its conditions hold, don't or aren't known (None)."""
    if False in known:
        return FAILURES
    return ("success",) if known and all(known) else CODES


def _holds(condition: Sequence[str], person: Person) -> bool | None:
    left, relation, right = condition
    if left == "service":
        truths = {
            "=": person.service == right,
            "!=": person.service != right,
            "in": person.service in right.split(":"),
            "notin": person.service not in right.split(":"),
        }
        return truths.get(relation)
    if person.outside and relation in ("ingroup", "notingroup") and right == person.outside:
        return relation == "notingroup"
    return None


def must_succeed(stack: Sequence[Entry], wanted: Collection[str], person: Person) -> bool:
    """Say whether every run of the stack that ends in success had one of the modules `wanted` succeed."""
    nodes = flatten(stack)
    return search(nodes, lambda node: _refusing(node, wanted, person)) is None


def _refusing(node: Node, wanted: Collection[str], person: Person) -> Collection[str]:
    return FAILURES if node.module in wanted else possible(node, person)


def ways_around(stack: Sequence[Entry], wanted: Collection[str], person: Person) -> list[Item]:
    """Return how a run may end in success while every module of `wanted` refuses, each way by the line that opens it.

    At most MAX_WAYS ways, each found with the lines that opened the earlier ones taken away.
    """
    nodes = flatten(stack)
    targets = {index for index, node in enumerate(nodes) if node.module in wanted}
    shut: set[tuple[str, str]] = set()

    def outcomes(node: Node) -> list[str]:
        return [c for c in _refusing(node, wanted, person) if (node.place, node.actions[c]) not in shut]

    ways: list[Item] = []
    while len(ways) < MAX_WAYS:
        run = search(nodes, outcomes)
        if run is None:
            break
        opened = [step for step in run if _opens(nodes, step, targets)]
        if not opened:
            ways.append(Item("%s: no second factor" % _file(stack), "%s asks no second factor" % _file(stack)))
            break
        last = nodes[opened[-1].node]
        text = "; ".join(_explain(nodes, step, targets) for step in opened)
        ways.append(Item("%s %s" % (last.place, last.module), text))
        shut.add((last.place, last.actions[opened[-1].code]))
    return ways


def _opens(nodes: Sequence[Node], step: Step, targets: Collection[int]) -> bool:
    """Say whether the step let a run slip by a module of `targets`: skipped it, or did not count its refusal."""
    action = nodes[step.node].actions.get(step.code, "")
    if step.node in targets:
        return action not in ("bad", "die")
    return action == "reset" or any(step.node < target < step.following for target in targets)


def _explain(nodes: Sequence[Node], step: Step, targets: Collection[int]) -> str:
    node = nodes[step.node]
    action = node.actions[step.code]
    told = "%s: '%s %s'" % (node.place, node.entry["control"], node.module)
    if step.node in targets:
        return "%s does not count when it answers %s" % (told, step.code)
    if action == "reset":
        return "%s makes PAM forget an earlier refusal when it answers %s" % (told, step.code)
    skipped = ", ".join(
        "%s (%s)" % (nodes[target].module, nodes[target].place)
        for target in sorted(targets)
        if step.node < target < step.following
    )
    ends = "jumps over" if action.isdigit() else "ends the stack before"
    return "%s %s %s when it answers %s" % (told, ends, skipped, step.code)


def _file(stack: Sequence[Entry]) -> str:
    return str(stack[0]["file"]) if stack else "the service's PAM stack"
