# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether SSH lets a provider's accounts tunnel through the host, or lets anybody in on another host's word."""

from __future__ import annotations

from collections.abc import Iterable

from ...evaluators.logins import Context, Login, asks_password, contexts, remote_accounts, spread
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
#: What a login could tunnel with, as sshd -T spells it. DisableForwarding switches all but tunnel devices off.
FORWARDING = (
    "allowtcpforwarding",
    "allowstreamlocalforwarding",
    "allowagentforwarding",
    "x11forwarding",
    "gatewayports",
)
#: Options in authorized_keys that give back what `restrict` takes.
GIVEN_BACK = frozenset({"port-forwarding", "agent-forwarding", "x11-forwarding"})


@JUDGES.of("lin-ns-ssh-forwarding")
def ssh_forwarding(case: Case) -> Verdict:
    """Accounts of providers and vendors forward nothing; a bastion only to the hosts it names."""
    found = [login for login in remote_accounts(case) if login.external]
    if not found:
        case.registers.declared("accounts")
        raise NotApplicable("no account of a provider or vendor can log in over SSH")
    jump = case.registers.has_function("jump")
    offenders = [(login, items) for login in found if (items := list(forwards(login, jump)))]
    certain = [login for login, _items in offenders if not login.unsure]
    return verdict(
        "accounts of providers and vendors: no TCP, socket, agent, X11 or tunnel forwarding, gatewayports no%s (a "
        "shell can bring a forwarder along, so this binds only accounts without one or with ForceCommand)"
        % ("; on this bastion local TCP forwarding to the hosts and ports in PermitOpen" if jump else ""),
        [each for login, items in offenders if not login.unsure for each in items],
        ["%s may be able to log in: %s" % (login.name, login.unsure) for login, _items in offenders if login.unsure],
        evidence=[context.command for login in found for context in login.contexts],
        severity="low" if certain and all(_free_shell(login) for login in certain) else None,
    )


def _free_shell(login: Login) -> bool:
    return login.shell and all(context.value("forcecommand") == "none" for context in login.contexts)


def forwards(login: Login, jump: bool) -> Iterable[Item]:
    """Say what a login could tunnel with; on a jump host TCP forwarding to named hosts is what it is for."""
    for context in login.contexts:
        options = [] if context.on("disableforwarding") or _restricted(login, context) else list(FORWARDING)
        for option in [*options, "permittunnel"]:
            value = context.value(option)
            if value != "no" and not (jump and option == "allowtcpforwarding" and _to_named_hosts(context)):
                text = "%s: %s is %s for %s" % (login.label, option, value, context.place)
                yield item("%s: %s: %s" % (login.name, option, context.name), text)


def _restricted(login: Login, context: Context) -> bool:
    """Say whether only keys open the account that forbid forwarding themselves, where it can't edit them."""
    other_ways = login.unread_keys or asks_password(context) or context.value("trustedusercakeys") != "none"
    return not other_ways and all(
        "restrict" in key["options"] and not GIVEN_BACK & set(key["options"]) and not key["writable_by_user"]
        for key in login.keys
    )


def _to_named_hosts(context: Context) -> bool:
    """Say whether TCP forwarding leads only to hosts and ports that PermitOpen names."""
    outward_only = context.value("allowtcpforwarding") == "local" or context.value("permitlisten") == "none"
    return names_targets(context) and outward_only


def names_targets(context: Context) -> bool:
    """Say whether PermitOpen names hosts and ports, or none at all."""
    targets = context.value("permitopen").split()
    return targets == ["none"] or all("*" not in target and ":" in target for target in targets)


@JUDGES.of("lin-ns-ssh-trust")
def ssh_trust(case: Case) -> Verdict:
    """Nobody gets in because another host says so, or by a certificate of an authority nobody approved."""
    known = contexts(case)
    wrong = [
        item("%s %s: %s" % (option.lower(), value, name), "%s is %s for %s" % (option, value, place))
        for option, right in (("HostbasedAuthentication", "no"), ("IgnoreRhosts", "yes"))
        for value, name, place in spread(known, option.lower())
        if value != right
    ]
    wrong += [
        item("principals: %s" % context.name, "certificates choose their account themselves (TrustedUserCAKeys without "
             "AuthorizedPrincipalsFile) for %s" % context.place)
        for context in known
        if context.value("trustedusercakeys") != "none" and not principals(context)
    ]  # fmt: skip
    believed = [file["path"] for file in case.facts["trust"]["files"] if file["entries"]]
    wrong += [item(path, "%s: hosts listed there are believed without a key" % path) for path in believed]
    unknown = unapproved(case)
    unread = ["%s: %s" % pair for pair in case.facts["trust"]["unreadable"].items()]
    if unknown and case.registers.accounts is None:
        unread.append("bulwark_accounts is not declared: which of TrustedUserCAKeys are approved isn't known")
    else:
        wrong += unknown
    return verdict(
        "hostbasedauthentication no, ignorerhosts yes, no entry in hosts.equiv or .rhosts files; TrustedUserCAKeys "
        "only with AuthorizedPrincipalsFile and fingerprints that bulwark_accounts lists among an account's keys",
        wrong,
        unread,
        evidence=[
            *(context.command for context in known),
            "/etc/hosts.equiv",
            "/etc/ssh/shosts.equiv",
            "~/.rhosts",
            "~/.shosts",
        ],
    )


def principals(context: Context) -> bool:
    """Say whether sshd itself decides which accounts a certificate opens."""
    return any(
        context.value(option) != "none" for option in ("authorizedprincipalsfile", "authorizedprincipalscommand")
    )


def unapproved(case: Case) -> list[Item]:
    """Return the trusted authorities whose fingerprints stand with no account of bulwark_accounts."""
    approved = {fingerprint for account in case.registers.accounts or () for fingerprint in account.keys}
    return [
        item("ca %s" % key["fingerprint"], "%s line %d: nobody approved the authority %s" % (
            key["path"], key["line"], key["fingerprint"]
        ))
        for key in case.facts["keys"]["trusted_cas"]
        if key["fingerprint"] not in approved
    ]  # fmt: skip
