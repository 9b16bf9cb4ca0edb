# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-aa-password-policy: what the next change of a password must satisfy, and no account with an empty one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...evaluators.logins import ADMIN_GROUPS, NO_SHELL
from ...evaluators.pam_stack import Entry, Person, entries, modules, ways_around
from ...evaluators.verdict import Case
from ...judges.authentication import passwords as judge
from ..steps import Left, Measures, Step, edit, file, package, program

MEASURES = Measures()

COMMON = "/etc/pam.d/common-password"
PWQUALITY, PWHISTORY = "/etc/security/pwquality.conf", "/etc/security/pwhistory.conf"
LOGIN_DEFS = "/etc/login.defs"
#: The package's own profile for pam-auth-update(8), and ours right behind it: Debian has none for pam_pwhistory.
QUALITY_PROFILE, HISTORY_PROFILE = "pwquality", "bulwark-pwhistory"
PROFILE = (
    "Name: Earlier passwords are refused (bulwark.msp)\nDefault: no\nPriority: 1023\nPassword-Type: Primary\n"
    "Password:\n\trequisite\tpam_pwhistory.so remember=%(remember)d use_authtok\n"
    "Password-Initial:\n\trequisite\tpam_pwhistory.so remember=%(remember)d\n"
)
PROFILES = "/usr/share/pam-configs/"
#: What libpam-pwquality brings on Debian, so that its part can be tried before it is installed.
COMING = {
    QUALITY_PROFILE: "Name: Pwquality password strength checking\nDefault: yes\nPriority: 1024\nConflicts: cracklib\n"
    "Password-Type: Primary\nPassword:\n\trequisite\t\t\tpam_pwquality.so retry=3\n"
    "Password-Initial:\n\trequisite\t\t\tpam_pwquality.so retry=3\n"
}
#: Debian only recommends the dictionary, and without it pam_pwquality refuses every new password.
DICTIONARY = ("cracklib-runtime", ["/var/cache/cracklib/cracklib_dict.pwd"])


@MEASURES.of("empty_passwords_locked")
def empty_passwords_locked(case: Case, arguments: Any, control: str) -> list[Step]:
    """Lock the accounts whose password is empty, unless that could leave nobody to administer the host."""
    accounts = case.facts["accounts"]
    names = sorted(name for name, state in accounts["passwords"].items() if state == "empty")
    own = case.facts["system"]["account"]
    if own in names:
        raise Left("%s, by which this run came, has an empty password: give it one, or a key and none" % own)
    if names and not _administrators(case) - set(names):
        raise Left("%s has an empty password, and no other administrator can log in" % ", ".join(names))
    return [edit("/etc/shadow", "shadow_lock_empty", {"accounts": names}, secret=True, volatile=True)] if names else []


def _administrators(case: Case) -> set[str]:
    """Return who can log in, by password or key, and then become root."""
    keys = {key["user"] for key in case.facts["keys"]["authorized"]}
    return {
        user["name"] for user in case.facts["accounts"]["users"]
        if (user["uid"] == 0 or ADMIN_GROUPS & set(user["groups"]) or user["name"] == case.facts["system"]["account"])
        and (user.get("password") in ("usable", "empty") or user["name"] in keys)
        and not user.get("expired") and user["shell"].rpartition("/")[2] not in NO_SHELL
    }  # fmt: skip


@MEASURES.of("password_quality")
def password_quality(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have pam_pwquality check new passwords: their length (arguments: minlen), and that no dictionary holds them."""
    if not judge.in_use(case):
        return []
    if judge.lines_of(case, judge.PASSWDQC):
        raise Left("pam_passwdqc checks new passwords here: set min and enforce in /etc/passwdqc.conf")
    lines = judge.lines_of(case, judge.QUALITY)
    stack = entries(case.facts, judge.SERVICE, "password")
    around = ways_around(stack, (judge.QUALITY,), Person(judge.SERVICE)) if lines else []
    if around:
        raise Left("%s; the order of the lines is somebody's own" % around[0].text)
    steps = [] if lines else _insert_quality(case)
    written = case.facts["passwords"]["pwquality"]
    loose = _loose(written, arguments["minlen"])
    for entry in lines:
        own = judge.settings_of(entry)
        together = _loose({**written, **own}, arguments["minlen"])
        loose.update({name: value for name, value in together.items() if name not in own})
        steps += _options(case, entry, together)
    if lines and "dictcheck" in loose and case.facts["system"]["family"] != "redhat":
        steps.append(package(*DICTIONARY))
    return [*steps, edit(PWQUALITY, "settings", {"values": loose})] if loose else steps


def _loose(settings: Mapping[str, str], least: int) -> dict[str, str]:
    """Return what has to be set; libpwquality lets the main file win over its drop-ins, so it is written there."""
    length = judge.number(settings, "minlen", judge.UNSET_MINLEN)
    shorter = {name: max(0, judge.number(settings, name, 0)) for name in judge.CREDITS}
    wanted = {}
    if length - sum(shorter.values()) < least:
        wanted = {name: "0" for name, credit in shorter.items() if credit}
        wanted["minlen"] = str(max(length, least))
    for name, unset in (("dictcheck", judge.UNSET_DICTCHECK), ("enforcing", judge.UNSET_ENFORCING)):
        if judge.number(settings, name, unset) == 0:
            wanted[name] = "1"
    return wanted


def _insert_quality(case: Case) -> list[Step]:
    if case.facts["system"]["family"] == "redhat":
        raise Left("the selected profile of authselect asks no pam_pwquality")
    brings = [PROFILES + QUALITY_PROFILE, "/usr/lib/*/security/pam_pwquality.so"]
    steps = [package("libpam-pwquality", brings), package(*DICTIONARY)]
    if _managed(case):
        return [*steps, program("pam-auth-update", {"enable": [QUALITY_PROFILE], "coming": COMING})]
    return [*steps, _insert(judge.QUALITY, ["retry=3"], [judge.HISTORY, judge.UNIX])]


@MEASURES.of("password_history")
def password_history(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have pam_pwhistory refuse the last passwords (arguments: remember, how many)."""
    if not judge.in_use(case) or not list(judge.history(case)):
        return []
    remember = arguments["remember"]
    lines = judge.lines_of(case, judge.HISTORY)
    redhat = case.facts["system"]["family"] == "redhat"
    if lines and redhat:
        steps = [edit(PWHISTORY, "settings", {"values": {"remember": str(remember)}})]
        return steps + [step for entry in lines for step in _options(case, entry, ["remember"])]
    if lines:
        return [step for entry in lines for step in _options(case, entry, ["remember"], ["remember=%d" % remember])]
    if redhat:
        return _authselect(case)
    if _managed(case):
        text = PROFILE % {"remember": remember}
        return [
            file(PROFILES + HISTORY_PROFILE, text),
            program("pam-auth-update", {"enable": [HISTORY_PROFILE], "coming": COMING}),
        ]
    return [_insert(judge.HISTORY, ["remember=%d" % remember, "use_authtok"], [judge.UNIX])]


def _authselect(case: Case) -> list[Step]:
    if case.facts["lockout"]["authselect"] is None:
        raise Left("authselect manages no PAM file here, and none of them asks pam_pwhistory")
    return [program("authselect", {"features": ["with-pwhistory"]})]


@MEASURES.of("password_hashes")
def password_hashes(case: Case, arguments: Sequence[str], control: str) -> list[Step]:
    """Have new passwords hashed by one of the methods named, that of pam_unix where it is one of them."""
    if not judge.in_use(case):
        return []
    lines = judge.lines_of(case, judge.UNIX)
    named = {entry["line"]: [judge.HASHES[word] for word in entry["args"] if word in judge.HASHES] for entry in lines}
    good = [words[-1] for words in named.values() if words and words[-1] in arguments]
    method = case.facts["passwords"]["login_defs"].get("ENCRYPT_METHOD", "").upper()
    chosen = (good or [method if method in arguments else arguments[0]])[0]
    word = next(word for word, name in judge.HASHES.items() if name == chosen)
    steps: list[Step] = []
    for entry in lines:
        weak = [option for option in entry["args"] if option in judge.HASHES and option != word]
        if named[entry["line"]] and named[entry["line"]][-1] not in arguments:
            steps += _options(case, entry, weak, [word])
    if method not in arguments and (method or not all(named.values())):
        steps.append(edit(LOGIN_DEFS, "settings", {"values": {"ENCRYPT_METHOD": chosen}, "between": " "}))
    return steps


def _managed(case: Case) -> bool:
    """Say whether pam-auth-update writes common-password; raises Left where passwd doesn't ask that file."""
    stack = modules(entries(case.facts, judge.SERVICE, "password"))
    if all(entry["file"] != COMMON for entry in stack):
        raise Left("%s does not include %s, so that its stack is somebody's own" % (judge.SERVICE, COMMON))
    return bool(case.facts["pam"]["managed"])


def _insert(module: str, options: list[str], before: list[str]) -> Step:
    """Return the edit that puts a module before those that store the password, which must take what it checked."""
    return edit(COMMON, "pam_lines", {
        "facility": "password",
        "insert": [{"control": "requisite", "module": module, "options": options, "before": before}],
        "options": [{"module": judge.UNIX, "add": ["use_authtok"]}],
    })  # fmt: skip


def _options(case: Case, entry: Entry, remove: Iterable[str], add: Sequence[str] = ()) -> list[Step]:
    """Return the edit that takes options out of a line, or none where it has none of them."""
    present = sorted(set(judge.settings_of(entry)) & set(remove))
    if not present and not add:
        return []
    if case.facts["lockout"]["authselect"]:
        raise Left("%s:%d: %s, in a file of authselect" % (entry["file"], entry["line"], ", ".join(present)))
    options = {"module": entry["module"], "remove": present, "add": list(add)}
    return [edit(entry["file"], "pam_lines", {"facility": "password", "options": [options]})]
