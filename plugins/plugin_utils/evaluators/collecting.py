# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host collects the logs of others, as what it is declared, and what its alert rules have to be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ..declared.collectors import Collector
from ..declared.registers import Account, Contract
from ..declared.work_windows import UTC
from .forwarding import COLLECTOR
from .kept_backups import is_here
from .packet import first_address
from .verdict import Case, NotApplicable

#: What takes logs from the network, by the names of processes as ss shows them, cut after 15 characters.
RECEIVERS = ("rsyslogd", "syslog-ng", "systemd-journal", "fluent-bit")
#: The rules that a collector's alerts need, in words.
RULES = {
    "msp_logon": "a provider's logon from elsewhere or outside its hours",
    "new_admin": "a new administrator",
    "mfa_failures": "a burst of failed second factors",
    "silent_source": "a silent sender",
    "audit_stopped": "auditing that stops",
}
ALWAYS = {"start": "00:00", "end": "00:00"}


def receivers(case: Case) -> list[Mapping[str, Any]]:
    """Return the sockets at which programs that take logs can be reached from other hosts."""
    first, last = case.facts["sockets"]["client_ports"]
    return [
        one
        for one in case.facts["sockets"]["listening"]
        if one["process"] in RECEIVERS
        and not _loopback(one["address"])
        # Who sends by UDP has a port as well, which the kernel chose.
        and not (one["proto"] == "udp" and first <= one["port"] <= last)
    ]


def collects(case: Case) -> bool:
    """Say whether the host takes logs of others, or is declared to."""
    return case.registers.has_function(COLLECTOR) or bool(receivers(case))


def take_part(case: Case) -> None:
    """Raise NotApplicable on a host that is no collector."""
    if not collects(case):
        raise NotApplicable("bulwark_host_functions does not name collector, and nothing here takes logs of others")


def own(case: Case) -> Collector | None:
    """Return the declared collector that this host is, None where no entry of bulwark_collectors names it."""
    for collector in case.registers.collectors or ():
        if is_here(case, collector.host or "") or is_here(case, collector.address):
            return collector
    return None


def wanted_rules(case: Case) -> dict[str, dict[str, Any]]:
    """Return the alert rules that registers and policy ask for, as bulwark-log-alert takes them but for routes."""
    policy = case.policy
    return {
        "msp_logon": {"accounts": {one.name: _agreed(case, one) for one in providers(case)}},
        "new_admin": {"groups": sorted(policy["bulwark_admin_groups"])},
        "mfa_failures": {"count": policy["bulwark_alert_mfa_failures"], "minutes": policy["bulwark_alert_mfa_minutes"]},
        "silent_source": {
            "hours": policy["bulwark_silent_source_hours"],
            "senders": sorted(one["name"] for one in policy["bulwark_log_senders"]),
        },
        "audit_stopped": {},
    }


def providers(case: Case) -> list[Account]:
    """Return the accounts of providers and vendors."""
    accounts: tuple[Account, ...] = case.registers.declared("accounts")
    return sorted((one for one in accounts if one.external), key=lambda one: one.name)


def _agreed(case: Case, account: Account) -> dict[str, Any]:
    """Return from where and when an account may be used; a machine's may at any hour of its contract."""
    contract: Contract | None = case.registers.contract_of(account)
    sources = account.sources or case.registers.declared("admin_cidrs")
    windows = [_window(one) for one in contract.windows] or [ALWAYS] if contract else []
    return {
        "sources": sorted(sources),
        "windows": windows if account.kind == "person" else [ALWAYS],
        "from": (contract.start if contract else date.max).isoformat(),
        "until": (contract.end if contract else date.min).isoformat(),
    }


def _window(window: Mapping[str, Any]) -> dict[str, Any]:
    """Return a work window without what goes without saying."""
    return {key: value for key, value in window.items() if value and (key, value) != ("timezone", UTC)}


def _loopback(address: str) -> bool:
    try:
        return bool(first_address(address).is_loopback)
    except ValueError:
        return False
