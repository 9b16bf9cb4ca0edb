# SPDX-License-Identifier: GPL-3.0-or-later
"""IC-05: guessing one account's password locks it, for long enough and not for ever."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial

from ...evaluators.checks import gather
from ...evaluators.facts import Unread
from ...evaluators.logins import contexts
from ...evaluators.pam_stack import Entry, Node, Person, entries, flatten, modules, possible, search
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()

TALLY = "pam_faillock"
OLD_TALLIES = ("pam_tally", "pam_tally2")
#: Services that open a session by password; the others are reported only.
JUDGED = ("sshd", "login", "cockpit")
REPORTED = ("su", "sudo")
PASSWORD_MODULES = ("pam_unix", "pam_sss", "pam_ldap", "pam_krb5", "pam_winbind")
CONFIG = "/etc/security/faillock.conf"
#: What pam_faillock(8) does where nothing is set; unlock times in seconds.
DEFAULTS = {"deny": "3", "fail_interval": "900", "unlock_time": "600"}
CONSOLE = "console"


@JUDGES.of("lin-ic-faillock")
def faillock(case: Case) -> Verdict:
    """pam_faillock stops a locked account and counts every wrong password in each service that opens sessions.

    Arguments win over the configuration file (pam_faillock(8)). unlock_time 0 locks for ever, so that anybody who knows
    names could lock everyone out: it passes only where a break-glass account with the scope "console" is registered.
    """
    policy = case.policy
    services = [name for name in (*JUDGED, *REPORTED) if configured(case, name)]
    if not services:
        raise NotApplicable("no PAM service opens sessions here (looked for %s)" % ", ".join(JUDGED))
    wrong: list[Item] = []
    unread: list[str] = []
    reach: list[str] = []
    for service in services:
        found, reasons = gather(case, partial(gaps, service=service))
        if not found and not reasons:
            reach.append(service)
        if service in JUDGED:
            wrong += found
            unread += reasons
    limits, reasons = gather(case, _limits, _root)
    authselect = case.facts["lockout"]["authselect"]
    return verdict(
        "pam_faillock counts each wrong password and stops the account after at most %d within %d s or more, for %d to "
        "%d minutes" % (
            policy["bulwark_lockout_max_attempts"], policy["bulwark_lockout_interval_seconds"],
            policy["bulwark_lockout_minutes"], policy["bulwark_lockout_max_minutes"],
        ),
        [*wrong, *limits],
        [*unread, *reasons],
        evidence=[
            "services that reach the tally: %s" % (", ".join(reach) or "none"),
            *case.facts["lockout"]["configs"],
            *(["authselect: %s" % " ".join([authselect["profile"], *authselect["features"]])] if authselect else []),
        ],
    )  # fmt: skip


def configured(case: Case, service: str) -> bool:
    """Say whether the host has a PAM service, even one that can't be resolved."""
    pam = case.facts["pam"]
    if service == "sshd" and not case.facts["sshd"]["installed"]:
        return False
    return service in pam["services"] or pam.reason("services." + service) is not None


def gaps(case: Case, service: str) -> Iterable[Item]:
    """Return why a service's logins don't all reach the tally."""
    stack = entries(case.facts, service)
    lines = list(modules(stack))
    asked = [entry["module"] for entry in lines]
    if TALLY not in asked:
        old = [name for name in OLD_TALLIES if name in asked]
        text = "%s, which Linux-PAM has removed, instead of pam_faillock" % old[0] if old else "no pam_faillock"
        return [item("%s: no pam_faillock" % service, "%s: %s in its auth stack" % (service, text))]
    wrong = []
    person = Person(service, case.policy["bulwark_break_glass_group"])
    nodes = flatten(stack)
    guessed = _guessed(case, nodes)
    if not any("preauth" in node.entry["args"] for node in nodes if node.module == TALLY):
        wrong.append(item("%s: no preauth" % service, "%s: no line 'pam_faillock preauth'" % service))
    elif search(nodes, lambda node: ("auth_err",) if _counts(node) else possible(node, person), through=guessed):
        wrong.append(item("%s: preauth" % service, "%s: a locked account gets past pam_faillock preauth" % service))
    if _uncounted(nodes, guessed, person):
        wrong.append(item("%s: authfail" % service, "%s: a wrong password can miss pam_faillock authfail" % service))
    account = {entry["module"] for entry in modules(entries(case.facts, service, "account"))}
    if TALLY not in account and not any("authsucc" in entry["args"] for entry in lines if entry["module"] == TALLY):
        text = "%s: nothing clears the tally after a good login (account line or authsucc)" % service
        wrong.append(item("%s: reset" % service, text))
    return wrong


def _counts(node: Node) -> bool:
    """Say whether a line refuses a locked account."""
    return node.module == TALLY and "authfail" not in node.entry["args"]


def _guessed(case: Case, nodes: Sequence[Node]) -> set[int]:
    """Return the lines that ask what can be guessed: a password, or where none is asked, a code.

    A way in that asks neither, such as Cockpit's by certificate, has no guesses to count.
    """
    for names in (PASSWORD_MODULES, case.policy["bulwark_mfa_modules"]):
        found = {at for at, node in enumerate(nodes) if node.module in names}
        if found:
            return found
    return set()


def _uncounted(nodes: Sequence[Node], guessed: Collection[int], person: Person) -> bool:
    """Say whether a run may refuse a guess without asking authfail."""
    authfail = {at for at, node in enumerate(nodes) if node.module == TALLY and "authfail" in node.entry["args"]}
    names = {nodes[at].module for at in guessed}

    def answers(node: Node) -> Collection[str]:
        return ("auth_err",) if node.module in names else possible(node, person)

    return search(nodes, answers, through=guessed, avoid=authfail, granted=None) is not None


def tally_lines(case: Case) -> list[Entry]:
    """Return the pam_faillock lines of the judged services, each once."""
    lines = {}
    for service in JUDGED:
        if configured(case, service):
            for entry in modules(entries(case.facts, service)):
                if entry["module"] == TALLY:
                    lines[(entry["file"], entry["line"])] = entry
    return list(lines.values())


def options_of(case: Case, entry: Entry) -> tuple[str, Mapping[str, str]]:
    """Return (where they stand, the options in force for one line)."""
    arguments = dict(argument.partition("=")[::2] for argument in entry["args"])
    config = arguments.pop("conf", CONFIG)
    written = case.facts["lockout"]["configs"].get(config, {})
    place = "%s:%d" % (entry["file"], entry["line"]) if set(arguments) & {*DEFAULTS, "root_unlock_time"} else config
    return place, {**DEFAULTS, **written, **arguments}


def _limits(case: Case) -> Iterable[Item]:
    policy = case.policy
    for entry in tally_lines(case):
        place, options = options_of(case, entry)
        deny, interval, unlock = (number(options[name]) for name in ("deny", "fail_interval", "unlock_time"))
        most, least = policy["bulwark_lockout_max_attempts"], policy["bulwark_lockout_interval_seconds"]
        shortest, longest = policy["bulwark_lockout_minutes"] * 60, policy["bulwark_lockout_max_minutes"] * 60
        if not 1 <= deny <= most:
            yield item("%s deny" % place, "%s: deny = %d, not 1 to %d" % (place, deny, most))
        if interval < least:
            yield item("%s fail_interval" % place, "%s: fail_interval = %d, less than %d" % (place, interval, least))
        if unlock == 0:
            if not console_account(case):
                text = "%s: unlock_time = 0 locks for ever, and no break-glass account of scope console is registered"
                yield item("%s unlock_time" % place, text % place)
        elif not shortest <= unlock <= longest:
            text = "%s: unlock_time = %d, not %d to %d" % (place, unlock, shortest, longest)
            yield item("%s unlock_time" % place, text)


def _root(case: Case) -> Iterable[Item]:
    """Root need not be locked where it can't log in from afar; where it can, it must be, and not for long."""
    if not root_is_guessable(case):
        return
    longest = case.policy["bulwark_lockout_minutes"] * 60
    for entry in tally_lines(case):
        place, options = options_of(case, entry)
        unlock = number(options.get("root_unlock_time", options["unlock_time"]))
        if "even_deny_root" not in options:
            text = "%s: root may log in over SSH with a password and is never locked (even_deny_root)" % place
            yield item("%s even_deny_root" % place, text)
        elif not 0 < unlock <= longest:
            text = "%s: root may log in over SSH, and root_unlock_time = %d, not 1 to %d" % (place, unlock, longest)
            yield item("%s root_unlock_time" % place, text)


def root_is_guessable(case: Case) -> bool:
    """Say whether sshd takes a password for root, and root may have one."""
    if not case.facts["sshd"]["installed"] or case.facts["accounts"]["passwords"].get("root") in ("locked", "none"):
        return False
    return any(context.value("permitrootlogin") == "yes" for context in contexts(case) if "root" in context.users)


def console_account(case: Case) -> bool:
    """Say whether somebody has a way in that no lock closes: the console."""
    accounts = case.registers.accounts or ()
    return any(account.kind == "break_glass" and CONSOLE in account.scope for account in accounts)


def number(text: str) -> int:
    """Return a number as pam_faillock takes it: "never" is 0; raises Unread for what it would leave at its default."""
    if text == "never":
        return 0
    if not text.isdigit() or not text.isascii():
        raise Unread("pam_faillock: '%s' is not a number" % text)
    return int(text)
