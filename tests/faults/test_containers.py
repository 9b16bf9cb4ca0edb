# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that containers show: whoever could log in before still can, and the host is as before, or confirmed."""

from __future__ import annotations

import time
from concurrent.futures import Future
from typing import Any

import pytest

from tests.faults.fault import Fault, Faults
from tests.faults.scene import DROP_INS, FOLDER, PENDING, SSH_CONTROLS, Scene, wait_for
from tests.faults.targets import Box
from tests.lab.engine import each

pytestmark = pytest.mark.usefixtures("alone")

FAULTS = Faults()
DEFAULT_SECONDS = 120
LATE = "it was not confirmed in time"
#: The address from which the hosts see the controller.
CONTROLLER = "10.88.0.1"


@FAULTS.on("trixie")
def controller_killed(scene: Scene) -> None:
    """The controller loses power after the change and before the confirmation."""
    killed(scene)
    scene.ended(scene.play(name="again"), 0)
    scene.is_confirmed()


@FAULTS.on("bookworm", declared={"bulwark_confirm_seconds": DEFAULT_SECONDS}, long=True)
def controller_killed_at_the_default_deadline(scene: Scene) -> None:
    """The same with the deadline that users have."""
    killed(scene, DEFAULT_SECONDS)


def killed(scene: Scene, confirm_seconds: int = 15) -> None:
    controller = scene.play()
    armed = scene.stopped_when_changed(controller)
    controller.kill()
    assert "maxauthtries 4" in scene.look().live
    took = scene.undone(armed, confirm_seconds)
    assert took > confirm_seconds - 5
    assert LATE in scene.target.run(f"cat {FOLDER}/reverted.json").stdout


@FAULTS.on(
    "bookworm",
    script="echo ansible:right | chpasswd; rm /home/ansible/.ssh/authorized_keys",
    declared={"ansible_password": "right", "ansible_ssh_private_key_file": "/dev/null",
              "bulwark_controls": ["lin-ic-ssh-no-password", *SSH_CONTROLS]},
)  # fmt: skip
def a_policy_that_keeps_the_run_out(scene: Scene) -> None:
    """The account of the run has nothing but a password, and passwords are to be turned off."""
    played = scene.ended(scene.play(), 0)
    refused = scene.record(played)["controls"]["lin-ic-ssh-no-password"]
    assert refused["state"] in ("refused", "left"), refused
    assert "ansible" in refused["reason"]
    scene.is_confirmed()
    assert "passwordauthentication yes" in scene.look().live


OATH = """
useradd --create-home --shell /bin/bash alice
install -d -m 0700 -o alice -g alice /home/alice/.ssh
install -m 0600 -o alice -g alice /home/ansible/.ssh/authorized_keys /home/alice/.ssh/authorized_keys
install -m 0600 /dev/null /etc/users.oath
echo 'HOTP/T30/6 alice - 3132333435363738393031323334353637383930' >/etc/users.oath
sed -i '1i auth required pam_oath.so usersfile=/etc/users.oath window=10 digits=6' /etc/pam.d/sshd
sed -i 's/^@include common-auth/#&/' /etc/pam.d/sshd
printf '%s\\n' 'KbdInteractiveAuthentication yes' 'Match User alice' \
    '    AuthenticationMethods publickey,keyboard-interactive:pam' >/etc/ssh/sshd_config.d/50-codes.conf
systemctl reload ssh
"""
WRONG_SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJA"


@FAULTS.on("bookworm", script=OATH)
def a_probe_account_with_a_wrong_seed(scene: Scene) -> None:
    """The login that is to prove that people get in can't give the right code."""
    assert isinstance(scene.target, Box)
    probe = {"name": "alice", "key": str(scene.target.lab.key), "totp_seed": WRONG_SEED}
    played = scene.ended(scene.play(bulwark_probe_accounts=[probe]), 2)
    scene.is_as_before()
    told = scene.record(played)
    assert told["outcome"] == "reverted"
    assert "alice can't log in: the code was refused" in told["reason"]
    assert "the host put everything back" in told["reason"]


DEAF = r"""
install -d /etc/systemd/system/ssh.service.d
cat >/usr/local/sbin/reload-ssh <<'END'
#!/bin/sh
kill -HUP "$1"
[ ! -e /etc/ssh/sshd_config.d/00-bulwark-lin-ic-ssh-max-tries.conf ] || { sleep 0.5; kill -STOP "$1"; }
END
chmod 0755 /usr/local/sbin/reload-ssh
printf '%s\n' '[Service]' 'ExecReload=' 'ExecReload=/usr/local/sbin/reload-ssh $MAINPID' \
    >/etc/systemd/system/ssh.service.d/deaf.conf
systemctl daemon-reload
"""


@FAULTS.on("trixie", script=DEAF)
def sshd_that_reloads_and_does_not_accept(scene: Scene) -> None:
    """sshd takes the new configuration, runs, and answers nobody any more; only a restart helps."""
    controller = scene.play()
    scene.undone(scene.armed(controller))
    played = scene.ended(controller, 2)
    told = scene.record(played)
    assert told["outcome"] in ("failed", "reverted")
    assert "sshd does not answer" in told["reason"]
    assert "everything was put back" in told["reason"]


@FAULTS.on("bookworm")
def a_reboot_before_the_confirmation(scene: Scene) -> None:
    """The power goes while the change waits; the controller, which knows nothing of it, goes on afterwards."""
    assert isinstance(scene.target, Box)
    controller = scene.play(bulwark_confirm_seconds=60)
    armed = scene.stopped_when_changed(controller)
    scene.target.reboot()
    scene.target.lab.wait_ssh([scene.target.host])
    scene.undone(armed)
    controller.wake()
    played = scene.ended(controller, 2)
    told = scene.record(played)
    assert told["outcome"] == "reverted"
    assert "the host was started anew before it was confirmed" in told["reason"]
    scene.is_as_before()


BANS = """
printf '[sshd]\\nenabled = true\\nbackend = systemd\\n' >/etc/fail2ban/jail.d/zz-lab.local
systemctl start fail2ban
timeout 30 bash -c 'until fail2ban-client status sshd; do sleep 0.1; done'
# Its table is made at the first ban, and stays.
fail2ban-client set sshd banip 192.0.2.1
fail2ban-client set sshd unbanip 192.0.2.1
"""


@FAULTS.on("bookworm", script=BANS)
def a_ban_when_confirmation_is_due(scene: Scene) -> None:
    """fail2ban shuts out the controller's address while the change waits."""
    controller = scene.play()
    armed = scene.stopped_when_changed(controller)
    scene.target.run(f"fail2ban-client set sshd banip {CONTROLLER}")
    controller.wake()
    wait_for(lambda: not scene.target.exists(PENDING), armed + 30 - time.time(), "the change is put back")
    played = scene.ended(controller, 2)
    told = scene.record(played)
    assert told["outcome"] == "failed"
    assert "unreachable" in told["reason"]
    assert "whether the host put everything back is not known" in told["reason"]
    scene.target.run(f"fail2ban-client set sshd unbanip {CONTROLLER}")
    scene.is_as_before()


@FAULTS.on("trixie")
def a_penalty_when_confirmation_is_due(scene: Scene) -> None:
    """OpenSSH 9.8 and newer shuts out an address from which too many logins fail: here the controller's."""
    controller = scene.play()
    armed = scene.stopped_when_changed(controller)
    each(lambda guess: scene.enters_with_password("ansible", guess), ["1", "2", "3", "4", "5", "6"])
    assert not scene.enters("ansible"), "the penalty is not in force"
    controller.wake()
    wait_for(lambda: not scene.target.exists(PENDING), armed + 30 - time.time(), "the change is put back")
    played = scene.ended(controller, 2)
    told = scene.record(played)
    assert told["outcome"] in ("reverted", "failed")
    assert "a fresh login failed: unreachable" in told["reason"]
    wait_for(lambda: scene.enters("ansible"), 60, "the end of the penalty")
    scene.is_as_before()


def fills(folder: str, mark: str = "lock.json") -> str:
    """Return a script that has the host fill a file system as soon as a change is about to begin."""
    return f"""
cat >/usr/local/sbin/fills <<'END'
import os, time
deadline = time.monotonic() + 60
while not os.path.exists("{FOLDER}/{mark}") and time.monotonic() < deadline:
    time.sleep(0.001)
filler = os.open("{folder}/filler", os.O_WRONLY | os.O_CREAT, 0o600)
size = 1 << 20
while size:
    try:
        os.posix_fallocate(filler, os.fstat(filler).st_size, size)
    except OSError:
        size //= 2
END
systemd-run --quiet --collect --unit fills python3 /usr/local/sbin/fills
"""


@FAULTS.on("bookworm")
def a_disk_that_is_full(scene: Scene) -> None:
    """There is no room for what putting back needs."""
    small_disk(scene, FOLDER)
    scene.target.run(f"fallocate -l 7M {FOLDER}/filler")
    scene.begin()
    played = scene.ended(scene.play())
    scene.is_as_before()
    told = scene.record(played)
    assert told["outcome"] == "refused"
    assert f"no space: {FOLDER} has 1" in told["reason"]


@FAULTS.on("trixie")
def a_disk_that_fills_under_the_snapshot(scene: Scene) -> None:
    """Something else takes the last room while the host writes down what it was."""
    small_disk(scene, FOLDER)
    scene.begin()
    scene.target.run(fills(FOLDER))
    played = scene.ended(scene.play())
    scene.target.run(f"rm -f {FOLDER}/filler")
    assert played.rc == 2, played.output
    scene.is_as_before()
    assert "no space left on device" in scene.record(played)["reason"]


@FAULTS.on("bookworm")
def a_disk_that_fills_under_a_drop_in(scene: Scene) -> None:
    """Something else takes the last room where the change itself is to be written."""
    folder = "/etc/ssh/sshd_config.d"
    small_disk(scene, folder)
    scene.begin()
    scene.target.run(fills(folder))
    played = scene.ended(scene.play())
    scene.target.run(f"rm -f {folder}/filler")
    assert played.rc == 2, played.output
    scene.is_as_before()
    reason = scene.record(played)["reason"]
    assert "no space left on device" in reason
    assert "everything was put back" in reason or "nothing was changed" in reason


def small_disk(scene: Scene, folder: str) -> None:
    assert isinstance(scene.target, Box)
    scene.target.run(f"install -d -m 0700 {folder}")
    scene.target.mount("-t", "tmpfs", "-o", "size=8M,mode=0700", "tmpfs", folder)


@FAULTS.on("trixie")
def an_etc_that_can_not_be_written(scene: Scene) -> None:
    """/etc is mounted read-only."""
    assert isinstance(scene.target, Box)
    scene.target.mount("--bind", "/etc", "/etc")
    scene.target.mount("-o", "remount,bind,ro", "/etc")
    scene.begin()
    played = scene.ended(scene.play())
    scene.is_as_before()
    told = scene.record(played)
    assert told["outcome"] == "refused"
    assert "can't be written: it is mounted read-only" in told["reason"]


@FAULTS.on("bookworm")
def two_runs_at_the_same_time(scene: Scene) -> None:
    """A second controller comes while the first one's change waits: it changes nothing, and says who is at work."""
    first = scene.play(bulwark_confirm_seconds=60)
    scene.stopped_when_changed(first)
    second = scene.ended(scene.play(name="second", bulwark_controls=["lin-ic-ssh-crypto", *SSH_CONTROLS]))
    told = scene.record(second)
    assert told["outcome"] == "refused"
    assert "the host is locked by" in told["reason"]
    first.wake()
    played = scene.ended(first, 0)
    assert scene.record(played)["outcome"] == "confirmed"
    scene.is_confirmed()


EARLIER = "/etc/ssh/sshd_config.d/00-acme.conf"


@FAULTS.on("trixie", script=f"printf 'MaxAuthTries 10\nLogLevel INFO\n' >{EARLIER}; systemctl reload ssh")
def a_drop_in_that_sorts_before_ours(scene: Scene) -> None:
    """Somebody else's values would win, since sshd takes the first: ours are in force, or it is said whose are."""
    played = scene.ended(scene.play(), 0)
    assert scene.target.run(f"cat {EARLIER}").stdout == "MaxAuthTries 10\nLogLevel INFO\n"
    after = scene.look()
    status = {finding["control"]: finding["status"] for finding in played.host(scene.target.name, "acme")["findings"]}
    told = scene.record(played)["controls"]
    for control, line in zip(SSH_CONTROLS, ("maxauthtries 4", "loglevel VERBOSE"), strict=True):
        in_force = line in after.live
        assert in_force == (status[control] == "pass"), told[control]
        assert in_force or EARLIER in told[control]["reason"], told[control]


ASKS = """
echo 'ansible ALL=(ALL) ALL' >/etc/sudoers.d/zz-ask
rm -f /etc/sudoers.d/ansible
echo ansible:right | chpasswd
"""


@FAULTS.on("bookworm", script=ASKS)
def sudo_that_asks_for_a_password(scene: Scene) -> None:
    """Without it, and with a wrong one, nothing changes and the run says why; with it all goes well."""
    tries: dict[str, dict[str, Any]] = {"without": {}, "wrong": {"ansible_become_password": "wrong"}}
    for name, given in tries.items():
        played = scene.ended(scene.play(name=name, **given), 2)
        told = scene.record(played)
        assert told["outcome"] == "failed"
        assert "password" in told["reason"]
        scene.is_as_before()
    played = scene.ended(scene.play(ansible_become_password="right"), 0)
    scene.is_confirmed()


@FAULTS.on("bookworm", declared={
    "bulwark_controls": ["lin-ns-ssh-listen"], "bulwark_staged": ["lin-ns-ssh-listen"],
})  # fmt: skip
def a_firewall_that_does_not_hold_the_controller(scene: Scene) -> None:
    """Whoever runs it is not in bulwark_admin_cidrs: nothing is changed."""
    played = scene.ended(scene.play(bulwark_admin_cidrs=["192.0.2.0/24"]), 0)
    scene.is_as_before()
    told = scene.record(played)["controls"]["lin-ns-ssh-listen"]
    assert told["state"] in ("left", "refused")
    assert f"{CONTROLLER}, which is not in bulwark_admin_cidrs" in told["reason"]


@FAULTS.on("bookworm", beside="trixie", declared={
    "bulwark_controls": ["lin-ns-ssh-listen"], "bulwark_staged": ["lin-ns-ssh-listen"],
    "bulwark_admin_cidrs": [f"{CONTROLLER}/32"],
})  # fmt: skip
def a_firewall_rule_of_its_own_that_cuts_it_off(scene: Scene) -> None:
    """The controller's address changes, so that the new rule lets its next connection down."""
    assert isinstance(scene.beside, Box)
    assert isinstance(scene.target, Box)
    moved = scene.folder / "moved"
    config = scene.folder / "ssh_config"
    address = scene.target.run("hostname -I").stdout.split()[0]
    config.write_text(
        f'Match exec "test -e {moved}"\n'
        f"    ProxyCommand podman exec -i {scene.beside.host.container} socat - TCP:{address}:22\n"
    )
    arguments = f"-F {config} {scene.target.variables()['ansible_ssh_common_args']}"
    controller = scene.play(ansible_ssh_common_args=arguments)
    armed = scene.stopped_when_changed(controller, "/etc/bulwark/ssh.nft")
    moved.touch()
    controller.wake()
    scene.undone(armed)
    played = scene.ended(controller, 2)
    told = scene.record(played)
    assert told["outcome"] == "reverted"
    assert "a fresh login failed: unreachable" in told["reason"]
    assert f"the host put everything back: {LATE}" in told["reason"]


@FAULTS.on("trixie", beside="bookworm", declared={"bulwark_controls": ["lin-ns-ssh-forwarding", *SSH_CONTROLS]})
def a_bastion_in_the_same_run(scene: Scene) -> None:
    """The host behind is reached through one that the run hardens too, before it."""
    assert isinstance(scene.beside, Box)
    assert isinstance(scene.target, Box)
    behind = scene.beside
    key, port = scene.target.lab.key, behind.host.port
    proxy = " ".join([*scene.target.ssh("ansible")[:-1], "-W", "%h:%p", scene.target.ssh("ansible")[-1]])
    variables = {
        **behind.variables(),
        "ansible_host": behind.run("hostname -I").stdout.split()[0],
        "ansible_port": 22,
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={behind.lab.known_hosts} "
        f"-o HostKeyAlias=[127.0.0.1]:{port} -o IdentityFile={key} -o ProxyCommand='{proxy}'",
    }
    accounts = [{"name": "ansible", "kind": "automation", "party": "msp:north"}]
    controller = scene.play(others={behind.name: variables}, bulwark_accounts=accounts, bulwark_host_functions=["jump"])
    played = scene.ended(controller, 0)
    scene.is_confirmed()
    assert scene.record(played, behind.name)["outcome"] == "confirmed"
    assert behind.exists(DROP_INS[0])


PEOPLE = """
groupadd emergency
for name in alice warden; do
    useradd --create-home --shell /bin/bash $name
    echo $name:right | chpasswd
done
usermod --append --groups emergency warden
"""
WARDEN = {"name": "warden", "kind": "break_glass", "party": "customer", "tested": "2026-11-01"}


@FAULTS.on("bookworm", script=PEOPLE, declared={
    "bulwark_controls": ["lin-ic-faillock"], "bulwark_break_glass_group": "emergency", "bulwark_accounts": [WARDEN],
})  # fmt: skip
def names_locked_by_failures_from_outside(scene: Scene) -> None:
    """A stranger who knows names locks their owners out for a while, but not the one for emergencies."""
    played = scene.ended(scene.play(), 0)
    assert scene.record(played)["outcome"] == "confirmed"
    assert scene.enters_with_password("alice", "right")
    for _ in range(3):
        each(lambda name: scene.enters_with_password(name, "guessed"), ["alice", "warden"] * 2)
    assert not scene.enters_with_password("alice", "right"), "nothing locks an account"
    assert scene.enters_with_password("warden", "right")
    played = scene.ended(scene.play(name="again", bulwark_controls=["lin-ic-faillock", *SSH_CONTROLS]), 0)
    scene.is_confirmed()
    assert scene.enters_with_password("warden", "right")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault(fault: Fault, happening: dict[str, Future[None]]) -> None:
    happening[fault.name].result()
