# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-ic-bruteforce-throttle: sshd's own penalties where it has them, else fail2ban; few are exempt, the run is."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from ...evaluators.verdict import Case
from ...judges.initial_access import throttle as judge
from ..steps import HEADER, Left, Measures, Step, file, package, unit
from . import sshd_config

MEASURES = Measures()

#: fail2ban reads jail.d/*.local last, in the order of their names: this one wins over those of other people.
JAIL = "/etc/fail2ban/jail.d/zz-bulwark.local"
#: Debian only recommends what the journal and nftables need.
PACKAGES = {
    "fail2ban": ("/usr/bin/fail2ban-server", "/etc/fail2ban/jail.conf"),
    "python3-systemd": ("/usr/lib/python3/dist-packages/systemd/journal.py",),
    "nftables": ("/usr/sbin/nft",),
}
SERVICE = "fail2ban"


@MEASURES.of("throttle")
def throttle(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Slow down whoever guesses SSH passwords.

    arguments: {max_retry, ban_seconds}, both only for fail2ban; what is stricter there stays.
    """
    if judge.bruteforce_throttle(case).status == "pass":
        return []
    exempt = _exempt(case)
    if case.facts["sshd"]["version"] >= judge.PENALTIES_SINCE:
        return _penalties(case, exempt, control)
    return _fail2ban(case, exempt, arguments, control)


def _exempt(case: Case) -> list[str]:
    """Return who is never shut out, as sshd and fail2ban write it; a run's own address before all."""
    networks = [ipaddress.ip_network(network, strict=False) for network in judge.allowed(case)]
    return list(dict.fromkeys(str(one.network_address if one.num_addresses == 1 else one) for one in networks))


def _penalties(case: Case, exempt: list[str], control: str) -> list[Step]:
    """Return sshd's own penalties; it exempts whole networks too."""
    options = {"PerSourcePenaltyExemptList": ",".join(exempt), "PerSourcePenalties": "yes"}
    return sshd_config.drop_in(case, control, [sshd_config.Section("", options)])


def _fail2ban(case: Case, exempt: list[str], arguments: Mapping[str, Any], control: str) -> list[Step]:
    jail = case.facts["throttle"]["fail2ban"]
    running = jail is not None
    if not running and case.facts["system"]["family"] == "redhat":
        raise Left("this OpenSSH has no PerSourcePenalties, and fail2ban comes from EPEL: install and start it first")
    present = jail or {}
    ban = present.get("bantime", 0)
    settings = {
        "enabled": "true",
        "ignoreip": " ".join(exempt),
        "ignorecommand": "",
        "maxretry": min(present.get("maxretry", arguments["max_retry"]), arguments["max_retry"]),
        "bantime": ban if ban < 0 else max(ban, arguments["ban_seconds"]),
    }
    if not present.get("watches"):
        settings["backend"] = "systemd"
    if not present.get("actions"):
        settings.update(banaction="nftables", action="%(action_)s")
    text = HEADER % control + "[sshd]\n" + "".join("%s = %s\n" % each for each in settings.items())
    jail_file = file(JAIL, text, restart=[SERVICE])
    if running:
        return [jail_file]
    packages = [package(name, provides) for name, provides in PACKAGES.items()]
    return [*packages, jail_file, unit("%s.service" % SERVICE, active=True, enabled=True)]
