# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-ic-faillock: pam_faillock wherever sessions begin, with limits that are neither too wide nor endless."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...evaluators.pam_stack import Entry, actions, entries, modules
from ...evaluators.verdict import Case
from ...judges.initial_access import lockout as judge
from ..steps import Left, Measures, Step, edit, file, program

MEASURES = Measures()

AUTH, ACCOUNT = "/etc/pam.d/common-auth", "/etc/pam.d/common-account"
PROFILES = "/usr/share/pam-configs/"
#: pam-auth-update(8) sorts by priority: one profile before whatever checks a password, one after.
FIRST, LAST = 1024, 0
REFUSES = "bulwark-faillock"
COUNTS = "bulwark-faillock-authfail"
PREAUTH, AUTHFAIL = "pam_faillock.so preauth silent", "pam_faillock.so authfail"
CONTENTS = {
    REFUSES: (
        "Name: A locked account is refused (bulwark.msp)\nDefault: no\nPriority: %d\n"
        "Auth-Type: Primary\nAuth:\n\trequired\t%s\n"
        "Account-Type: Primary\nAccount:\n\trequired\tpam_faillock.so\n" % (FIRST, PREAUTH)
    ),
    COUNTS: (
        "Name: A wrong password is counted (bulwark.msp)\nDefault: no\nPriority: %d\n"
        "Auth-Type: Primary\nAuth:\n\t[default=die]\t%s\n" % (LAST, AUTHFAIL)
    ),
}  # fmt: skip
FEATURE = "with-faillock"


@MEASURES.of("faillock_stack")
def faillock_stack(case: Case, arguments: Sequence[str], control: str) -> list[Step]:
    """Have the PAM services named refuse locked accounts and count wrong passwords.

    Debian's way is two profiles of pam-auth-update, or where it leaves the common files alone since somebody edited
    them, the same lines in these; that of the RHEL family is a feature of authselect.
    """
    services = [service for service in arguments if judge.configured(case, service)]
    lacking = {service: list(judge.gaps(case, service)) for service in services}
    failing = [service for service in services if lacking[service]]
    if not failing:
        return []
    if case.facts["system"]["family"] == "redhat":
        return _authselect(case, failing)
    for service in failing:
        if not _common(case, service):
            raise Left("%s does not include %s, so that its stack is somebody's own" % (service, AUTH))
    present = _common(case, failing[0])
    words = {word for entry in present if entry["module"] == judge.TALLY for word in entry["args"]}
    if case.facts["pam"]["managed"] and not words:
        return _profiles()
    for service in failing:
        for found in lacking[service]:
            if found.identity.rpartition(": ")[2] in words:
                raise Left("%s; the order of its lines is somebody's own" % found.text)
    return _lines(present)


def _authselect(case: Case, failing: list[str]) -> list[Step]:
    chosen = case.facts["lockout"]["authselect"]
    if chosen is None:
        raise Left("authselect manages no PAM file here, and %s counts no wrong passwords" % ", ".join(failing))
    if FEATURE in chosen["features"]:
        raise Left("%s is selected, and still %s misses wrong passwords" % (FEATURE, ", ".join(failing)))
    return [program("authselect", {"features": [FEATURE]})]


def _common(case: Case, service: str) -> list[Entry]:
    """Return the lines of common-auth that a service asks."""
    return [entry for entry in modules(entries(case.facts, service)) if entry["file"] == AUTH]


def _profiles() -> list[Step]:
    made = [file(PROFILES + name, text) for name, text in CONTENTS.items()]
    return [*made, program("pam-auth-update", {"enable": list(CONTENTS)})]


def _lines(present: Sequence[Entry]) -> list[Step]:
    """Return the edits of the common files; they count only where a wrong password doesn't end the stack by itself."""
    for entry in present:
        if entry["module"] in judge.PASSWORD_MODULES and actions(entry["control"])["auth_err"] in ("bad", "die"):
            place = "%s:%d" % (entry["file"], entry["line"])
            raise Left("%s: '%s' decides before a failure could be counted" % (place, entry["control"]))
    return [
        edit(AUTH, "pam_lines", {"facility": "auth", "insert": [
            _line("required", PREAUTH, judge.PASSWORD_MODULES), _line("[default=die]", AUTHFAIL, ["pam_deny"]),
        ]}),
        edit(ACCOUNT, "pam_lines", {"facility": "account", "insert": [
            _line("required", "pam_faillock.so", judge.PASSWORD_MODULES),
        ]}),
    ]  # fmt: skip


def _line(control: str, module: str, before: Sequence[str]) -> dict[str, Any]:
    name, *options = module.split()
    return {"control": control, "module": name.removesuffix(".so"), "options": options, "before": list(before)}


@MEASURES.of("faillock_limits")
def faillock_limits(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Tighten faillock.conf; options of a line that would win over it are taken out of the line.

    arguments: {deny, fail_interval (seconds), shortest_lock, longest_lock (minutes)}.
    """
    lines = judge.tally_lines(case)
    written = case.facts["lockout"]["configs"]
    steps: list[Step] = []
    for path in dict.fromkeys([_config(entry) for entry in lines] or [judge.CONFIG]):
        wanted = _tightened(case, arguments, {**judge.DEFAULTS, **written.get(path, {})})
        if wanted:
            steps.append(edit(path, "settings", {"values": wanted}))
    for entry in lines:
        own = dict(option.partition("=")[::2] for option in entry["args"])
        loose = sorted(set(own) & set(_tightened(case, arguments, {**judge.DEFAULTS, **own})))
        if loose and case.facts["lockout"]["authselect"]:
            raise Left("%s:%d: %s, in a file of authselect" % (entry["file"], entry["line"], ", ".join(loose)))
        if loose:
            options = {"module": judge.TALLY, "remove": loose}
            steps.append(edit(entry["file"], "pam_lines", {"facility": "auth", "options": [options]}))
    return steps


def _config(entry: Entry) -> str:
    paths = [option.partition("=")[2] for option in entry["args"] if option.startswith("conf=")]
    return str(paths[-1]) if paths else judge.CONFIG


def _tightened(case: Case, limits: Mapping[str, Any], present: Mapping[str, str]) -> dict[str, str]:
    """Return what must be set differently."""
    deny, interval, unlock = (judge.number(present[name]) for name in ("deny", "fail_interval", "unlock_time"))
    shortest, longest = limits["shortest_lock"] * 60, limits["longest_lock"] * 60
    wanted: dict[str, str] = {}
    if not 1 <= deny <= limits["deny"]:
        wanted["deny"] = str(limits["deny"])
    if interval < limits["fail_interval"]:
        wanted["fail_interval"] = str(limits["fail_interval"])
    if unlock == 0 and not judge.console_account(case):
        wanted["unlock_time"] = str(longest)
    elif unlock and not shortest <= unlock <= longest:
        wanted["unlock_time"] = str(min(max(unlock, shortest), longest))
    if judge.root_is_guessable(case):
        if "even_deny_root" not in present:
            wanted["even_deny_root"] = ""
        root = present.get("root_unlock_time", wanted.get("unlock_time", present["unlock_time"]))
        if not 0 < judge.number(root) <= shortest:
            wanted["root_unlock_time"] = str(shortest)
    # Whoever knows the names of the emergency accounts must not be able to keep their owners out when it counts.
    if case.policy["bulwark_break_glass_group"] and not present.get("admin_group"):
        wanted["admin_group"] = case.policy["bulwark_break_glass_group"]
    return wanted
