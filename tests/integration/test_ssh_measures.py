# SPDX-License-Identifier: GPL-3.0-or-later
"""What enforcement makes of the SSH server: real hosts on which everything about it is wrong, hardened in one go.

On Debian 12 the main file is another project's and includes nothing, on Debian 13 somebody's drop-in sorts before ours.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pexpect
import pytest

from tests.integration.fleet import Played, inventory, play
from tests.lab.engine import Host, Lab, each, free_port
from tests.lab.needed import NEEDS_CONTAINERS

CONTROLS = [
    "lin-ic-ssh-max-tries", "lin-ic-ssh-no-password", "lin-ic-ssh-no-root", "lin-ic-ssh-crypto", "lin-mf-ssh-methods",
    "lin-mf-ssh-pam", "lin-lm-ssh-verbose", "lin-ns-ssh-forwarding", "lin-ns-ssh-trust", "lin-ns-ssh-listen",
    "lin-aa-key-hygiene", "lin-aa-session-timeout",
]  # fmt: skip
LISTEN = "lin-ns-ssh-listen"
#: Where the lab's hosts see the tests come from.
NETWORK = "10.88.0.0/16"
WRONG = """\
PermitRootLogin yes
StrictModes no
HostbasedAuthentication yes
IgnoreRhosts no
Ciphers +aes128-cbc
PubkeyAcceptedAlgorithms +ssh-rsa
KbdInteractiveAuthentication no
SyslogFacility LOCAL3
Match User anna
    MaxAuthTries 20
    LogLevel QUIET
    AuthenticationMethods publickey
Match Group strict
    MaxAuthTries 2
Match Address 198.51.100.0/24
    PasswordAuthentication yes
    AuthenticationMethods publickey
    PermitRootLogin prohibit-password
"""
PLANTED = f"""
groupadd strict
useradd --create-home --shell /bin/bash --groups sudo anna
useradd --create-home --shell /bin/bash --groups strict north-kim
useradd --create-home --shell /bin/dash zoe
for name in anna north-kim zoe; do
    echo "$name:quiet-harbour-42" | chpasswd
    echo "HOTP/T30/6 $name - 3132333435363738393031323334353637383930" >>/etc/users.oath
    install -D -o "$name" -g "$name" -m 0600 /home/ansible/.ssh/authorized_keys "/home/$name/.ssh/authorized_keys"
    chown "$name:" "/home/$name/.ssh"
done
chmod 0600 /etc/users.oath
sed -i '/^@include common-auth/a auth required pam_oath.so usersfile=/etc/users.oath' /etc/pam.d/sshd
ssh-keygen -q -t rsa -b 1024 -N '' -f /root/old
cat /root/old.pub >>/home/anna/.ssh/authorized_keys
echo 'web.example.net' >/etc/hosts.equiv
cat >/root/wrong.conf <<'END'
{WRONG}END
"""
PLACED = {
    "bookworm": "grep '^Subsystem' /etc/ssh/sshd_config | cat - /root/wrong.conf >/root/main && "
    "echo UsePAM yes | cat - /root/main >/etc/ssh/sshd_config",
    "trixie": "cp /root/wrong.conf /etc/ssh/sshd_config.d/00-agency.conf",
}
#: How the automation's key is in the register: by what was made for the lab, in use since today.
OWN_KEY = {
    "fingerprint": "{{ lookup('ansible.builtin.pipe', 'ssh-keygen -lf ' ~ ansible_ssh_private_key_file).split()[1] }}",
    "since": "{{ now().strftime('%Y-%m-%d') }}",
}
DECLARED: dict[str, Any] = {
    "bulwark_accounts": [
        {"name": "ansible", "kind": "automation", "party": "customer", "sources": [NETWORK], "keys": [OWN_KEY]},
        {"name": "anna", "kind": "person", "party": "customer", "admin": True},
        {"name": "north-kim", "kind": "person", "party": "msp:north"},
        {"name": "zoe", "kind": "person", "party": "customer"},
    ],
    "bulwark_admin_cidrs": [NETWORK],
    "bulwark_staged": [LISTEN],
    "bulwark_controls": CONTROLS,
    "bulwark_rings": ["100%"],
    "bulwark_confirm_seconds": 60,
}

pytestmark = NEEDS_CONTAINERS


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab("ssh-measures", tmp_path_factory.mktemp("lab"))
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def hosts(lab: Lab) -> dict[str, Host]:
    made = [Host(suite, f"ssh-measures-{suite}", suite, free_port()) for suite in PLACED]
    lab.restore(made)
    lab.wait_ssh(made)
    each(lambda host: host.run(f"{PLANTED}{PLACED[host.suite]}\nsystemctl reload ssh"), made)
    return {host.suite: host for host in made}


@pytest.fixture(scope="module")
def runs(lab: Lab, hosts: dict[str, Host], tmp_path_factory: pytest.TempPathFactory) -> list[Played]:
    """An audit, a hardening and another one."""
    folder = tmp_path_factory.mktemp("runs")
    listed = inventory(folder / "hosts.json", lab, hosts.values(), DECLARED)
    return [play(name, listed, folder / f"run-{at}") for at, name in enumerate(["audit", "harden", "harden"])]


@pytest.fixture(params=sorted(PLACED))
def host(request: pytest.FixtureRequest, hosts: dict[str, Host], runs: list[Played]) -> Host:
    assert [played.rc for played in runs] == [0, 0, 0], runs[1].output
    return hosts[request.param]


def statuses(played: Played, host: Host) -> dict[str, str]:
    return {finding["control"]: finding["status"] for finding in played.host(host.name)["findings"]}


def options(host: Host, *login: str) -> dict[str, str]:
    """Return what sshd makes of a login now."""
    shown = host.run(" ".join(["sshd", "-T", *login])).stdout
    return dict(line.split(" ", 1) for line in shown.splitlines() if " " in line)


def test_what_failed_passes_and_stays_so(host: Host, runs: list[Played]) -> None:
    before, after, again = runs
    lacking = {"lin-mf-ssh-pam"} if statuses(before, host)["lin-mf-ssh-pam"] == "pass" else set()
    assert statuses(before, host) == {id_: "pass" if id_ in lacking else "fail" for id_ in CONTROLS}
    told = json.dumps(after.document(f"enforcement/_none/{host.name}.json"), indent=1)
    assert statuses(after, host) == dict.fromkeys(CONTROLS, "pass"), told
    assert statuses(again, host) == dict.fromkeys(CONTROLS, "pass")
    assert f"changed: [{host.name}]" not in again.output


def test_what_was_stricter_stays(host: Host) -> None:
    assert options(host, "-C", "user=north-kim,addr=192.0.2.1,host=x")["maxauthtries"] == "2"
    assert options(host, "-C", "user=anna,addr=192.0.2.1,host=x")["maxauthtries"] == "4"


def test_lists_are_sshds_own_again_only_where_nobody_chose(host: Host) -> None:
    effective = options(host)
    assert "aes128-cbc" not in effective["ciphers"] and "chacha20" in effective["ciphers"]
    ours = host.run("cat /etc/ssh/sshd_config.d/00-bulwark-lin-ic-ssh-crypto.conf").stdout
    assert "\nMACs -" in ours and "\nCiphers chacha20" in ours


def test_keys_lie_where_only_root_changes_them_and_the_weak_one_is_out(host: Host) -> None:
    bound = host.run("cat /etc/ssh/authorized_keys.d/ansible").stdout
    assert bound.startswith(f'restrict,pty,from="{NETWORK}" ssh-ed25519 ') and bound.count("\n") == 1
    assert host.run("stat -c '%U %a' /etc/ssh/authorized_keys.d/north-kim").stdout == "root 644\n"
    assert not host.run("ls /home/{ansible,north-kim}/.ssh/authorized_keys 2>/dev/null || true").stdout
    assert "ssh-rsa" not in host.run("cat /home/anna/.ssh/authorized_keys").stdout


def test_a_key_alone_opens_the_machines_account_and_no_persons(lab: Lab, host: Host) -> None:
    assert login(lab, host, "ansible").returncode == 0
    refused = login(lab, host, "anna")
    assert refused.returncode != 0 and "Permission denied (keyboard-interactive)" in refused.stderr


def test_a_job_that_asks_for_a_terminal_gets_one(lab: Lab, host: Host) -> None:
    """Ansible does where pipelining is off, and ssh gives up without."""
    program, *arguments = lab.ssh_arguments(host)
    done = subprocess.run([program, "-tt", *arguments, "sudo -n id -u"], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "0" and done.returncode == 0, done.stderr


def login(lab: Lab, host: Host, account: str) -> subprocess.CompletedProcess[str]:
    command = [*lab.ssh_arguments(host, account), "true"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_idle_shells_of_people_end_and_machines_are_left_alone(host: Host) -> None:
    shown = r"bash -lic 'echo \${TMOUT-none}' 2>/dev/null"
    assert host.run(f'runuser -l anna -c "{shown}"').stdout == "900\n"
    assert host.run(f'runuser -l ansible -c "{shown}"').stdout == "none\n"
    assert host.run("runuser -l anna -c 'echo ${TMOUT-none}'").stdout == "none\n"
    assert options(host)["channeltimeout"] == "session:shell=900s"


def test_sshd_closes_shells_outside_of_match_only(lab: Lab, host: Host) -> None:
    """What the judge and the measure rely on; the automation's shell stands for a person's, its command for a job."""
    arguments = lab.ssh_arguments(host)
    shell = [arguments[0], "-tt", *arguments[1:]]
    for text, closed in (
        ("ChannelTimeout session:shell=2s", True),
        ("Match User ansible\n  ChannelTimeout *=2s", False),
    ):
        host.put("/etc/ssh/sshd_config.d/00-bulwark-idle.conf", text + "\n")
        host.run("rm -f /etc/ssh/sshd_config.d/00-*session*; systemctl reload ssh")
        lab.wait_ssh([host])
        assert ended(shell) is closed, text
        job = subprocess.run([*arguments, "sleep 4; echo done"], capture_output=True, text=True, check=False)
        assert job.stdout == "done\n", text


def ended(command: list[str]) -> bool:
    child = pexpect.spawn(command[0], command[1:], timeout=8)
    try:
        return bool(child.expect([pexpect.TIMEOUT, "closed"]))
    finally:
        child.close(force=True)


def test_the_table_before_ssh_comes_back_when_others_flush_theirs(host: Host) -> None:
    """nftables.service flushes everything there is when it is started or reloaded."""
    host.run("systemctl start nftables && nft list table inet bulwark_ssh")
    host.run("systemctl reload nftables && nft list table inet bulwark_ssh")
    host.run("systemctl restart nftables && nft list table inet bulwark_ssh")
