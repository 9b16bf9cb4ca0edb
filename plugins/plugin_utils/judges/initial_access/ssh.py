# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the SSH server slows guessing down, takes no passwords, keeps root out and offers no weak algorithm."""

from __future__ import annotations

from ...evaluators.logins import Context, contexts, server, spread
from ...evaluators.pam_stack import mfa_modules
from ...evaluators.patterns import matches
from ...evaluators.verdict import Case, Judges, Verdict, item, verdict

JUDGES = Judges()
#: PermitRootLogin from the strictest to the loosest; sshd -T still calls prohibit-password by its old name.
ROOT_LOGIN = ("no", "forced-commands-only", "prohibit-password", "yes")
#: Option -> the policy variable with the glob patterns that it must not hold.
WEAK = {
    "ciphers": "bulwark_ssh_weak_ciphers",
    "macs": "bulwark_ssh_weak_macs",
    "kexalgorithms": "bulwark_ssh_weak_kex",
    "hostkeyalgorithms": "bulwark_ssh_weak_host_key_algorithms",
}


@JUDGES.of("lin-ic-ssh-max-tries")
def max_tries(case: Case) -> Verdict:
    """Few attempts a connection, little time for them, few connections at once."""
    own, known = server(case), contexts(case)
    tries, grace = case.policy["bulwark_ssh_max_auth_tries"], case.policy["bulwark_ssh_login_grace_seconds"]
    wrong = [
        item("maxauthtries %s: %s" % (count, name), "MaxAuthTries is %s for %s" % (count, place))
        for count, name, place in spread(known, "maxauthtries")
        if int(count) > tries
    ]
    seconds = own.value("logingracetime")
    if not 1 <= int(seconds) <= grace:
        wrong.append(item("logingracetime", "LoginGraceTime is %s" % ("0, no limit" if seconds == "0" else seconds)))
    limits, jump = [case.policy["bulwark_ssh_max_startups"]], case.registers.has_function("jump")
    sources = case.policy["bulwark_ssh_per_source_max_startups"]
    if jump and _at_most(own.value("persourcemaxstartups"), sources):
        limits.append(case.policy["bulwark_ssh_max_startups_jump"])
    if not any(tight(own.value("maxstartups"), limit) for limit in limits):
        wrong.append(item("maxstartups", "MaxStartups is %s" % own.value("maxstartups")))
    also = "; on this jump host up to %s where PerSourceMaxStartups is at most %d" % (
        case.policy["bulwark_ssh_max_startups_jump"], sources
    )  # fmt: skip
    return verdict(
        "maxauthtries at most %d, logingracetime 1 to %d seconds, maxstartups %s or tighter%s"
        % (tries, grace, limits[0], also if jump else ""),
        wrong,
        evidence=[own.command, *(context.command for context in known)],
    )


def tight(value: str, limit: str) -> bool:
    """Say whether MaxStartups start:rate:full refuses at least as early and as often as the limit."""
    start, rate, full = (int(part) for part in value.split(":"))
    most, least, end = (int(part) for part in limit.split(":"))
    return start <= most and rate >= least and full <= end


def _at_most(value: str, limit: int) -> bool:
    return value.isdigit() and int(value) <= limit


@JUDGES.of("lin-ic-ssh-no-password")
def no_password(case: Case) -> Verdict:
    """No password is taken: not by sshd, not empty, and not in a PAM dialogue that is no second factor."""
    known = contexts(case)
    wrong = [
        item("%s: %s" % (option.lower(), name), "%s is yes for %s" % (option, place))
        for option in ("PasswordAuthentication", "PermitEmptyPasswords")
        for value, name, place in spread(known, option.lower())
        if value == "yes"
    ]
    wrong += [
        item(
            "kbdinteractiveauthentication: %s" % context.name,
            "KbdInteractiveAuthentication is yes and no second factor for %s" % context.place,
        )
        for context in known
        if password_dialogue(case, context)
    ]
    return verdict(
        "passwordauthentication no, permitemptypasswords no, and kbdinteractiveauthentication yes only where "
        "AuthenticationMethods asks for a second factor through it",
        wrong,
        evidence=[context.command for context in known],
    )


def password_dialogue(case: Case, context: Context) -> bool:
    """Say whether a PAM dialogue is open that may ask for no more than the password."""
    if not context.on("kbdinteractiveauthentication") or not context.on("usepam"):
        return False
    alternatives = context.value("authenticationmethods").split()
    alone = [one for one in alternatives if "keyboard-interactive" in one and "publickey" not in one.split(",")]
    return "any" in alternatives or (bool(alone) and not mfa_modules(case.facts, case.policy, "sshd"))


@JUDGES.of("lin-ic-ssh-no-root")
def no_root(case: Case) -> Verdict:
    """Root does not log in over SSH, from nowhere."""
    roots = {user["name"] for user in case.facts["accounts"]["users"] if user["uid"] == 0}
    known = [context for context in contexts(case) if roots & set(context.users)]
    allowed = case.policy["bulwark_ssh_permit_root"]
    wrong = []
    for printed, name, place in spread(known, "permitrootlogin"):
        value = printed.replace("without-password", "prohibit-password")
        if ROOT_LOGIN.index(value) > ROOT_LOGIN.index(allowed):
            wrong.append(
                item("permitrootlogin %s: %s" % (value, name), "PermitRootLogin is %s for %s" % (value, place))
            )
    return verdict(
        "permitrootlogin %s" % (allowed if allowed == "no" else "no, or %s as the policy allows" % allowed),
        wrong,
        evidence=[context.command for context in known],
    )


@JUDGES.of("lin-ic-ssh-crypto")
def crypto(case: Case) -> Verdict:
    """No weak cipher, MAC, key exchange or host key algorithm is offered, nor let in by the system's crypto policy."""
    own = server(case)
    wrong = [
        item("%s %s" % (option, name), "%s offers %s" % (option, name))
        for option, variable in WEAK.items()
        for name in own.value(option).split(",")
        if matches(name, case.policy[variable])
    ]
    system = case.facts["system"]["crypto_policy"]
    accepted = case.policy["bulwark_crypto_policies"]
    if system is not None:
        base, *modules = system.split(":")
        if base not in accepted or "SHA1" in modules:
            wrong.append(item("crypto policy", "the system-wide crypto policy is %s" % system))
    return verdict(
        "no weak cipher, MAC, key exchange or host key algorithm, and where the system has a crypto policy, one of %s"
        % ", ".join(accepted),
        wrong,
        evidence=[own.command, *(["update-crypto-policies --show"] if system is not None else [])],
    )
