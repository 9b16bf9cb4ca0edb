# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions need of Ansible itself: a host's declared variables, host patterns, platforms, warnings."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager

from ...module_utils.reading import COLLECT_AFTER
from ..declared.checking import Problem
from ..declared.declared import OWN_RESULTS, PREFIX, DeclarationError
from ..declared.registers import NO_CUSTOMER
from ..results import ResultsError

#: Connections and network systems over which no Linux reader runs.
OTHER_CONNECTIONS = {
    "winrm": "Windows",
    "psrp": "Windows",
    "network_cli": "network device",
    "netconf": "network device",
    "httpapi": "network device",
    "grpc": "network device",
}


def share_memory() -> None:
    """Leave what exists out of garbage collection, which would copy it in every worker that is forked from here on.

    Workers live for one task of one host and use most of what they make to their end, so that they look for it seldom:
    a tenth of their time went there. Plugins call this where they are imported: Ansible does that in its own process.
    """
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


def plain(value: Any) -> Any:
    """Return `value` as plain JSON types: no Ansible tags, lazy containers or dates."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    return json.loads(json.dumps(value, default=_key))


def _key(value: Any) -> str:
    """Return a scalar as JSON writes it for a key: true for True, an ISO 8601 text for a date."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def declared_variables(host_variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bulwark_ variables in scope for a host, templated, as plain types.

    Raises DeclarationError for those that can't be had: an undefined name in a template, a vault without its password.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name in host_variables:
        if name.startswith(PREFIX) and name not in OWN_RESULTS:
            try:
                values[name] = plain(host_variables[name])
            except AnsibleError as error:
                problems.append(Problem(name, "can't be templated: %s" % error.message))
    if problems:
        raise DeclarationError(problems)
    return values


def other_platform(host_variables: Mapping[str, Any]) -> str | None:
    """Return what kind of host it is where no Linux reader can run on it, None where one can."""
    connection = str(host_variables.get("ansible_connection") or "").rsplit(".", 1)[-1]
    if connection in OTHER_CONNECTIONS:
        return OTHER_CONNECTIONS[connection]
    if host_variables.get("ansible_network_os"):
        return "network device"
    if str(host_variables.get("ansible_shell_type") or "") in ("powershell", "cmd"):
        return "Windows"
    return None


def not_targeted(variables: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return {host, customer} of each host of the inventory that the play leaves out, by --limit or its pattern."""
    targeted = set(variables["ansible_play_hosts_all"])
    hostvars = variables["hostvars"]
    left = sorted(set(variables["groups"]["all"]) - targeted)
    return [{"host": str(host), "customer": _customer(hostvars[host])} for host in left]


def _customer(host_variables: Mapping[str, Any]) -> str:
    try:
        return str(host_variables.get("bulwark_customer") or NO_CUSTOMER)
    except AnsibleError:
        return NO_CUSTOMER


def host_patterns(loader: Any, groups: Mapping[str, list[str]]) -> Callable[[str], set[str]]:
    """Return `hosts_of(pattern)`: the hosts of the whole inventory that an Ansible pattern covers, limits ignored."""

    @cache
    def inventory() -> InventoryManager:
        manager = InventoryManager(loader, parse=False)
        for group, hosts in groups.items():
            manager.add_group(group)
            for host in hosts:
                manager.add_host(host, group=group)
        return manager

    @cache
    def hosts_of(pattern: str) -> set[str]:
        return {host.name for host in inventory().get_hosts(pattern=pattern)}

    return hosts_of


def registered(variables: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """Yield what each host of the play registered under a name, as plain types, in the order of the play."""
    for host in variables["ansible_play_hosts_all"]:
        result = variables["hostvars"][host].get(name)
        if result:
            yield plain(result)


def report_folder(policy: Mapping[str, Any], variables: Mapping[str, Any]) -> Path:
    """Return the absolute results directory; under AWX, where nothing else outlives the job, it must be set."""
    if (variables.get("awx_job_id") or variables.get("tower_job_id")) and "bulwark_report_dir" not in variables:
        raise ResultsError(
            "bulwark_report_dir: under AWX nothing in the job's container is kept; "
            "set it to a folder that the administrator exposes to jobs"
        )
    return Path(os.path.abspath(os.path.expanduser(str(policy["bulwark_report_dir"]))))


def collection_version() -> str:
    """Return the version of this collection: of its MANIFEST.json when installed, of galaxy.yml in a checkout."""
    root = Path(__file__).resolve().parents[3]
    manifest = root / "MANIFEST.json"
    if manifest.exists():
        return str(json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]["version"])
    lines = (root / "galaxy.yml").read_text(encoding="utf-8").splitlines()
    version = next((line.partition(":")[2] for line in lines if line.startswith("version:")), "unknown")
    return version.strip(" \"'")
