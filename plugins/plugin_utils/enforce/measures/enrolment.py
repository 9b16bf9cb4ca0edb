# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-mf-enrolled, lin-mf-central-enrol, lin-mf-code-limits: codes given out by root, from bulwark_totp_seeds.

Steps name seeds and never hold one. What pam_oath and pam_google_authenticator keep in their files to know a used code
again stays there: the files are volatile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...evaluators.logins import ADMIN_GROUPS, NO_SHELL
from ...evaluators.pam_stack import mfa_modules
from ...evaluators.verdict import Case
from ...judges.mfa.enrolment import (
    METHODS,
    OTHERS_BITS,
    PEOPLE,
    SECOND,
    SEEDS,
    SHOWN,
    UNSET_OATH_WINDOW,
    WRITABLE_BY_OTHERS,
    argument,
    files,
    in_home,
)
from ..steps import Left, Measures, Step, absent, edit, package
from .people import (
    FILES,
    GOOGLE,
    OATH,
    TOTP,
    held_in,
    holders,
    place,
    present,
    seedless,
)
from .seeds import called

MEASURES = Measures()

PRIVATE = "0600"
PACKAGES = {
    (OATH, "debian"): "libpam-oath",
    (OATH, "redhat"): "pam_oath",
    (GOOGLE, "debian"): "libpam-google-authenticator",
    (GOOGLE, "redhat"): "google-authenticator",
}
LIBRARIES = ("/lib/*/security/%s.so", "/usr/lib/*/security/%s.so", "/usr/lib64/security/%s.so")


def module_package(case: Case, module: str) -> Step:
    """Return the step that brings a module of ours."""
    name = PACKAGES[module, case.facts["system"]["family"]]
    return package(name, [pattern % module for pattern in LIBRARIES])


def enrol(case: Case, names: Iterable[str], limits: Mapping[str, Any]) -> list[Step]:
    """Return the steps that give codes to accounts; raises Left where one has no seed.

    limits: {window: codes that Google Authenticator accepts at a time, rate: tries:seconds}.
    """
    names = sorted(names)
    seedless(case, names)
    module, pattern = place(case)
    if module == OATH:
        return [_oath(pattern, {"enrol": {name: called(name) for name in names}})] if names else []
    return [_google(pattern.replace("${USER}", name), {"seed": called(name), **limits}) for name in names]


def without_code(case: Case) -> list[str]:
    """Return the registered accounts here that are to have a code and have none."""
    module, _pattern = place(case)
    holding = holders(case, module)
    return [account.name for account in present(case) if TOTP in account.factors and account.name not in holding]


def _oath(path: str, arguments: Mapping[str, Any]) -> Step:
    return edit(
        path, "oath_users", arguments, mode=PRIVATE, owner="root", group="root", secret=True, volatile=True,
        create=PRIVATE,
    )  # fmt: skip


def _google(path: str, arguments: Mapping[str, Any], mine: bool = True) -> Step:
    """Return the edit of a secret file; mine: it is root's, whatever it was."""
    owner = {"mode": PRIVATE, "owner": "root", "group": "root"} if mine else {}
    return edit(path, "google_secret", arguments, **owner, secret=True, volatile=True, create=PRIVATE)


@MEASURES.of("registered_factors")
def registered_factors(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Give out the codes that bulwark_accounts names, and take those of accounts that can't log in.

    arguments: as `enrol` takes limits. A factor that nobody registered is never touched: whose it is has to be asked
    first, and a device can't be enrolled from here.
    """
    case.registers.declared("accounts")
    steps, problems = _taken_back(case)
    doubled, more = _doubled(case)
    problems += more + _missing(case)
    missing = without_code(case)
    if missing and not _codes_are_asked(case):
        asked = ", ".join(mfa_modules(case.facts, case.policy)) or "no module"
        problems.append(
            "%s should have a code by bulwark_accounts, and sshd asks %s: set bulwark_mfa_method and the factors to "
            "what is in use" % (" and ".join(missing), asked)
        )
    if problems:
        raise Left("; ".join(problems))
    return [*steps, *enrol(case, {*missing, *doubled}, arguments)]


def _codes_are_asked(case: Case) -> bool:
    """Say whether a service asks for codes, or sshd will since it asks for no second factor at all."""
    return bool([line for line in case.facts["factors"]["modules"] if line["module"] in FILES]) or not mfa_modules(
        case.facts, case.policy
    )


def _taken_back(case: Case) -> tuple[list[Step], list[str]]:
    """Return the steps that remove factors of accounts that can't log in, and the factors that nobody registered."""
    users = {user["name"]: user for user in case.facts["accounts"]["users"]}
    steps: list[Step] = []
    problems: list[str] = []
    for file, module in files(case):
        gone = []
        for name in sorted(set(held_in(file))):
            user, account = users.get(name), case.registers.account(name)
            if user is None or user.get("expired") or user["shell"].rsplit("/", 1)[-1] in NO_SHELL:
                gone.append(name)
            elif account is None or METHODS[module][1] not in account.factors:
                problems.append(
                    "%s holds %s in %s: register it in bulwark_accounts, or take it away by hand once it is known "
                    "whose it is" % (name, METHODS[module][1], file["path"])
                )
        if gone:
            steps.append(_without(file, module, gone))
    for key in case.facts["keys"]["authorized"]:
        account = case.registers.account(key["user"])
        if key["type"].startswith("sk-") and (account is None or "sk" not in account.factors):
            problems.append("%s holds sk in %s: register it in bulwark_accounts" % (key["user"], key["path"]))
    return steps, problems


def _without(file: Mapping[str, Any], module: str, names: list[str]) -> Step:
    if "user" in file:
        return absent(file["path"])
    if module == OATH:
        return _oath(file["path"], {"remove": names})
    return edit(file["path"], "mapped_keys", {"remove": names})


def _doubled(case: Case) -> tuple[list[str], list[str]]:
    """Return who holds two tokens in one file and a seed that says which one counts; of the others what is wrong."""
    doubled: list[str] = []
    problems: list[str] = []
    _module, pattern = place(case)
    for file, module in files(case):
        names = held_in(file) if module == OATH else []
        for name in sorted({name for name in names if names.count(name) > 1}):
            if name in case.registers.seeded and file["pattern"] == pattern:
                doubled.append(name)
            else:
                problems.append("%s holds two tokens in %s, and bulwark_totp_seeds has no seed" % (name, file["path"]))
    return doubled, problems


def _missing(case: Case) -> list[str]:
    """Return what an account lacks that can't be given out from here."""
    admins = {user["name"] for user in case.facts["accounts"]["users"] if ADMIN_GROUPS & set(user["groups"])}
    security_keys = {key["user"] for key in case.facts["keys"]["authorized"] if key["type"].startswith("sk-")}
    problems = []
    for account in present(case):
        if account.kind not in PEOPLE or not (account.admin or account.external or account.name in admins):
            continue
        if not SECOND.intersection(account.factors):
            problems.append("%s has no second factor in bulwark_accounts" % account.name)
        for factor in set(SHOWN).intersection(account.factors) - {TOTP}:
            held = security_keys if factor == "sk" else holders(case, "pam_u2f")
            if account.name not in held:
                problems.append("%s has to enrol the registered %s" % (account.person or account.name, factor))
    return problems


@MEASURES.of("central_factors")
def central_factors(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have modules take their factors from files of root's, and give their holders codes there.

    arguments: as `enrol` takes limits. A secret that somebody made alone in the home is not taken over: whoever held
    the first factor could have made it. It gives way to the one of bulwark_totp_seeds.
    """
    steps: list[Step] = []
    for line in case.facts["factors"]["modules"]:
        home = in_home(line["pattern"])
        if home and line["module"] != GOOGLE:
            raise Left(
                "%s:%d: %s takes what each user keeps in %s: register the keys in a file of root's and name it by "
                "authfile=" % (line["file"], line["line"], line["module"], line["pattern"])
            )
        if line["module"] == GOOGLE and (home or "user=root" not in line["args"]):
            pattern = FILES[GOOGLE] if home else line["pattern"]
            options = {"module": GOOGLE, "remove": ["secret", "user"], "add": ["secret=" + pattern, "user=root"]}
            steps.append(edit(line["file"], "pam_lines", {"facility": "auth", "options": [options]}))
    moved = {
        file["user"] for file, module in files(case) if module == GOOGLE and "user" in file and in_home(file["pattern"])
    }
    here = {account.name for account in present(case)}
    return [*enrol(case, moved & here, arguments), *steps, *_closed(case)]


def _closed(case: Case) -> list[Step]:
    """Return the steps that make root the only one who can change a factor, or read a seed."""
    steps = []
    for file, module in files(case):
        if in_home(file["pattern"]) or "unread" in file:
            continue
        others = file["mode"] & (OTHERS_BITS if module in SEEDS else WRITABLE_BY_OTHERS)
        if file["owner_uid"] == 0 and not others:
            continue
        if module == OATH:
            steps.append(_oath(file["path"], {}))
        else:
            mode = PRIVATE if module in SEEDS else "%04o" % (file["mode"] & ~WRITABLE_BY_OTHERS)
            steps.append(
                edit(file["path"], "as_it_is", {}, mode=mode, owner="root", secret=True, volatile=module in SEEDS)
            )
    return steps


@MEASURES.of("code_limits")
def code_limits(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have few codes accepted at a time, none twice and few tries.

    arguments: those of `enrol`, and oath_window: the codes that pam_oath may look ahead.
    """
    limits = {name: arguments[name] for name in ("window", "rate")}
    most = int(arguments["oath_window"])
    steps: list[Step] = []
    for line in case.facts["factors"]["modules"]:
        given = argument(line["args"], "window") or UNSET_OATH_WINDOW
        if line["module"] == OATH and (not given.isdigit() or int(given) > most):
            options = {"module": OATH, "remove": ["window"], "add": ["window=%d" % most]}
            steps.append(edit(line["file"], "pam_lines", {"facility": "auth", "options": [options]}))
    for file, module in files(case):
        if module == GOOGLE and "unread" not in file:
            steps.append(_google(file["path"], limits, mine=not in_home(file["pattern"])))
    return steps
