# SPDX-License-Identifier: GPL-3.0-or-later
"""MF-01 to MF-03: no way through PAM leads around the second factor, and none opens where it is missing or silent.

The three controls look at different doors. `pam-required`: a refusal of the second factor must be final, whatever else
the stack asks. `no-nullok`: nobody without a factor (or with an empty password) is waved through. `no-ignore`: a factor
whose service is down or does not know the account is not skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from ...evaluators.facts import Unread
from ...evaluators.logins import require_server
from ...evaluators.pam_stack import (
    FAILURES,
    Entry,
    Node,
    Person,
    entries,
    flatten,
    mfa_modules,
    modules,
    possible,
    search,
    ways_around,
)
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()

SERVICE = "sshd"
#: Services that a login from afar goes through; sshd only where it is installed.
REMOTE = ("sshd", "cockpit")
#: Arguments with which a module lets in who has nothing enrolled (pam_unix(8): who has an empty password).
LENIENT = {
    "pam_google_authenticator": ("nullok",),
    "pam_yubico": ("nullok",),
    "pam_u2f": ("nouserok",),
    "pam_unix": ("nullok",),
}
#: Presentation mode of pam_oath, pam_u2f and pam_yubico: every answer is right.
ALWAYS = "alwaysok"
#: What a module answers when its service is down, doesn't know the account, or the code is wrong.
REFUSALS = ("authinfo_unavail", "user_unknown", "auth_err")


@JUDGES.of("lin-mf-pam-required")
def pam_required(case: Case) -> Verdict:
    """Every way through sshd's auth stack passes a second factor; exempt is only the declared break-glass group.

    Where the factor is a security key that sshd itself verifies and PAM asks nobody, there is no stack to judge.
    """
    require_server(case)
    stack = entries(case.facts, SERVICE)
    wanted = mfa_modules(case.facts, case.policy, SERVICE)
    if not wanted and case.policy["bulwark_mfa_method"] == "sk" and not _asked_by_sshd(case):
        raise NotApplicable("bulwark_mfa_method is sk, and sshd asks nobody through PAM")
    wrong = ways_around(stack, wanted, _person(case))
    wrong += [
        item(
            "%s %s" % (_place(entry), ALWAYS), "%s: %s %s takes every answer" % (_place(entry), entry["module"], ALWAYS)
        )
        for entry in modules(stack)
        if entry["module"] in wanted and ALWAYS in entry["args"]
    ]
    return verdict(
        "no way through the auth stack of sshd without one of bulwark_mfa_modules; exempt is bulwark_break_glass_group",
        wrong,
        evidence=[*_files(stack), "second factors in the stack: %s" % (", ".join(wanted) or "none")],
        cause="lin-mf-ssh-methods" if wrong and not wanted else None,
    )


def _asked_by_sshd(case: Case) -> bool:
    """Say whether any login may be asked through PAM: by password or keyboard-interactive."""
    sshd = case.facts["sshd"]
    everyone = [sshd["settings"], *({**sshd["settings"], **context["settings"]} for context in sshd["contexts"])]
    options = ("passwordauthentication", "kbdinteractiveauthentication")
    return any("no" not in settings.get(option, ()) for settings in everyone for option in options)


def _person(case: Case, service: str = SERVICE) -> Person:
    return Person(service, case.policy["bulwark_break_glass_group"])


def _place(entry: Entry) -> str:
    return "%s:%d" % (entry["file"], entry["line"])


def _files(stack: Iterable[Entry]) -> list[str]:
    return sorted({str(entry["file"]) for entry in modules(stack)})


def _remote_stacks(case: Case, look: Callable[[str, Sequence[Entry]], Iterable[Item]], expected: str) -> Verdict:
    """Apply `look` to the auth stack of each service that takes logins from afar."""
    pam = case.facts["pam"]
    wrong: list[Item] = []
    unread: list[str] = []
    evidence: list[str] = []
    for service in REMOTE:
        present = service in pam["services"] or pam.reason("services." + service)
        if not present or (service == SERVICE and not case.facts["sshd"]["installed"]):
            continue
        try:
            stack = entries(case.facts, service)
            evidence += _files(stack)
            wrong += look(service, stack)
        except Unread as reason:
            unread.append(str(reason))
    if not evidence and not unread:
        raise NotApplicable("no service takes logins from afar through PAM (looked for %s)" % " and ".join(REMOTE))
    return verdict(expected, wrong, unread, evidence)


@JUDGES.of("lin-mf-no-nullok")
def no_nullok(case: Case) -> Verdict:
    """Nobody comes in from afar for want of a factor: no nullok, no nouserok; nor with an empty password."""

    def look(service: str, stack: Sequence[Entry]) -> Iterator[Item]:
        for entry in modules(stack):
            for argument in LENIENT.get(entry["module"], ()):
                if argument in entry["args"]:
                    text = "%s: %s has %s (service %s)" % (_place(entry), entry["module"], argument, service)
                    yield item("%s %s %s" % (_place(entry), entry["module"], argument), text)

    expected = "no nullok on pam_google_authenticator, pam_yubico and pam_unix, no nouserok on pam_u2f in remote stacks"
    return _remote_stacks(case, look, expected)


@JUDGES.of("lin-mf-no-ignore")
def no_ignore(case: Case) -> Verdict:
    """A second factor that is down, or doesn't know the account, keeps the login out.

    A control in brackets that ignores such an answer is wrong where the login can then succeed without any factor; the
    keywords optional and sufficient are lin-mf-pam-required's. localifdown makes pam_radius_auth answer "ignore".
    """

    def look(service: str, stack: Sequence[Entry]) -> Iterator[Item]:
        yield from _ignored(case, service, stack)
        for entry in modules(stack):
            if entry["module"] == "pam_radius_auth" and "localifdown" in entry["args"]:
                yield item("%s localifdown" % _place(entry), "%s: pam_radius_auth has localifdown" % _place(entry))

    expected = "no second factor whose %s is ignored; no localifdown on pam_radius_auth" % ", ".join(REFUSALS)
    return _remote_stacks(case, look, expected)


def _ignored(case: Case, service: str, stack: Sequence[Entry]) -> Iterator[Item]:
    for node, codes in ignoring(case, service, stack):
        text = "%s: '%s %s' ignores %s" % (node.place, node.entry["control"], node.module, ", ".join(codes))
        yield item("%s %s" % (node.place, node.module), text)


def ignoring(case: Case, service: str, stack: Sequence[Entry]) -> Iterator[tuple[Node, list[str]]]:
    """Yield the second factors whose control ignores refusals, with these, where the login can then succeed."""
    nodes = flatten(stack)
    wanted = case.policy["bulwark_mfa_modules"]
    for index, node in enumerate(nodes):
        codes = [code for code in REFUSALS if node.actions.get(code) == "ignore"]
        if node.module not in wanted or not codes or not node.entry["control"].startswith("["):
            continue

        def answers(each: Node, node: Node = node, codes: Collection[str] = codes) -> Collection[str]:
            if each is node:
                return codes
            return FAILURES if each.module in wanted else possible(each, _person(case, service))

        if search(nodes, answers, through={index}):
            yield node, codes
