# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-mf-pam-required, -no-nullok, -no-ignore: PAM asks for the second factor, and fails closed.

Where a stack has a second factor only what is wrong with it is changed, so that who types password and code goes on
doing so. Where it has none, one line of it gives way to a file of ours. Each outcome is looked at by the resolver
before it is proposed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...evaluators.pam_stack import (
    Entry,
    Node,
    Person,
    entries,
    flatten,
    mfa_modules,
    modules,
    ways_around,
)
from ...evaluators.verdict import Case
from ...judges.initial_access.lockout import PASSWORD_MODULES
from ...judges.mfa.enrolment import METHODS
from ...judges.mfa.stack import ALWAYS, LENIENT, ignoring
from ...judges.mfa.stack import SERVICE as SSHD
from ..steps import Left, Measures, Step, edit, file, program
from .code_stack import FOLDER, factor, modelled, sound, text
from .enrolment import enrol, module_package, without_code
from .people import MODULES, asked, holders, place, require_break_glass, require_codes

MEASURES = Measures()

REQUIRED = "required"
OWN_FILE = "bulwark-%s-auth"
#: Modules that only say of whom nothing more is asked.
EXEMPTIONS = ("pam_succeed_if", "pam_access", "pam_listfile", "pam_time")
#: Modules that ask a service elsewhere, which may be down.
REMOTE_MODULES = ("pam_duo", "pam_radius_auth", "pam_rsa", "pam_securid", "pam_privacyidea", "pam_yubico")
#: authselect's feature -> the options that it takes out of its files.
AUTHSELECT = {"pam_unix": "without-nullok"}

Changes = list[dict[str, Any]]


@MEASURES.of("sshd_second_factor")
def sshd_second_factor(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have every way through sshd's stack ask for a second factor.

    arguments: oath_window, break_glass (group), and those of `enrol`.
    """
    stack = stack_of(case, SSHD)
    wanted = mfa_modules(case.facts, case.policy, SSHD)
    if wanted:
        steps = _mended(case, stack, wanted)
        if steps is not None:
            return steps
        if not set(wanted) <= set(MODULES.values()):
            ways = "; ".join(way.text for way in ways_around(stack, wanted, _person(case)))
            raise Left("how %s is asked is somebody's own: %s" % (" and ".join(wanted), ways))
    place(case)
    require_codes(case)
    return own_stack(case, arguments, control, SSHD, stack)


def stack_of(case: Case, service: str) -> Sequence[Entry]:
    """Return a service's auth stack; raises Left where its file is not ours to edit."""
    stack = entries(case.facts, service)
    if not stack or stack[0]["file"] != FOLDER + service:
        where = stack[0]["file"] if stack else "no file"
        raise Left("%s takes its PAM stack from %s; copy it to %s" % (service, where, FOLDER + service))
    return stack


def _person(case: Case, service: str = SSHD) -> Person:
    return Person(service, case.policy["bulwark_break_glass_group"])


def _edit(service: str, changes: Changes) -> Step:
    return edit(FOLDER + service, "pam_service", {"facility": "auth", "changes": changes})


def _mended(case: Case, stack: Sequence[Entry], wanted: Sequence[str]) -> list[Step] | None:
    """Return the edits of single lines of sshd's own file that close every way around, None where these don't do.

    A factor that does not count becomes required, an exemption goes, and so does an option that takes every answer.
    Files that other services share stay as they are.
    """
    person = _person(case)
    changes: Changes = []
    while True:
        ways = ways_around(stack, wanted, person)
        if not ways:
            break
        node = {"%s %s" % (node.place, node.module): node for node in flatten(stack)}.get(ways[0].identity)
        if node is None or node.entry["file"] != FOLDER + SSHD:
            return None
        if node.module in wanted and node.entry["control"] != REQUIRED:
            changes.append({"lines": [_line(node.entry)], "control": REQUIRED})
            stack = [{**entry, "control": REQUIRED} if entry is node.entry else entry for entry in stack]
        elif node.module in EXEMPTIONS:
            changes.append({"lines": [_line(node.entry)], "drop": True})
            stack = [entry for entry in stack if entry is not node.entry]
        else:
            return None
    lax = [entry for entry in modules(stack) if entry["module"] in wanted and ALWAYS in entry["args"]]
    if not sound(stack, wanted, person) or any(entry["file"] != FOLDER + SSHD for entry in lax):
        return None
    steps = [_edit(SSHD, changes)] if changes else []
    return steps + [_options(FOLDER + SSHD, module, [ALWAYS]) for module in sorted({each["module"] for each in lax})]


def _line(entry: Entry) -> dict[str, Any]:
    """Return how the edit tells a line."""
    if "nested" in entry:
        path = str(entry["nested"][0]["file"])
        return {
            "include": path.rsplit("/", 1)[-1] if path.rsplit("/", 1)[0] in ("/etc/pam.d", "/usr/lib/pam.d") else path
        }
    return {"module": entry["module"], "control": entry["control"], "args": list(entry["args"])}


def own_stack(
    case: Case, arguments: Mapping[str, Any], control: str, service: str, stack: Sequence[Entry]
) -> list[Step]:
    """Return the steps that have a service ask for codes by a file of ours, in place of what asked for a password.

    arguments: as sshd_second_factor takes them.
    """
    module, pattern = place(case)
    limits = {name: arguments[name] for name in ("window", "rate")}
    name = OWN_FILE % service
    asks = factor(module, pattern, int(arguments["oath_window"]))
    content = text(control, asks, case.facts["system"]["family"], arguments["break_glass"], service == SSHD)
    lines = _replaced(case, service, stack, modelled(content, FOLDER + name), module)
    return [
        module_package(case, module),
        *enrol(case, without_code(case), limits),
        file(FOLDER + name, content),
        _edit(service, [{"lines": lines, "include": name}]),
    ]


def _replaced(
    case: Case, service: str, stack: Sequence[Entry], own: Sequence[Entry], module: str
) -> list[dict[str, Any]]:
    """Return the lines that give way: those that ask for something, or all where these alone won't do."""
    asking = {*PASSWORD_MODULES, *case.policy["bulwark_mfa_modules"]}
    filled = [entry for entry in stack if "nested" not in entry or entry["nested"]]
    for given in ([each for each in filled if asking & {line["module"] for line in modules([each])}], filled):
        kept = [entry for entry in filled if entry not in given]
        at = filled.index(given[0]) if given else 0
        before = [entry for entry in filled[:at] if entry in kept]
        if given and sound([*before, *own, *kept[len(before) :]], [module], _person(case, service)):
            return [_line(entry) for entry in given]
    raise Left("no place in %s is found where a code could take that of the password" % (FOLDER + service))


@MEASURES.of("no_way_without_factor")
def no_way_without_factor(case: Case, arguments: Sequence[str], control: str) -> list[Step]:
    """Take the options out of the services' stacks that let in who has no factor, or an empty password.

    Raises Left where somebody who can log in has no factor yet that a module without these options would take.
    """
    found: dict[tuple[str, str], set[str]] = {}
    for service in services_of(case, arguments):
        for entry in modules(entries(case.facts, service)):
            lenient = set(LENIENT.get(entry["module"], ())) & set(entry["args"])
            if lenient:
                found.setdefault((entry["file"], entry["module"]), set()).update(lenient)
                _require_held(case, entry["module"])
    steps: list[Step] = []
    for (path, module), options in found.items():
        if case.facts["lockout"]["authselect"] and path != FOLDER + SSHD:
            steps.append(_authselect(path, module))
        elif not path.startswith(FOLDER):
            raise Left("%s is the distribution's own: copy it to %s" % (path, FOLDER))
        else:
            steps.append(_options(path, module, sorted(options)))
    return steps


def services_of(case: Case, names: Iterable[str]) -> list[str]:
    """Return which of the services have a stack here."""
    return [name for name in names if name in case.facts["pam"]["services"]]


def _options(path: str, module: str, remove: Sequence[str]) -> Step:
    options = {"module": module, "remove": list(remove)}
    return edit(path, "pam_lines", {"facility": "auth", "options": [options]})


def _authselect(path: str, module: str) -> Step:
    if module not in AUTHSELECT:
        raise Left("%s: %s stands in a file of authselect" % (path, module))
    return program("authselect", {"features": [AUTHSELECT[module]]})


def _require_held(case: Case, module: str) -> None:
    """Raise Left where somebody who is asked has no factor for `module`, and none is about to be given out."""
    if module not in METHODS:
        return
    given = holders(case, module)
    if module == place(case)[0]:
        given |= case.registers.seeded & set(without_code(case))
    out = sorted({login.name for login in asked(case)} - given)
    if out:
        raise Left("%s: %s would be out, without a factor (lin-mf-enrolled)" % (module, " and ".join(out)))


@MEASURES.of("factors_fail_closed")
def factors_fail_closed(case: Case, arguments: Sequence[str], control: str) -> list[Step]:
    """Have no refusal of a second factor ignored in the services' stacks, nor one that can't be asked."""
    steps: list[Step] = []
    remote: set[str] = set()
    for service in services_of(case, arguments):
        stack = entries(case.facts, service)
        for node, _codes in ignoring(case, service, stack):
            _require_own(node, service)
            _require_held(case, node.module)
            remote |= {node.module} & set(REMOTE_MODULES)
            steps.append(_edit(service, [{"lines": [_line(node.entry)], "control": REQUIRED}]))
        for entry in modules(stack):
            if entry["module"] == "pam_radius_auth" and "localifdown" in entry["args"]:
                remote.add("pam_radius_auth")
                steps.append(_options(entry["file"], "pam_radius_auth", ["localifdown"]))
    for module in sorted(remote):
        require_break_glass(case, module[len("pam_") :])
    return steps


def _require_own(node: Node, service: str) -> None:
    if node.entry["file"] != FOLDER + service:
        raise Left("%s stands in a file that other services share: move it to %s" % (node.place, FOLDER + service))
