# SPDX-License-Identifier: GPL-3.0-or-later
"""IC-05: an address that guesses SSH passwords is slowed down or banned, and hardly any address is exempt."""

from __future__ import annotations

import ipaddress
from fnmatch import fnmatchcase
from typing import NamedTuple

from ...evaluators.exposure import ssh_listeners
from ...evaluators.facts import Unread
from ...evaluators.reach import EVERY_ADDRESS, strangers_reach, within
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()

NOBODY = ("", "none", "localhost")
LOOPBACK = ("127.0.0.0/8", "::1/128")
PENALTIES_SINCE = [9, 8]


class Way(NamedTuple):
    """One way to slow guessing down: what stands against it (nothing: it holds)."""

    name: str
    wrong: list[Item]


@JUDGES.of("lin-ic-bruteforce-throttle")
def bruteforce_throttle(case: Case) -> Verdict:
    """Fail2ban, CrowdSec, sshd's own penalties or a port that no stranger reaches: one of them holds."""
    if not case.facts["sshd"]["running"]:
        raise NotApplicable("no SSH server runs")
    most, least = case.policy["bulwark_throttle_max_retry"], case.policy["bulwark_throttle_ban_seconds"]
    expected = (
        f"one of: fail2ban's jail sshd with maxretry at most {most} and bantime at least {least} s; CrowdSec with a "
        "bouncer; sshd's PerSourcePenalties; a firewall that keeps strangers off the SSH port. Exempt are only "
        "controller, bastion and bulwark_throttle_exempt"
    )
    wrong: list[Item] = []
    unread: list[str] = []
    for look in (_penalties, _fail2ban, _crowdsec, _firewall):
        try:
            way = look(case)
        except Unread as reason:
            unread.append(str(reason))
            continue
        if not way.wrong:
            return verdict(expected, evidence=[way.name])
        wrong += way.wrong
    return verdict(expected, [] if unread else wrong, unread)


def _penalties(case: Case) -> Way:
    if case.facts["sshd"]["version"] < PENALTIES_SINCE:
        return Way("", [item("PerSourcePenalties", "this OpenSSH is older than 9.8 and has no PerSourcePenalties")])
    settings = case.facts["sshd"]["settings"]
    values = settings.get("persourcepenalties", [])
    if not values or values[0].split()[:1] == ["no"]:
        return Way("", [item("PerSourcePenalties", "sshd: PerSourcePenalties is no")])
    exempt = ",".join(settings.get("persourcepenaltyexemptlist", [])).replace(" ", ",").split(",")
    return Way("sshd -T: PerSourcePenalties", _too_wide(case, "PerSourcePenaltyExemptList", exempt))


def _fail2ban(case: Case) -> Way:
    jail = case.facts["throttle"]["fail2ban"]
    if jail is None:
        return Way("", [item("fail2ban", "fail2ban does not run")])
    if not jail:
        return Way("", [item("fail2ban", "fail2ban runs without a jail sshd")])
    most, least = case.policy["bulwark_throttle_max_retry"], case.policy["bulwark_throttle_ban_seconds"]
    wrong = _too_wide(case, "fail2ban's ignoreip", jail["ignoreip"])
    if jail["maxretry"] > most:
        wrong.append(item("fail2ban maxretry", f"fail2ban: maxretry {jail['maxretry']}, at most {most}"))
    if 0 <= jail["bantime"] < least:
        wrong.append(item("fail2ban bantime", f"fail2ban: bantime {jail['bantime']} s, at least {least}"))
    if not jail["actions"]:
        wrong.append(item("fail2ban action", "fail2ban: jail sshd bans nobody, it has no action"))
    if not jail["watches"]:
        wrong.append(item("fail2ban log", "fail2ban: jail sshd watches neither a log file nor the journal"))
    if jail["ignorecommand"]:
        wrong.append(item("fail2ban ignorecommand", "fail2ban: ignorecommand exempts whom a program names"))
    return Way("fail2ban-client get sshd", wrong)


def _crowdsec(case: Case) -> Way:
    active = case.facts["units"]["active"]
    if "crowdsec.service" not in active:
        return Way("", [item("crowdsec", "CrowdSec does not run")])
    if not any(fnmatchcase(unit, "*crowdsec*bouncer*.service") for unit in active):
        return Way("", [item("crowdsec bouncer", "CrowdSec runs without a bouncer")])
    exempt = case.facts["throttle"]["crowdsec_exempt"]
    return Way("CrowdSec and its bouncer", _too_wide(case, "CrowdSec's whitelist", exempt))


def _firewall(case: Case) -> Way:
    listening = ssh_listeners(case)
    if not listening:
        raise Unread("the SSH server runs, and no socket of it was seen")
    management = case.registers.admin_cidrs or ()
    answers = {
        strangers_reach(case, "tcp", one["port"], one["address"])
        for one in listening
        if one["address"] in EVERY_ADDRESS or not within(one["address"], (*LOOPBACK, *management))
    }
    if None in answers and True not in answers:
        raise Unread("the firewall's rules leave open whether strangers reach the SSH port")
    wrong = [item("firewall", "the firewall lets anybody reach the SSH port")] if True in answers else []
    return Way("listen addresses and firewall keep strangers off the SSH port", wrong)


def _too_wide(case: Case, where: str, exempt: list[str]) -> list[Item]:
    permitted = [ipaddress.ip_network(network, strict=False) for network in allowed(case)]
    wrong = []
    for name in exempt:
        try:
            network = ipaddress.ip_network(name, strict=False)
        except ValueError:
            if name not in NOBODY:
                wrong.append(item(f"{where} {name}", f"{where}: {name} is a name, which its DNS server decides"))
            continue
        if not any(network.version == one.version and network.subnet_of(one) for one in permitted):  # type: ignore[arg-type]
            wrong.append(item(f"{where} {name}", f"{where}: {name} is not controller, bastion or exempt by policy"))
    return wrong


def allowed(case: Case) -> list[str]:
    """Return what may be exempt: the host itself, the address we come from, single admin addresses, and policy's."""
    cidrs = [ipaddress.ip_network(cidr, strict=False) for cidr in case.registers.admin_cidrs or ()]
    single = [str(cidr) for cidr in cidrs if cidr.num_addresses == 1]
    peer = case.facts["system"]["peer"]
    return [*LOOPBACK, *single, *case.policy["bulwark_throttle_exempt"], *([peer] if peer else [])]
