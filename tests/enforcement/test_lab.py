# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab hardened, a run for each customer: nothing is left undone, and the second pass costs one task a host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.enforcement.outcome import enforcement, still_failing
from tests.integration.fleet import Played, play
from tests.lab import lab
from tests.lab.engine import Host, each

CUSTOMERS = ("msp", "acme", "globex")
#: The lab's people type codes, which can be phished, and its containers have one disk: changing that takes devices.
LEFT = {"lin-mf-sk-keys", "lin-lm-log-capacity"}
#: Nobody fetched the lists of packages there, and harden asks no archive.
UNFETCHED = {"lin-up-repo-trust"}
#: No firewall denies anything there; on Globex's database host fail2ban's bans would go with a change to the file.
UNLOGGED = {"lin-lm-fw-log"}
#: And on Globex's web host root has a password, and nobody is named who would get in at the console without it.
UNDECIDED = {
    "msp-awx": UNFETCHED,
    "acme-backup": UNLOGGED,
    "globex-web": {"lin-lp-su-wheel", *UNFETCHED, *UNLOGGED},
    "globex-db": {*UNFETCHED, *UNLOGGED},
    "globex-backup": {*UNFETCHED, *UNLOGGED},
    "globex-log": {*UNFETCHED, *UNLOGGED},
}
ESCALATED = "journalctl -q --since '@%s' -t sudo -o cat | grep -c COMMAND= || true"


@dataclass(frozen=True)
class Passes:
    """Both passes by customer, and how often each host's sudo was asked during the second."""

    first: Mapping[str, Played]
    second: Mapping[str, Played]
    escalated: Mapping[str, int]


@pytest.fixture(scope="module")
def passes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Passes]:
    """Harden the lab twice. A lab that somebody else had started is put back at the end, not removed."""
    found_running, folder, hosts = bool(lab.lab().containers()), tmp_path_factory.mktemp("lab"), lab.fleet()
    try:
        lab.up()
        first = hardened(folder / "first")
        marks = each(lambda host: host.run("sleep 1; date +%s").stdout.strip(), hosts)
        second = hardened(folder / "second")
        counted = each(lambda pair: int(pair[0].run(ESCALATED % pair[1]).stdout), zip(hosts, marks, strict=True))
        yield Passes(first, second, {host.name: count for host, count in zip(hosts, counted, strict=True)})
    finally:
        if found_running:
            lab.up()
        else:
            lab.down()


def hardened(reports: Path) -> dict[str, Played]:
    return {name: play("harden", lab.INVENTORY, reports / name, "--limit", name) for name in CUSTOMERS}


def customer(host: Host) -> str:
    return host.name.partition("-")[0]


@pytest.mark.parametrize("name", CUSTOMERS)
def test_each_run_succeeds(passes: Passes, name: str) -> None:
    for played in (passes.first[name], passes.second[name]):
        assert played.rc == 0, played.output


@pytest.mark.parametrize("host", lab.fleet(), ids=lambda host: host.name)
def test_nothing_is_left_but_what_needs_devices(passes: Passes, host: Host) -> None:
    run = passes.first[customer(host)].reports / "latest"
    assert set(still_failing(run, host.name, customer(host))) <= LEFT | UNDECIDED.get(host.name, set())


@pytest.mark.parametrize("host", lab.fleet(), ids=lambda host: host.name)
def test_what_was_changed_passes(passes: Passes, host: Host) -> None:
    told = enforcement(passes.first[customer(host)].reports / "latest", host.name, customer(host))
    ended = {control: entry["after"] for control, entry in told.items() if entry["state"] == "changed"}
    assert set(ended.values()) <= {"pass"}, ended


def test_a_waiver_that_holds_keeps_its_control_and_one_that_is_over_is_told(passes: Passes) -> None:
    told = enforcement(passes.first["acme"].reports / "latest", "acme-backup", "acme")
    assert "lin-ns-ssh-forwarding" not in told
    assert told["lin-ns-ssh-listen"]["reason"].startswith("The waiver of Ola Berg expired on ")


@pytest.mark.parametrize("host", lab.fleet(), ids=lambda host: host.name)
def test_the_second_pass_changes_nothing_by_one_task(passes: Passes, host: Host) -> None:
    told = enforcement(passes.second[customer(host)].reports / "latest", host.name, customer(host))
    assert not [control for control, entry in told.items() if entry["state"] == "changed"]
    # What the host refuses is in the plan again, and asked there.
    assert passes.escalated[host.name] == (2 if any(entry["state"] == "refused" for entry in told.values()) else 1)
