# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory declares about a host: accounts, listeners, zones, functions. None means "not declared".

Entries with `status: proposed` are kept apart: they never make anything pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from .backups import Backup, backup
from .collectors import Collector, collector
from .log_agents import LogAgent, log_agent
from .moments import DATE_TEXT, as_date, as_moment
from .parties import CUSTOMER
from .sensors import Sensor, sensor

NO_CUSTOMER = "_none"


class Undeclared(Exception):
    """A judge needs a register that nobody declared for the host; the text names the variable to set."""


@dataclass(frozen=True)
class Member:
    """A person who uses a shared account, and the first and last day of it."""

    person: str
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Account:
    """An entry of bulwark_accounts. `party` is customer, msp:<id> or vendor:<id>; `keys` maps fingerprint to since.

    full_admin: it may do anything, which a contract has to say too. contract: the id of that contract. daily: the name
    of the same person's ordinary account. reviewed, reviewed_by: when its rights were confirmed last, and by whose
    party.
    """

    name: str
    kind: str
    party: str
    person: str | None = None
    admin: bool = False
    tier: int | None = None
    scope: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    keys: Mapping[str, date | None] = field(default_factory=dict)
    expires: date | None = None
    sources: tuple[str, ...] = ()
    tested: date | None = None
    full_admin: bool = False
    contract: str | None = None
    members: tuple[Member, ...] = ()
    daily: str | None = None
    reviewed: date | None = None
    reviewed_by: str | None = None

    @property
    def external(self) -> bool:
        """Say whether the account belongs to a provider or vendor rather than to the customer."""
        return self.party != CUSTOMER


@dataclass(frozen=True)
class Listener:
    """An entry of bulwark_listeners: a service that may listen, and where it may be reached from."""

    proto: str
    port: int
    process: str | None = None
    zone: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class Zone:
    """An entry of bulwark_zones: a network and whether strangers are in it."""

    name: str
    cidrs: tuple[str, ...]
    internet: bool = False


@dataclass(frozen=True)
class Contract:
    """An entry of bulwark_contracts. scope: hosts or groups; windows: as declared/work_windows.py takes them."""

    party: str
    start: date
    end: date
    id: str | None = None
    scope: tuple[str, ...] = ()
    windows: tuple[Mapping[str, Any], ...] = ()
    full_admin: bool = False

    def in_force(self, day: date) -> bool:
        """Say whether the contract runs on a day; its last day is one of them."""
        return self.start <= day <= self.end


@dataclass(frozen=True)
class Leaver:
    """An entry of bulwark_leavers: who has gone, the accounts that were theirs, and the last day."""

    person: str
    left: date
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """An entry of bulwark_services: units that may be enabled, as a glob pattern."""

    name: str


@dataclass(frozen=True)
class RemoteTool:
    """An entry of bulwark_remote_tools: a remote-access tool that may be there. None means any."""

    name: str
    version: str | None = None
    server: str | None = None


@dataclass(frozen=True)
class WorkOrder:
    """An entry of bulwark_work_orders: a ticket, and which accounts may work for it from when to when (UTC)."""

    ticket: str
    accounts: tuple[str, ...]
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Registers:
    """The registers of one host; `None` where nobody declared one.

    seeded: whose seed is in bulwark_totp_seeds. The seeds themselves are kept out of everything that judges, plans and
    results are made of.
    """

    customer: str = NO_CUSTOMER
    accounts: tuple[Account, ...] | None = None
    proposed_accounts: tuple[str, ...] = ()
    listeners: tuple[Listener, ...] | None = None
    zones: tuple[Zone, ...] | None = None
    functions: frozenset[str] | None = None
    tier: int | None = None
    admin_cidrs: tuple[str, ...] | None = None
    msp_managed: tuple[str, ...] | None = None
    contracts: tuple[Contract, ...] | None = None
    leavers: tuple[Leaver, ...] | None = None
    services: tuple[Service, ...] | None = None
    remote_tools: tuple[RemoteTool, ...] | None = None
    work_orders: tuple[WorkOrder, ...] | None = None
    backups: tuple[Backup, ...] | None = None
    collectors: tuple[Collector, ...] | None = None
    log_agents: tuple[LogAgent, ...] | None = None
    sensors: tuple[Sensor, ...] | None = None
    responsibilities: Mapping[str, Any] | None = None
    seeded: frozenset[str] = frozenset()

    def declared(self, name: str) -> Any:
        """Return a register that must be declared; raises Undeclared naming the variable otherwise."""
        value = getattr(self, name)
        if value is None:
            variable = VARIABLES[name]
            raise Undeclared("%s is not declared for this host; set it, even to an empty list" % variable)
        return value

    def account(self, name: str) -> Account | None:
        """Return the approved register entry of an account, None where it isn't registered."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, Account]:
        return {account.name: account for account in self.accounts or ()}

    def contract_of(self, account: Account) -> Contract | None:
        """Return the contract an account works under: the one it names, else its party's that ends last.

        Raises Undeclared where no contracts are declared.
        """
        contracts: tuple[Contract, ...] = self.declared("contracts")
        if account.contract is not None:
            return next((contract for contract in contracts if contract.id == account.contract), None)
        own = [contract for contract in contracts if contract.party == account.party]
        return max(own, key=lambda contract: contract.end, default=None)

    def has_function(self, function: str) -> bool:
        """Say whether the host is declared to serve `function` (an entry of bulwark_host_functions)."""
        return function in (self.functions or ())


#: Attribute of Registers -> the inventory variable it is read from.
VARIABLES = {
    "customer": "bulwark_customer",
    "accounts": "bulwark_accounts",
    "listeners": "bulwark_listeners",
    "zones": "bulwark_zones",
    "functions": "bulwark_host_functions",
    "tier": "bulwark_host_tier",
    "admin_cidrs": "bulwark_admin_cidrs",
    "msp_managed": "bulwark_msp_managed",
    "contracts": "bulwark_contracts",
    "leavers": "bulwark_leavers",
    "services": "bulwark_services",
    "remote_tools": "bulwark_remote_tools",
    "work_orders": "bulwark_work_orders",
    "backups": "bulwark_backups",
    "collectors": "bulwark_collectors",
    "log_agents": "bulwark_log_agents",
    "sensors": "bulwark_sensors",
    "responsibilities": "bulwark_responsibilities",
}


def build(declared: Mapping[str, Any]) -> Registers:
    """Return the Registers of validated variables (names as in VARIABLES; a missing one is not declared)."""
    accounts = declared.get("bulwark_accounts")
    return Registers(
        customer=declared.get("bulwark_customer") or NO_CUSTOMER,
        accounts=_tuple(accounts, _account),
        proposed_accounts=tuple(entry["name"] for entry in accounts or () if entry.get("status") == "proposed"),
        listeners=_tuple(declared.get("bulwark_listeners"), _listener),
        zones=_tuple(declared.get("bulwark_zones"), _zone),
        contracts=_tuple(declared.get("bulwark_contracts"), _contract),
        leavers=_tuple(declared.get("bulwark_leavers"), _leaver),
        services=_tuple(declared.get("bulwark_services"), lambda entry: Service(entry["name"])),
        remote_tools=_tuple(declared.get("bulwark_remote_tools"), _remote_tool),
        work_orders=_tuple(declared.get("bulwark_work_orders"), _work_order),
        backups=_tuple(declared.get("bulwark_backups"), backup),
        collectors=_tuple(declared.get("bulwark_collectors"), collector),
        log_agents=_tuple(declared.get("bulwark_log_agents"), log_agent),
        sensors=_tuple(declared.get("bulwark_sensors"), sensor),
        functions=_maybe(declared.get("bulwark_host_functions"), frozenset),
        tier=declared.get("bulwark_host_tier"),
        admin_cidrs=_maybe(declared.get("bulwark_admin_cidrs"), tuple),
        msp_managed=_maybe(declared.get("bulwark_msp_managed"), tuple),
        responsibilities=declared.get("bulwark_responsibilities"),
        seeded=frozenset(declared.get("bulwark_totp_seeds") or ()),
    )


def _approved(entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [entry for entry in entries if entry.get("status") != "proposed"]


def _maybe(value: Any, make: Any) -> Any:
    return None if value is None else make(value)


def _tuple(value: Any, make: Any) -> Any:
    return None if value is None else tuple(make(entry) for entry in _approved(value))


def _day(value: Any) -> date:
    found = as_date(value)
    if found is None:
        raise ValueError(DATE_TEXT)
    return found


def _account(entry: Mapping[str, Any]) -> Account:
    return Account(
        name=entry["name"],
        kind=entry["kind"],
        party=entry["party"],
        person=entry.get("person"),
        admin=bool(entry.get("admin")),
        tier=entry.get("tier"),
        scope=tuple(entry.get("scope") or ()),
        factors=tuple(entry.get("factors") or ()),
        keys={key["fingerprint"]: as_date(key.get("since")) for key in entry.get("keys") or ()},
        expires=as_date(entry.get("expires")),
        sources=tuple(entry.get("sources") or ()),
        tested=as_date(entry.get("tested")),
        full_admin=bool(entry.get("full_admin")),
        contract=entry.get("contract"),
        members=tuple(
            Member(one["person"], as_date(one.get("since")), as_date(one.get("until")))
            for one in entry.get("members") or ()
        ),
        daily=entry.get("daily"),
        reviewed=as_date(entry.get("reviewed")),
        reviewed_by=entry.get("reviewed_by"),
    )


def _contract(entry: Mapping[str, Any]) -> Contract:
    return Contract(
        party=entry["party"],
        start=_day(entry["start"]),
        end=_day(entry["end"]),
        id=entry.get("id"),
        scope=tuple(entry.get("scope") or ()),
        windows=tuple(entry.get("windows") or ()),
        full_admin=bool(entry.get("full_admin")),
    )


def _leaver(entry: Mapping[str, Any]) -> Leaver:
    return Leaver(entry["person"], _day(entry["left"]), tuple(entry.get("accounts") or ()))


def _remote_tool(entry: Mapping[str, Any]) -> RemoteTool:
    return RemoteTool(entry["name"], entry.get("version"), entry.get("server"))


def _work_order(entry: Mapping[str, Any]) -> WorkOrder:
    return WorkOrder(entry["ticket"], tuple(entry["accounts"]), as_moment(entry["start"]), as_moment(entry["end"]))


def _listener(entry: Mapping[str, Any]) -> Listener:
    return Listener(entry["proto"], entry["port"], entry.get("process"), entry.get("zone"), entry.get("address"))


def _zone(entry: Mapping[str, Any]) -> Zone:
    return Zone(entry["name"], tuple(entry["cidrs"]), bool(entry.get("internet")))
