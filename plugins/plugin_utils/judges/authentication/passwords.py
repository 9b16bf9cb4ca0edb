# SPDX-License-Identifier: GPL-3.0-or-later
"""AA-01: passwords that are still taken are long, new, and kept as hashes that stand up to guessing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...evaluators.checks import gather
from ...evaluators.facts import Unread
from ...evaluators.logins import asks_password, contexts
from ...evaluators.pam_stack import Entry, Person, entries, modules, ways_around
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()

SERVICE = "passwd"
QUALITY, PASSWDQC, HISTORY, UNIX = "pam_pwquality", "pam_passwdqc", "pam_pwhistory", "pam_unix"
CREDITS = ("dcredit", "ucredit", "lcredit", "ocredit")
#: What the modules do where nothing is set (pwquality.conf(5), pam_pwhistory(8), pam_passwdqc(8)).
UNSET_MINLEN, UNSET_DICTCHECK, UNSET_ENFORCING, UNSET_REMEMBER = 8, 1, 1, 10
UNSET_PASSWDQC = "disabled,24,11,8,7"
#: pam_unix's own names for hash methods -> those of login.defs(5).
HASHES = {
    "yescrypt": "YESCRYPT", "gost_yescrypt": "GOST_YESCRYPT", "sha512": "SHA512", "sha256": "SHA256",
    "blowfish": "BCRYPT", "md5": "MD5", "bigcrypt": "DES",
}  # fmt: skip


@JUDGES.of("lin-aa-password-policy")
def password_policy(case: Case) -> Verdict:
    """What new passwords must satisfy, by the stack that changes them; arguments win over the configuration files.

    Empty passwords count on every host. The rest doesn't apply where no account in force (not expired) has a usable
    password and sshd takes none.
    """
    empty, unread = gather(case, empty_passwords)
    policy = case.policy
    if not empty and not unread and not in_use(case):
        raise NotApplicable("no account in force has a usable password, and sshd takes none")
    wrong, more = gather(case, _quality, history, _hashes)
    return verdict(
        "new passwords have at least %d characters and are in no dictionary, the last %d are refused, hashes are %s, "
        "and no password is empty" % (
            policy["bulwark_password_min"], policy["bulwark_password_remember"],
            " or ".join(policy["bulwark_password_hashes"]),
        ),
        [*empty, *wrong],
        [*unread, *more],
        evidence=["/etc/pam.d/%s" % SERVICE, *case.facts["passwords"]["pwquality_files"], "/etc/login.defs"],
        assurance="configured",
    )  # fmt: skip


def empty_passwords(case: Case) -> Iterator[Item]:
    for name, state in sorted(case.facts["accounts"]["passwords"].items()):
        if state == "empty":
            yield item("%s: empty password" % name, "%s has an empty password" % name)


def in_use(case: Case) -> bool:
    users = case.facts["accounts"]["users"]
    if any(user.get("password") == "usable" and not user.get("expired") for user in users):
        return True
    return bool(case.facts["sshd"]["installed"]) and any(asks_password(context) for context in contexts(case))


def lines_of(case: Case, module: str) -> list[Entry]:
    return [entry for entry in modules(entries(case.facts, SERVICE, "password")) if entry["module"] == module]


def _quality(case: Case) -> Iterable[Item]:
    stack = entries(case.facts, SERVICE, "password")
    if not lines_of(case, QUALITY) and not lines_of(case, PASSWDQC):
        yield item("no quality check", "%s: no pam_pwquality or pam_passwdqc checks new passwords" % SERVICE)
        return
    for way in ways_around(stack, (QUALITY, PASSWDQC), Person(SERVICE)):
        yield item("quality check: %s" % way.identity, way.text)
    for entry in lines_of(case, QUALITY):
        yield from _pwquality(case, {**case.facts["passwords"]["pwquality"], **settings_of(entry)}, _place(entry))
    for entry in lines_of(case, PASSWDQC):
        yield from _passwdqc(case, entry)


def _pwquality(case: Case, settings: Mapping[str, str], place: str) -> Iterator[Item]:
    least = case.policy["bulwark_password_min"]
    # A credit above zero makes shorter passwords with that kind of character pass (pwquality.conf(5)).
    credit = sum(max(0, number(settings, name, 0)) for name in CREDITS)
    length = number(settings, "minlen", UNSET_MINLEN) - credit
    if length < least:
        less = " (minlen less credits)" if credit else ""
        yield item("minlen", "%s: passwords of %d characters%s are taken, less than %d" % (place, length, less, least))
    if number(settings, "dictcheck", UNSET_DICTCHECK) == 0:
        yield item("dictcheck", "%s: dictcheck = 0" % place)
    if number(settings, "enforcing", UNSET_ENFORCING) == 0:
        yield item("enforcing", "%s: enforcing = 0 only warns" % place)


def _passwdqc(case: Case, entry: Entry) -> Iterator[Item]:
    least = case.policy["bulwark_password_min"]
    settings = {**case.facts["passwords"]["passwdqc"], **settings_of(entry)}
    if settings.get("config", "/etc/passwdqc.conf") != "/etc/passwdqc.conf":
        raise Unread("pam_passwdqc: %s is not read" % settings["config"])
    lengths = settings.get("min", UNSET_PASSWDQC)
    if any(not length.isdigit() or int(length) < least for length in lengths.split(",") if length != "disabled"):
        yield item("min", "%s: pam_passwdqc min=%s takes less than %d characters" % (_place(entry), lengths, least))
    if settings.get("enforce", "everyone") == "none":
        yield item("enforce", "%s: pam_passwdqc enforce=none only warns" % _place(entry))


def history(case: Case) -> Iterable[Item]:
    least = case.policy["bulwark_password_remember"]
    kept = []
    for entry in lines_of(case, HISTORY):
        kept.append(number({**case.facts["passwords"]["pwhistory"], **settings_of(entry)}, "remember", UNSET_REMEMBER))
    kept += [number(settings_of(entry), "remember", 0) for entry in lines_of(case, UNIX)]
    if max(kept, default=0) < least:
        text = "%s: %d earlier passwords are refused (pam_pwhistory remember), fewer than %d"
        return [item("remember", text % (SERVICE, max(kept, default=0), least))]
    return []


def _hashes(case: Case) -> Iterator[Item]:
    """Yield what makes weak hashes: pam_unix's own argument, else ENCRYPT_METHOD, which other tools use anyway."""
    accepted = case.policy["bulwark_password_hashes"]
    method = case.facts["passwords"]["login_defs"].get("ENCRYPT_METHOD", "").upper()
    own = [(entry, [HASHES[word] for word in entry["args"] if word in HASHES]) for entry in lines_of(case, UNIX)]
    for entry, named in own:
        if named and named[-1] not in accepted:
            yield item("pam_unix %s" % named[-1], "%s: pam_unix makes %s hashes" % (_place(entry), named[-1]))
    if method and method not in accepted:
        yield item("ENCRYPT_METHOD", "/etc/login.defs: ENCRYPT_METHOD %s" % method)
    elif not method and not all(named for _entry, named in own):
        yield item("ENCRYPT_METHOD", "/etc/login.defs sets no ENCRYPT_METHOD, and pam_unix names no hash")


def settings_of(entry: Entry) -> dict[str, str]:
    return {name: value for name, _equals, value in (word.partition("=") for word in entry["args"])}


def _place(entry: Entry) -> str:
    return "%s:%d" % (entry["file"], entry["line"])


def number(settings: Mapping[str, Any], name: str, unset: int) -> int:
    value = str(settings.get(name, unset))
    if not value.lstrip("-").isdigit():
        raise Unread("%s = %s is not a number" % (name, value))
    return int(value)
