# SPDX-License-Identifier: GPL-3.0-or-later
"""A provider's accounts get in from their own networks and in their own hours alone: real logins on real hosts."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.integration.fleet import Played, inventory, play
from tests.lab.engine import Host, Lab, each, free_port
from tests.lab.needed import NEEDS_CONTAINERS

CONTROLS = ["lin-aa-msp-scope", "lin-aa-msp-idle-off"]
#: Who is who: the provider's kim (everything right), ola (from elsewhere) and eva (off duty), and the customer's anna.
NAMES = ("kim", "ola", "eva", "anna")
PLANTED = """
ssh-keygen -q -t ed25519 -N '' -f /root/inner
for name in kim ola eva anna; do
    useradd --create-home --shell /bin/bash "$name"
    install -d -o "$name" -g "$name" -m 0700 "/home/$name/.ssh"
    cat /home/ansible/.ssh/authorized_keys /root/inner.pub >"/home/$name/.ssh/authorized_keys"
done
"""
#: A login from an address of the host's own.
INNER = "ssh -i /root/inner -oBatchMode=yes -oStrictHostKeyChecking=no {name}@127.0.0.1 true"
ELSEWHERE = "203.0.113.0/24"

pytestmark = NEEDS_CONTAINERS


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab("limits", tmp_path_factory.mktemp("lab"))
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def hosts(lab: Lab) -> dict[str, Host]:
    made = [Host(suite, f"limits-{suite}", suite, free_port()) for suite in ("bookworm", "trixie")]
    lab.restore(made)
    lab.wait_ssh(made)
    lab.write_known_hosts(made)
    each(lambda host: host.run(PLANTED), made)
    return {host.name: host for host in made}


def window(hours: int) -> dict[str, str]:
    """Return a window of six hours around the time in so many hours."""
    middle = datetime.now(timezone.utc) + timedelta(hours=hours)
    start, end = (middle + timedelta(hours=beside) for beside in (-3, 3))
    return {"start": f"{start:%H:%M}", "end": f"{end:%H:%M}"}


def declared(lab: Lab, hosts: dict[str, Host]) -> dict[str, Any]:
    """Return the registers: the provider comes from where this test does."""
    seen = {outer(lab, host, "ansible", "echo $SSH_CONNECTION").stdout.split()[0] for host in hosts.values()}
    own = {"kind": "person", "party": "msp:north", "sources": sorted(seen)}
    contract = {"party": "msp:north", "start": "2024-01-01", "end": "2036-01-01"}
    return {
        "bulwark_msp_managed": ["msp:north"],
        "bulwark_contracts": [
            {**contract, "id": "day", "windows": [window(0)]},
            {**contract, "id": "night", "windows": [window(12)]},
        ],
        "bulwark_accounts": [
            {**own, "name": "kim", "contract": "day"},
            {**own, "name": "ola", "contract": "day", "sources": [ELSEWHERE]},
            {**own, "name": "eva", "contract": "night"},
            {**own, "name": "ansible", "kind": "automation", "admin": True},
            {"name": "anna", "kind": "person", "party": "customer"},
        ],
    }


@pytest.fixture(scope="module")
def runs(lab: Lab, hosts: dict[str, Host], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Played]]:
    """A hardening, everybody in before it, and a restore after which everybody is in again."""
    folder = tmp_path_factory.mktemp("runs")
    variables = {
        **declared(lab, hosts), "bulwark_controls": CONTROLS, "bulwark_staged": CONTROLS, "bulwark_rings": ["100%"],
        "bulwark_confirm_seconds": 90,
    }  # fmt: skip
    listed = inventory(folder / "hosts.json", lab, hosts.values(), variables)
    before = {(host.name, name): gets_in(lab, host, name) for host in hosts.values() for name in NAMES}
    assert set(before.values()) == {True}, before
    played = {"harden": play("harden", listed, folder / "harden")}
    yield played
    restored = play("restore", listed, folder / "restore")
    assert restored.rc == 0, restored.output
    after = {(host.name, name): gets_in(lab, host, name) for host in hosts.values() for name in NAMES}
    assert set(after.values()) == {True}, after


@pytest.fixture(params=["bookworm", "trixie"])
def host(request: pytest.FixtureRequest, hosts: dict[str, Host], runs: dict[str, Played]) -> Host:
    assert runs["harden"].rc == 0, runs["harden"].output
    return hosts[request.param]


def outer(lab: Lab, host: Host, name: str, command: str) -> subprocess.CompletedProcess[str]:
    """Log in from outside and run a command."""
    program, *arguments = lab.ssh_arguments(host, name)
    return subprocess.run([program, *arguments, command], capture_output=True, text=True, timeout=60, check=False)


def gets_in(lab: Lab, host: Host, name: str) -> bool:
    """Say whether an account logs in from outside."""
    return outer(lab, host, name, "echo in").stdout.strip() == "in"


def test_both_controls_pass_afterwards(host: Host, runs: dict[str, Played]) -> None:
    found = {one["control"]: one["status"] for one in runs["harden"].host(host.name)["findings"]}
    assert found == dict.fromkeys(CONTROLS, "pass"), runs["harden"].output


def test_in_its_hours_and_from_its_network_an_account_gets_in(lab: Lab, host: Host) -> None:
    assert gets_in(lab, host, "kim")


def test_from_elsewhere_it_does_not(lab: Lab, host: Host) -> None:
    assert not gets_in(lab, host, "ola")
    assert host.run(INNER.format(name="kim"), check=False).returncode != 0


def test_outside_its_hours_it_does_not(lab: Lab, host: Host) -> None:
    assert not gets_in(lab, host, "eva")


def test_customers_and_the_automation_always_get_in(lab: Lab, host: Host) -> None:
    assert gets_in(lab, host, "anna")
    assert host.run(INNER.format(name="anna"), check=False).returncode == 0
    assert gets_in(lab, host, "ansible")
