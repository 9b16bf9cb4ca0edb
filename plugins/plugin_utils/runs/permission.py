# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a run may change hosts at all: one customer, so many hosts, at this time. Asked before any connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..declared.declared import Declaration
from ..declared.work_windows import is_open, next_opening
from ..text import clean

#: Playbooks that change hosts.
ENFORCING = ("harden", "restore", "patch", "evict")
#: What of their options may not differ between the hosts of a run.
RUN_WIDE = ("bulwark_max_hosts", "bulwark_windows", "bulwark_change", "bulwark_rings", "bulwark_patch_scope")
SHOWN = 3


def refusals(
    playbook: str, hosts: Mapping[str, Sequence[str]], options: Mapping[str, Any], now: datetime, check: bool
) -> list[str]:
    """Return why the run may not change anything, one line each; nothing for playbooks that change no host.

    hosts: the targeted ones by customer. options: the run's, as bulwark_ variables. now: an aware time. check: nothing
    is changed, so that it may be looked at outside every window.
    """
    return list(_refusals(playbook, hosts, options, now, check)) if playbook in ENFORCING else []


def _refusals(
    playbook: str, hosts: Mapping[str, Sequence[str]], options: Mapping[str, Any], now: datetime, check: bool
) -> Iterator[str]:
    if len(hosts) > 1:
        named = "; ".join("%s: %s" % (clean(customer), _named(hosts[customer])) for customer in sorted(hosts))
        text = "%s changes the hosts of one customer a run, and this one targets %d (%s); choose one with --limit"
        yield text % (playbook, len(hosts), named)
    count, most = sum(map(len, hosts.values())), options["bulwark_max_hosts"]
    if most and count > most:
        text = "%s would change %d hosts, more than bulwark_max_hosts allows (%d); choose fewer with --limit"
        yield text % (playbook, count, most)
    windows = options["bulwark_windows"]
    if windows and not check and not is_open(windows, now):
        opening = next_opening(windows, now)
        when = "; the next opens at %s" % opening.strftime("%Y-%m-%d %H:%M %Z") if opening else ""
        yield "%s may not change anything now: every window of bulwark_windows is closed%s" % (playbook, when)


def lacking(playbook: str, declaration: Declaration) -> list[str]:
    """Return what a host's variables lack for a playbook, one line each."""
    proves = playbook == "restore_test" and declaration.registers.backups
    if proves and not declaration.policy["bulwark_evidence_dir"]:
        return [
            "bulwark_evidence_dir: is not set; name the directory with the customer's records, where a test is noted"
        ]
    return []


def _named(hosts: Sequence[str]) -> str:
    more = " and %d more" % (len(hosts) - SHOWN) if len(hosts) > SHOWN else ""
    return ", ".join(clean(host) for host in hosts[:SHOWN]) + more
