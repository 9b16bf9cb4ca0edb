# SPDX-License-Identifier: GPL-3.0-or-later
"""MF-03, MF-05: second factors are those that were given out, and nobody can give himself another.

lin-mf-enrolled is broken on a host without any second factor, and only follows from that there. The other two judge how
a method is used, so that they don't apply where no service asks for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from ...declared.registers import Account
from ...evaluators.checks import gather
from ...evaluators.facts import Unread
from ...evaluators.logins import ADMIN_GROUPS, NO_SHELL
from ...evaluators.pam_stack import mfa_modules
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()

#: Module -> the fact that holds its files, and the factor of bulwark_accounts that they are.
METHODS = {
    "pam_oath": ("oath", "totp"),
    "pam_google_authenticator": ("google", "totp"),
    "pam_u2f": ("u2f", "u2f"),
    "pam_yubico": ("yubico", "external"),
}
#: Modules whose files hold seeds, which give away the factor to who reads them.
SEEDS = ("pam_oath", "pam_google_authenticator")
#: The factors that show on the host: whoever is enrolled with a provider shows there only.
SHOWN = ("totp", "sk", "u2f")
SECOND = frozenset({"totp", "sk", "u2f", "duo", "external"})
PEOPLE = ("person", "shared")
EVERYBODY = "*"
WRITABLE_BY_OTHERS = 0o022
OTHERS_BITS = 0o077
#: What the modules do without the option (google-authenticator(1), pam_oath's README).
UNSET_GOOGLE_WINDOW = 3
UNSET_OATH_WINDOW = "5"


@JUDGES.of("lin-mf-enrolled")
def enrolled(case: Case) -> Verdict:
    """Each administrator's and provider's account here holds exactly its registered factors; nobody else holds one.

    Compared are the kinds that show on the host (TOTP and U2F in the files of modules that a service asks, security
    keys among the authorized keys); a second line for one user in a users.oath is one factor too many.
    """
    accounts = case.registers.declared("accounts")
    held, unseen = _held(case)
    users = {user["name"]: user for user in case.facts["accounts"]["users"]}
    registered = {account.name: account for account in accounts}
    wrong: list[Item] = []
    for name, user in users.items():
        hidden = {factor for whose, factor, _why in unseen if whose in (name, EVERYBODY)}
        wrong += _compare(user, registered.get(name), held.get(name, {}), hidden)
    wrong += [
        item("%s: no account" % name, "%s is no account here and holds %s" % (name, ", ".join(sorted(held[name]))))
        for name in sorted(held.keys() - users.keys())
    ]
    wrong += list(_doubles(case))
    return verdict(
        "administrators and providers hold exactly the factors registered in bulwark_accounts; expired accounts, "
        "accounts without a shell and unregistered ones hold none",
        wrong,
        [why for _whose, _factor, why in unseen],
        evidence=["bulwark_accounts", *(file["path"] for file, _module in files(case))],
        assurance="configured",
        cause=_cause(case) if wrong else None,
    )


def _cause(case: Case) -> str | None:
    try:
        return None if mfa_modules(case.facts, case.policy, "sshd") else "lin-mf-ssh-methods"
    except Unread:
        return None


def files(case: Case) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield (file, module) of each file that a PAM line of some service leads to."""
    used = {(line["module"], line["pattern"]) for line in case.facts["factors"]["modules"]}
    for module, (fact, _factor) in METHODS.items():
        for file in case.facts["factors"][fact]:
            if (module, file["pattern"]) in used:
                yield file, module


def _held(case: Case) -> tuple[dict[str, dict[str, str]], list[tuple[str, str, str]]]:
    """Return ({user: {factor: where}}, what could not be seen as (user or EVERYBODY, factor, why))."""
    held: dict[str, dict[str, str]] = {}
    unseen: list[tuple[str, str, str]] = []
    for file, module in files(case):
        factor = METHODS[module][1]
        if "unread" in file:
            unseen.append((file.get("user", EVERYBODY), factor, file["unread"]))
        elif "user" in file:
            held.setdefault(file["user"], {})[factor] = file["path"]
        else:
            for entry in file["users"]:
                name = entry["user"] if isinstance(entry, Mapping) else entry
                held.setdefault(name, {})[factor] = file["path"]
    for key in case.facts["keys"]["authorized"]:
        if key["type"].startswith("sk-"):
            held.setdefault(key["user"], {})["sk"] = key["path"]
    for name, why in sorted(case.facts["keys"]["unreadable"].items()):
        unseen.append((name, "sk", "%s: %s" % (name, why)))
    return held, unseen


def _compare(
    user: Mapping[str, Any], account: Account | None, held: Mapping[str, str], hidden: Set[str]
) -> Iterable[Item]:
    """Yield what a user holds or lacks against the register; a factor in `hidden` may be held unseen."""
    name = user["name"]
    if user.get("expired") or user["shell"].rsplit("/", 1)[-1] in NO_SHELL:
        for factor, where in sorted(held.items()):
            yield item("%s: %s kept" % (name, factor), "%s can't log in and keeps %s in %s" % (name, factor, where))
        return
    if account is None:
        for factor, where in sorted(held.items()):
            text = "%s is not in bulwark_accounts and holds %s in %s" % (name, factor, where)
            yield item("%s: %s not registered" % (name, factor), text)
        return
    for factor, where in sorted(held.items()):
        if factor not in account.factors:
            text = "%s holds %s in %s, which is not registered" % (name, factor, where)
            yield item("%s: %s not registered" % (name, factor), text)
    admin = account.admin or bool(ADMIN_GROUPS & set(user["groups"]))
    if account.kind not in PEOPLE or not (admin or account.external):
        return
    if not SECOND.intersection(account.factors):
        yield item("%s: no second factor" % name, "%s: no second factor is registered" % name)
    for factor in SHOWN:
        if factor in account.factors and factor not in held and factor not in hidden:
            yield item("%s: %s missing" % (name, factor), "%s: the registered %s is not on this host" % (name, factor))


def _doubles(case: Case) -> Iterator[Item]:
    for file, module in files(case):
        names = [entry["user"] for entry in file.get("users", ())] if module == "pam_oath" else []
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield item("%s: twice in %s" % (name, file["path"]), "%s holds two tokens in %s" % (name, file["path"]))


@JUDGES.of("lin-mf-central-enrol")
def central_enrol(case: Case) -> Verdict:
    """Factors lie in files of root's outside the homes, where their holders can't add one.

    pam_u2f and pam_yubico: authfile= with a fixed path; pam_google_authenticator: secret= with user=root; pam_oath: a
    users file that nobody else may even read, since it holds the seeds.
    """
    lines = case.facts["factors"]["modules"]
    if not lines:
        raise NotApplicable("no service asks %s" % ", ".join(METHODS))

    def places(case: Case) -> Iterator[Item]:
        for line in lines:
            place = "%s:%d %s" % (line["file"], line["line"], line["module"])
            own_uid = line["module"] == "pam_google_authenticator" and "user=root" not in line["args"]
            if in_home(line["pattern"]):
                yield item(place, "%s: each user keeps the factor in %s" % (place, line["pattern"]))
            elif own_uid:
                yield item("%s user" % place, "%s: %s is not read as root (user=root)" % (place, line["pattern"]))

    def owners(case: Case) -> Iterator[Item]:
        for file, module in files(case):
            if in_home(file["pattern"]):
                continue
            if "unread" in file:
                raise Unread(file["unread"])
            open_to_others = file["mode"] & (OTHERS_BITS if module in SEEDS else WRITABLE_BY_OTHERS)
            if file["owner_uid"] != 0:
                yield item("%s owner" % file["path"], "%s belongs to uid %d" % (file["path"], file["owner_uid"]))
            if open_to_others:
                yield item("%s mode" % file["path"], "%s has mode %04o" % (file["path"], file["mode"]))

    wrong, unread = gather(case, places, owners)
    return verdict(
        "authfile=, secret= (with user=root) and usersfile= name files of root's outside the homes; seeds are 0600",
        wrong,
        unread,
        evidence=["%s:%d" % (line["file"], line["line"]) for line in lines],
        assurance="configured",
    )


def in_home(pattern: str) -> bool:
    """Say whether a module's file lies where the user can put another in its place."""
    return not pattern.startswith("/") or pattern.startswith("/home/") or "${HOME}" in pattern or "%h" in pattern


@JUDGES.of("lin-mf-code-limits")
def code_limits(case: Case) -> Verdict:
    """Codes can't be guessed at leisure: few are accepted at a time, none twice, and tries are limited."""
    lines = [line for line in case.facts["factors"]["modules"] if METHODS[line["module"]][1] == "totp"]
    if not lines:
        raise NotApplicable("no service asks pam_oath or pam_google_authenticator")
    totp, oath = case.policy["bulwark_totp_window"], case.policy["bulwark_oath_window"]

    def windows(_case: Case) -> Iterator[Item]:
        for line in lines:
            if line["module"] == "pam_oath":
                window = argument(line["args"], "window") or UNSET_OATH_WINDOW
                if not window.isdigit() or int(window) > oath:
                    place = "%s:%d pam_oath window" % (line["file"], line["line"])
                    yield item(place, "%s = %s, more than %d" % (place, window, oath))

    def google(case: Case) -> Iterator[Item]:
        unread = []
        for file, module in files(case):
            if module == "pam_google_authenticator" and "unread" in file:
                unread.append(file["unread"])
            elif module == "pam_google_authenticator":
                yield from _google(file, totp)
        if unread:
            raise Unread("; ".join(unread))

    wrong, unread = gather(case, windows, google)
    return verdict(
        "pam_oath window at most %d; Google Authenticator files with RATE_LIMIT, DISALLOW_REUSE and WINDOW_SIZE "
        "at most %d" % (oath, totp),
        wrong,
        unread,
        evidence=["%s:%d" % (line["file"], line["line"]) for line in lines],
        assurance="configured",
    )


def _google(file: Mapping[str, Any], limit: int) -> Iterator[Item]:
    path, options = file["path"], file["options"]
    # Codes by counter (HOTP) can't be used twice as it is.
    wanted = ["RATE_LIMIT"] if "HOTP_COUNTER" in options else ["RATE_LIMIT", "DISALLOW_REUSE"]
    for option in wanted:
        if option not in options:
            yield item("%s %s" % (path, option), "%s has no %s" % (path, option))
    window = (options.get("WINDOW_SIZE") or [UNSET_GOOGLE_WINDOW])[0]
    if window > limit:
        yield item("%s WINDOW_SIZE" % path, "%s: WINDOW_SIZE %d, more than %d" % (path, window, limit))


def argument(arguments: Iterable[str], name: str) -> str | None:
    """Return the value of the last argument of a name, None without one."""
    values = [word.partition("=")[2] for word in arguments if word.startswith(name + "=")]
    return values[-1] if values else None
