# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that only a guest with its own kernel and boot shows: a reboot, a firewall, a late address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.scene import FOLDER, PENDING, Scene, wait_for
from tests.vm.guest import Guest
from tests.vm.image import no_guest
from tests.vm.vm import Vm

if no_guest():
    pytest.skip(no_guest(), allow_module_level=True)

pytestmark = pytest.mark.usefixtures("alone")

#: The addresses of the guest and of the controller, as the guest sees it.
ADDRESS, CONTROLLER = "10.0.2.15", "10.0.2.2"
BOOT_SECONDS = 120
RULES, UNIT = "/etc/bulwark/ssh.nft", "/etc/systemd/system/bulwark-ssh-firewall.service"
FIREWALL = {
    "bulwark_controls": ["lin-ns-ssh-listen", "lin-ic-ssh-max-tries", "lin-lm-ssh-verbose"],
    "bulwark_staged": ["lin-ns-ssh-listen"],
    "bulwark_admin_cidrs": [f"{CONTROLLER}/32"],
}


@pytest.fixture(scope="module")
def vm() -> Iterator[Vm]:
    guest = Vm("bookworm")
    guest.start()
    yield guest
    guest.stop()


@pytest.fixture
def scene(vm: Vm, tmp_path: Path) -> Iterator[Scene]:
    vm.restore()
    made = Scene(Guest(vm), tmp_path, declared=FIREWALL)
    yield made
    made.end()


def reboot(scene: Scene) -> None:
    """Cut the guest's power and wait until somebody can log in again."""
    assert isinstance(scene.target, Guest)
    scene.target.vm.reset()
    wait_for(lambda: scene.enters("ansible"), BOOT_SECONDS, "a login after the reboot")


def test_a_reboot_before_the_confirmation(scene: Scene) -> None:
    """Drop-ins, a firewall and the unit that loads it: all gone before the first of them would be used."""
    scene.begin()
    controller = scene.play(bulwark_confirm_seconds=300)
    scene.stopped_when_changed(controller)
    reboot(scene)
    assert scene.target.exists(PENDING) is False, "the boot puts it back, before anybody can log in"
    scene.target.run("systemctl is-system-running --wait", check=False)
    scene.is_as_before()
    said = json.loads(scene.target.run(f"cat {FOLDER}/reverted.json").stdout)
    assert said["reason"] == "the host was started anew before it was confirmed"
    assert said["failed"] == []
    controller.wake()
    told = scene.record(scene.ended(controller, 2))
    assert told["outcome"] == "reverted"
    assert said["reason"] in told["reason"]


LATE_ADDRESS = f"""
echo 'ListenAddress {ADDRESS}' >/etc/ssh/sshd_config.d/10-listen.conf
install -d /etc/systemd/system/systemd-networkd.service.d
printf '[Service]\\nExecStartPre=/bin/sleep 20\\n' >/etc/systemd/system/systemd-networkd.service.d/late.conf
systemctl reload ssh
"""


def test_a_reboot_after_the_confirmation_with_an_address_that_comes_up_late(scene: Scene) -> None:
    """sshd does not start where its only address isn't up yet. The boot test finds that out, and ends it."""
    scene.target.run(LATE_ADDRESS)
    wait_for(lambda: scene.enters("ansible"), BOOT_SECONDS, "a login after the reload")
    scene.begin()
    # Emulated, a login alone takes it some seconds.
    played = scene.ended(scene.play(bulwark_confirm_seconds=90, bulwark_controls=["lin-ns-ssh-listen"]), 0)
    assert scene.record(played)["outcome"] == "confirmed"
    scene.is_confirmed(RULES)
    reboot(scene)
    script = f"cat {FOLDER}/boottest.json"
    wait_for(lambda: '"passed"' in scene.target.run(script, check=False).stdout, 60, "the end of the boot test")
    tested = json.loads(scene.target.run(script).stdout)
    assert tested["passed"] or UNIT in tested["reverted"]
    assert tested["failed"] == []
    filtered = "table inet bulwark_ssh {" in scene.look().live
    assert filtered == bool(scene.target.exists(UNIT)) == tested["passed"]
    scene.is_confirmed(RULES)
