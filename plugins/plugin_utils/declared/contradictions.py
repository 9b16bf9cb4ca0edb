# SPDX-License-Identifier: GPL-3.0-or-later
"""Declared values that are of the right type and wrong all the same: dates, parties, networks, names of nothing."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..catalogue.catalogue import Catalogue
from . import backups, collectors, log_agents, run_options, sensors, work_windows
from .checking import Problem, near, shown
from .merging import Merged
from .moments import DATE_TEXT, MOMENT_TEXT, as_date, as_moment
from .parties import CUSTOMER, OUTSIDER_TEXT, PARTY_TEXT, is_party
from .totp import SeedError, seed_bytes

DATES = {
    "bulwark_accounts": ("expires", "tested", "reviewed"),
    "bulwark_contracts": ("start", "end"),
    "bulwark_leavers": ("left",),
    "bulwark_host_lists": ("date",),
    "bulwark_backups": ("offsite", "offline", "escrow"),
    "bulwark_sensors": ("guarded",),
}
#: Registers whose entries are proposed by an onboarding and approved by a person.
APPROVED = ("bulwark_accounts", "bulwark_listeners", "bulwark_zones", "bulwark_services", "bulwark_remote_tools")
#: Registers whose entries have a file of their own.
KINDS: Mapping[str, Callable[[str, Mapping[str, Any]], Iterator[Problem]]] = {
    "bulwark_backups": backups.problems,
    "bulwark_collectors": collectors.problems,
    "bulwark_log_agents": log_agents.problems,
    "bulwark_sensors": sensors.problems,
}
#: Files and folders of a collector's own.
PATHS = (
    "bulwark_log_collector_ca",
    "bulwark_log_collector_certificate",
    "bulwark_log_collector_key",
)
#: Who may answer for a control beside a party.
BEYOND_PARTIES = ("both", "nobody")
MODE = re.compile(r"[0-7]{3,4}")


def contradictions(merged: Merged, values: Mapping[str, Any], catalogue: Catalogue) -> Iterator[Problem]:
    """Yield what is of the right type and wrong all the same."""
    yield from run_options.problems_with(values)
    for name, keys in DATES.items():
        for place, entry in merged.entries(name, values):
            yield from _dates(place, entry, keys)
    for name in APPROVED:
        for place, entry in merged.entries(name, merged.values):
            yield from _approval(place, entry)
    yield from _accounts(merged, values)
    yield from _listeners(merged, values)
    for place, entry in merged.entries("bulwark_zones", values):
        yield from _networks(place + ".cidrs", entry["cidrs"])
    for place, entry in merged.entries("bulwark_admin_cidrs", values):
        yield from _network(place, entry)
    for place, entry in merged.entries("bulwark_contracts", values):
        yield from _party(place + ".party", entry["party"])
        yield from work_windows.problems(place + ".windows", entry.get("windows") or ())
        yield from _order(place, entry, as_date, DATE_TEXT)
    for place, entry in merged.entries("bulwark_work_orders", values):
        yield from _order(place, entry, as_moment, MOMENT_TEXT)
    for name, problems in KINDS.items():
        for place, entry in merged.entries(name, values):
            yield from problems(place, entry)
    yield from _collector(values)
    for index, party in enumerate(values.get("bulwark_msp_managed") or ()):
        yield from _party("bulwark_msp_managed[%d]" % index, party)
    yield from _msp_names(values.get("bulwark_msp_names") or {})
    yield from _file_modes(values.get("bulwark_file_modes") or {})
    yield from _seeds(values)
    yield from _responsibilities(values.get("bulwark_responsibilities") or {}, catalogue)


def _collector(values: Mapping[str, Any]) -> Iterator[Problem]:
    for name in PATHS:
        yield from collectors.path_problems(name, values.get(name))
    yield from collectors.store_problems("bulwark_log_store", values.get("bulwark_log_store"))
    yield from collectors.sender_problems("bulwark_log_senders", values.get("bulwark_log_senders") or ())
    for index, route in enumerate(values.get("bulwark_soc_routes") or ()):
        yield from collectors.path_problems("bulwark_soc_routes[%d].url_file" % index, route.get("url_file"))


def _msp_names(names: Mapping[str, Any]) -> Iterator[Problem]:
    for party, patterns in names.items():
        place = "bulwark_msp_names.%s" % party
        if party == CUSTOMER or not is_party(party):
            yield Problem(place, "%s is no provider or vendor; write %s" % (shown(party), OUTSIDER_TEXT))
        if not isinstance(patterns, list):
            yield Problem(place, "must be a list of patterns such as [north-*], found %s" % shown(patterns))
            continue
        for index, pattern in enumerate(patterns):
            if not isinstance(pattern, str) or not pattern:
                yield Problem("%s[%d]" % (place, index), "must be a pattern of names, found %s" % shown(pattern))


def _file_modes(modes: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is no mode; YAML takes an unquoted 0640 for a number in octal, and hands over 416."""
    for kind, mode in modes.items():
        if not isinstance(mode, str) or not MODE.fullmatch(mode):
            text = 'must be a mode such as "0640", in quotes, found %s' % shown(mode)
            yield Problem("bulwark_file_modes.%s" % kind, text)


def _seeds(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is no seed of one-time codes, without anything of it."""
    seeds = {"bulwark_totp_seeds.%s" % name: seed for name, seed in (values.get("bulwark_totp_seeds") or {}).items()}
    for index, entry in enumerate(values.get("bulwark_probe_accounts") or ()):
        if entry.get("totp_seed"):
            seeds["bulwark_probe_accounts[%d].totp_seed" % index] = entry["totp_seed"]
    for place, seed in seeds.items():
        try:
            seed_bytes(seed)
        except SeedError as error:
            yield Problem(place, str(error))


def _listeners(merged: Merged, values: Mapping[str, Any]) -> Iterator[Problem]:
    zones = {entry["name"] for entry in values.get("bulwark_zones") or ()}
    for place, entry in merged.entries("bulwark_listeners", values):
        if not 0 < entry["port"] < 65536:
            yield Problem(place + ".port", "%d is no port; 1 to 65535" % entry["port"])
        if zones and entry.get("zone") and entry["zone"] not in zones:
            yield Problem(
                place + ".zone", "bulwark_zones has no %s%s" % (shown(entry["zone"]), near(entry["zone"], zones))
            )


def _accounts(merged: Merged, values: Mapping[str, Any]) -> Iterator[Problem]:
    contracts = {entry["id"]: entry for entry in values.get("bulwark_contracts") or () if entry.get("id")}
    for place, entry in merged.entries("bulwark_accounts", values):
        yield from _account(place, entry)
        yield from _contract_of(place, entry, contracts)


def _account(place: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _party(place + ".party", entry["party"])
    yield from _networks(place + ".sources", entry.get("sources") or ())
    if entry.get("reviewed_by"):
        yield from _party(place + ".reviewed_by", entry["reviewed_by"])
    for index, member in enumerate(entry.get("members") or ()):
        yield from _dates("%s.members[%d]" % (place, index), member, ("since", "until"))
    for index, key in enumerate(entry.get("keys") or ()):
        wrong = "%s.keys[%d]" % (place, index)
        yield from _dates(wrong, key, ("since",))
        if not key["fingerprint"].startswith("SHA256:"):
            text = "%s is no fingerprint; write it as ssh-keygen -lf prints it: SHA256:..." % shown(key["fingerprint"])
            yield Problem(wrong + ".fingerprint", text)


def _approval(place: str, entry: Any) -> Iterator[Problem]:
    """Yield that an entry calls itself approved without saying by whom and when."""
    if not isinstance(entry, Mapping):
        return
    yield from _dates(place, entry, ("approved_on",))
    for key, wanted in (("approved_by", "who approved it"), ("approved_on", "the day of the approval")):
        if entry.get("status") == "approved" and not entry.get(key):
            yield Problem("%s.%s" % (place, key), "is missing; say %s, or leave status out" % wanted)


def _contract_of(place: str, entry: Mapping[str, Any], contracts: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    """Yield that an account names a contract that isn't declared, or is another party's."""
    if not entry.get("contract"):
        return
    contract = contracts.get(entry["contract"])
    if contract is None:
        text = "bulwark_contracts has no id %s%s" % (shown(entry["contract"]), near(entry["contract"], contracts))
        yield Problem(place + ".contract", text)
    elif contract["party"] != entry["party"]:
        text = "contract %s is with %s, the account is of %s" % (
            shown(entry["contract"]), shown(contract["party"]), shown(entry["party"])
        )  # fmt: skip
        yield Problem(place + ".contract", text)


def _order(place: str, entry: Mapping[str, Any], read: Callable[[Any], Any], wanted: str) -> Iterator[Problem]:
    """Yield that a start or end can't be read, or that the end comes first."""
    moments = {}
    for key in ("start", "end"):
        try:
            moments[key] = read(entry[key])
        except ValueError:
            if wanted != DATE_TEXT:  # dates are told by _dates
                yield Problem("%s.%s" % (place, key), "%s is no time; %s" % (shown(entry[key]), wanted))
    if len(moments) == 2 and moments["end"] < moments["start"]:
        yield Problem(place + ".end", "%s lies before its start, %s" % (shown(entry["end"]), shown(entry["start"])))


def _responsibilities(named: Mapping[str, Any], catalogue: Catalogue) -> Iterator[Problem]:
    choices = {"default": named["default"]} if named.get("default") else {}
    for group, known in (
        ("sections", [section.name for section in catalogue.sections]),
        ("controls", [*catalogue.controls, *catalogue.records]),
    ):
        for name, choice in (named.get(group) or {}).items():
            choices["%s.%s" % (group, name)] = choice
            if name not in known:
                place = "bulwark_responsibilities.%s" % group
                yield Problem(place, "there is no %s %s%s" % (group.rstrip("s"), shown(name), near(str(name), known)))
    for key, choice in choices.items():
        place = "bulwark_responsibilities.%s.party" % key
        party = choice.get("party") if isinstance(choice, Mapping) else choice
        if party not in BEYOND_PARTIES:
            yield from _party(place, party, ", " + ", ".join(BEYOND_PARTIES))


def _dates(place: str, entry: Mapping[str, Any], keys: tuple[str, ...]) -> Iterator[Problem]:
    for key in keys:
        try:
            as_date(entry.get(key))
        except ValueError:
            yield Problem("%s.%s" % (place, key), "%s is no date; %s" % (shown(entry[key]), DATE_TEXT))


def _party(place: str, value: Any, more: str = "") -> Iterator[Problem]:
    if not is_party(value):
        yield Problem(place, "%s is no party; write %s%s" % (shown(value), PARTY_TEXT, more))


def _networks(place: str, values: Iterable[Any]) -> Iterator[Problem]:
    for index, value in enumerate(values):
        yield from _network("%s[%d]" % (place, index), value)


def _network(place: str, value: Any) -> Iterator[Problem]:
    try:
        ipaddress.ip_network(str(value), strict=False)
    except ValueError:
        yield Problem(place, "%s is no network or address; write it as 192.0.2.0/24 or 2001:db8::/32" % shown(value))
