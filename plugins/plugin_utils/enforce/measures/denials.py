# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-lm-fw-log: what is denied already is logged as well; nothing is denied or let in that wasn't before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...evaluators.denials import Denying, denying
from ...evaluators.verdict import Case
from ..steps import Left, Measures, Step, edit

MEASURES = Measures()
NFTABLES, NFTABLES_UNIT = "/etc/nftables.conf", "nftables.service"
UFW_RULES = ("/etc/ufw/user.rules", "/etc/ufw/user6.rules")
UFW, UFW_UNIT = "ufw", "ufw.service"
RULE = 'limit rate %d/minute burst 20 packets log prefix "bulwark denied: "'


@MEASURES.of("denials_logged")
def denials_logged(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have the chains that deny log it. arguments: per_minute, how many packets each logs in a minute at most.

    Only where the firewall's own files say the rules, and to load them again changes nothing else.
    """
    found = denying(case, "input")
    if not found:
        raise Left("no firewall denies anything here, and which one is to is somebody's decision")
    endless = [one.name for one in found if one.unlimited]
    if endless:
        raise Left("%s logs without a limit: give its rule one" % endless[0])
    silent = [one for one in found if not one.limited]
    if any(_ufws(case, one) for one in silent):
        return _ufw(case)
    return [step for one in silent for step in _nftables(case, one, arguments["per_minute"])]


def _ufws(case: Case, one: Denying) -> bool:
    return any(rule["target"] and rule["target"].startswith(UFW) for rule in one.chain["rules"])


def _ufw(case: Case) -> list[Step]:
    if UFW_UNIT not in case.facts["units"]["active"]:
        raise Left("ufw was started beside %s, which would not take up its files: systemctl restart ufw" % UFW_UNIT)
    level = {"values": {"LOGLEVEL": "low"}, "between": "="}
    return [
        edit("/etc/ufw/ufw.conf", "settings", level),
        *(edit(path, "ufw_logging", {}, restart=[UFW_UNIT]) for path in UFW_RULES),
    ]


def _nftables(case: Case, one: Denying, per_minute: int) -> list[Step]:
    family, table, chain = one.chain["family"], one.chain["table"], one.chain["name"]
    if table == "firewalld":
        raise Left("firewalld logs denied packets only without a limit (LogDenied): give each zone a rich rule with "
                   "priority 32767, log and limit")  # fmt: skip
    if NFTABLES_UNIT not in case.facts["units"]["active"]:
        raise Left("%s denies packets, and %s didn't load it: let what did log them" % (one.name, NFTABLES_UNIT))
    # Whether the kernel holds what the file says, and no more, the host looks at before it loads that.
    arguments = {"family": family, "table": table, "chain": chain, "rule": RULE % per_minute}
    return [edit(NFTABLES, "nft_log", arguments, reload=[NFTABLES_UNIT])]
