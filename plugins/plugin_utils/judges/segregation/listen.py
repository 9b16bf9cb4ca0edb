# SPDX-License-Identifier: GPL-3.0-or-later
"""NS-08: where a management network exists, only it reaches the SSH port."""

from __future__ import annotations

from ...evaluators.exposure import is_loopback, ssh_listeners
from ...evaluators.reach import EVERY_ADDRESS, STRANGERS, reached_by_others, within
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()


@JUDGES.of("lin-ns-ssh-listen")
def ssh_listen(case: Case) -> Verdict:
    """Nobody outside bulwark_admin_cidrs gets through to sshd, by its listen address or by the firewall."""
    listening = [one for one in ssh_listeners(case) if not is_loopback(one["address"])]
    if not listening:
        raise NotApplicable("no SSH server listens on the network")
    cidrs: tuple[str, ...] = case.registers.declared("admin_cidrs")
    if not cidrs:
        raise NotApplicable("bulwark_admin_cidrs is empty: there is no management network")
    wrong: list[Item] = []
    unread: list[str] = []
    for one in listening:
        where = f"tcp/{one['port']} on {one['address']}"
        if one["address"] not in EVERY_ADDRESS and within(one["address"], cidrs):
            continue
        others = reached_by_others(case, "tcp", one["port"], one["address"], cidrs)
        certain = [source for source, answer in others.items() if answer]
        if certain:
            wrong.append(item(where, f"{where} is reached by {_names(certain)}"))
        elif others:
            unread.append(f"the firewall's rules leave open whether {_names(list(others))} reaches {where}")
    expected = f"only the management network ({', '.join(cidrs)}) reaches the SSH port"
    return verdict(expected, wrong, unread, ["ss -tulpn", "nft list ruleset"])


def _names(sources: list[str]) -> str:
    strangers = {*STRANGERS["ip"], *STRANGERS["ip6"]}
    named = [source for source in sources if source not in strangers]
    return ", ".join((["anybody"] if len(named) < len(sources) else []) + named[:3])
