# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's audit records what is wanted of it: a file of rules for each topic, loaded with all the others."""

from __future__ import annotations

from collections.abc import Iterator

from ...evaluators.audit_coverage import Wanted, gap
from ...evaluators.audit_rules import Rule, parse_all
from ...evaluators.audit_wanted import wanted
from ...evaluators.auditing import LOCKED, installed, possible
from ...evaluators.verdict import Case, NotApplicable
from ..steps import HEADER, Left, Measures, Step, file, package, program
from .auditing import PACKAGES, PROVIDES

MEASURES = Measures()
FOLDER = "/etc/audit/rules.d"
#: In the order in which the kernel is to go through them: the first rule that matches gives the record its key.
FILES = {
    "msp": "10-bulwark-msp.rules", "exec": "20-bulwark-exec.rules", "identity": "30-bulwark-identity.rules",
    "mfa": "40-bulwark-mfa.rules", "tamper": "50-bulwark-tamper.rules",
}  # fmt: skip
#: What isn't there any more, such as somebody's home, must not keep the other rules from being loaded.
GO_ON = "-i"


@MEASURES.of("audit_rules")
def audit_rules(case: Case, topic: str, control: str) -> list[Step]:
    """Have what is wanted of a topic recorded. Left where loading would drop rules that no file has."""
    try:
        possible(case)
    except NotApplicable as reason:
        raise Left(str(reason)) from None
    all_wanted = wanted(case, topic)
    if not all_wanted:
        return []
    rules = lines(all_wanted, topic)
    path = "%s/%s" % (FOLDER, FILES[topic])
    steps = [file(path, HEADER % control + "\n".join(rules) + "\n", "0640"), program("augenrules", {})]
    if not installed(case):
        return [package(PACKAGES.get(case.facts["system"]["family"], "auditd"), list(PROVIDES)), *steps]
    loaded = parse_all(case.facts["audit"]["loaded"])
    _keep_all(case, loaded)
    if _written(case, path) != [line for line in rules if line != GO_ON]:
        return [*steps, *([program("audit-rules", {})] if _locked(case) else [])]
    if _locked(case):
        raise Left("%s has the rules; the kernel's are locked (enabled 2), and the next boot loads them" % path)
    if all(any(_same(rule, one) for one in loaded) for rule in parse_all(rules)):
        raise Left("the rules of %s are loaded; %s" % (path, _what_is_left(all_wanted, loaded)))
    return [program("audit-rules", {})]


def lines(all_wanted: list[Wanted], key: str) -> list[str]:
    """Return the rules for what is wanted as auditctl(8) takes them, in a file that goes on past one that fails."""
    watching = any(one.path for one in all_wanted)
    return [*([GO_ON] if watching else []), *dict.fromkeys(line for one in all_wanted for line in _rules(one, key))]


def _rules(one: Wanted, key: str) -> Iterator[str]:
    for arch in sorted(one.arches, reverse=True):
        parts = ["-a always,exit -F arch=%s" % arch]
        if one.syscalls:
            parts.append("-S %s" % ",".join(sorted(one.syscalls)))
        parts += ["-C %s%s%s" % compare for compare in sorted(one.compares)]
        parts += ["-F %s%s%s" % condition for condition in one.conditions]
        parts += [
            "-F %s!=%d" % (field, value) for field, values in sorted(one.exempt.items()) for value in sorted(values)
        ]
        if one.path:
            parts.append("-F %s=%s -F perm=%s" % ("dir" if one.tree else "path", one.path, "wa"))
        yield " ".join([*parts, "-F key=%s" % key])


def _keep_all(case: Case, loaded: list[Rule | str]) -> None:
    """Raise Left where the kernel has a rule that no file has: it would be gone once the files are loaded."""
    files = parse_all(line["text"] for line in case.facts["audit"]["written"])
    for rule in loaded:
        if not any(_same(rule, one) for one in files):
            text = "no file of %s has the rule %s, which the kernel has: loading would drop it; write it into one"
            raise Left(text % (FOLDER, rule.text if isinstance(rule, Rule) else rule))


def _same(one: Rule | str, other: Rule | str) -> bool:
    return one.same(other) if isinstance(one, Rule) and isinstance(other, Rule) else one == other


def _written(case: Case, path: str) -> list[str]:
    texts = [line["text"] for line in case.facts["audit"]["written"] if line["file"] == path]
    return [text for text in texts if text != GO_ON]


def _locked(case: Case) -> bool:
    return bool(case.facts["audit"]["status"].get("enabled") == LOCKED)


def _what_is_left(all_wanted: list[Wanted], loaded: list[Rule | str]) -> str:
    found = [why for why in (gap(one, loaded) for one in all_wanted) if why and why.by]
    return "%s comes before them: take it out" % found[0].by if found else "what is wrong beside them they don't change"
