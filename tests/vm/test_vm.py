# SPDX-License-Identifier: GPL-3.0-or-later
"""What no container can show, read on a guest with its own kernel: what the kernel itself does, and a real boot."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.fleet import play
from tests.vm.guest import Guest
from tests.vm.image import no_guest
from tests.vm.vm import SUITES, Vm

if no_guest():
    pytest.skip(no_guest(), allow_module_level=True)

pytestmark = pytest.mark.usefixtures("alone")


@pytest.fixture(scope="module", params=SUITES)
def guest(request: pytest.FixtureRequest) -> Iterator[Vm]:
    vm = Vm(request.param)
    vm.start()
    yield vm
    vm.stop()


@pytest.fixture
def clean(guest: Vm) -> Vm:
    guest.restore()
    return guest


def audit(vm: Vm, folder: Path, **declared: Any) -> dict[str, Any]:
    """Audit the guest as a user would; return its findings by control."""
    variables = {**Guest(vm).variables(), **declared}
    hosts = folder / "hosts.json"
    hosts.write_text(json.dumps({"all": {"hosts": {"vm": variables}}}), encoding="utf-8")
    played = play("audit", hosts, folder / "reports")
    assert played.rc == 0, played.output
    return {finding["control"]: finding for finding in played.host("vm")["findings"]}


def test_a_restored_guest_has_forgotten_what_was_done_to_it(clean: Vm) -> None:
    clean.run("touch /etc/bulwark-was-here; nft add table inet forgotten; auditctl -e 2")
    clean.restore()
    assert "forgotten" not in clean.run("nft list ruleset")
    assert "enabled 2" not in clean.run("auditctl -s")
    clean.run("test ! -e /etc/bulwark-was-here")


def test_its_clock_is_right_after_a_restore(clean: Vm) -> None:
    assert abs(int(clean.run("date +%s")) - time.time()) < 60


def test_a_port_that_the_kernel_itself_serves_is_seen(clean: Vm, tmp_path: Path) -> None:
    """WireGuard listens without a process: no list of processes shows it."""
    clean.run("ip link add wg0 type wireguard; wg set wg0 listen-port 51820; ip link set wg0 up")
    finding = audit(clean, tmp_path, bulwark_listeners=[{"proto": "tcp", "port": 22}])["lin-ic-listeners"]
    assert finding["status"] == "fail"
    assert [actual for actual in finding["actual"] if "udp/51820" in actual]
    assert not [actual for actual in finding["actual"] if "tcp/22" in actual]
