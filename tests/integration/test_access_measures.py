# SPDX-License-Identifier: GPL-3.0-or-later
"""What enforcement makes of logins by password: on real hosts, seen from outside.

Debian 12 and 13 as shipped with services in the clear and weak passwords, and one whose PAM files somebody edited.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.integration.fleet import Played, inventory, play
from tests.lab.engine import Host, Lab, each, free_port
from tests.lab.needed import NEEDS_CONTAINERS

CONTROLS = ["lin-ic-faillock", "lin-ic-bruteforce-throttle", "lin-ic-no-cleartext", "lin-aa-password-policy"]
OLD, NEW = "quiet-harbour-42-lanterns", "purple-cactus-7-rides-home"
PLANTED = f"""
useradd --create-home --shell /bin/bash anna
echo 'anna:{OLD}' | chpasswd
useradd --create-home --shell /bin/bash ben
passwd --delete ben
sed -i 's/^anonymous_enable=.*/anonymous_enable=YES/' /etc/vsftpd.conf
systemctl enable --now vsftpd tftpd-hpa
printf '%s\\n' 'rocommunity planted-secret' 'rouser monitoring auth' > /etc/snmp/snmpd.conf
systemctl start snmpd
echo 'telnet stream tcp nowait root /usr/sbin/tcpd /usr/sbin/telnetd' >> /etc/inetd.conf
systemctl start inetd
printf 'minlen = 8\\ndictcheck = 0\\n' >> /etc/security/pwquality.conf
sed -i 's/^ENCRYPT_METHOD.*/ENCRYPT_METHOD SHA256/' /etc/login.defs
printf 'deny = 50\\nunlock_time = never\\n' > /etc/security/faillock.conf
if sshd -T | grep -q '^persourcepenalties'; then
    echo 'PerSourcePenalties no' > /etc/ssh/sshd_config.d/50-off.conf
    systemctl reload ssh
fi
"""
BY_HAND = r"""
sed -i '/pam_unix.so/c\
auth    [success=2 default=ignore]      pam_unix.so\
auth    [success=1 default=ignore]      pam_sss.so use_first_pass' /etc/pam.d/common-auth
"""
DENY = 5

pytestmark = NEEDS_CONTAINERS


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab("access", tmp_path_factory.mktemp("lab"))
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def hosts(lab: Lab) -> dict[str, Host]:
    suites = {"bookworm": "bookworm", "trixie": "trixie", "by-hand": "bookworm"}
    made = [Host(name, f"access-{name}", suite, free_port()) for name, suite in suites.items()]
    lab.restore(made)
    lab.wait_ssh(made)
    each(lambda host: host.run(PLANTED + (BY_HAND if host.name == "by-hand" else "")), made)
    return {host.name: host for host in made}


@pytest.fixture(scope="module")
def runs(lab: Lab, hosts: dict[str, Host], tmp_path_factory: pytest.TempPathFactory) -> list[Played]:
    """An audit, a hardening and another one."""
    folder = tmp_path_factory.mktemp("runs")
    variables: dict[str, Any] = {"bulwark_controls": CONTROLS, "bulwark_rings": ["100%"], "bulwark_confirm_seconds": 60}
    listed = inventory(folder / "hosts.json", lab, hosts.values(), variables)
    return [play(name, listed, folder / f"run-{at}") for at, name in enumerate(["audit", "harden", "harden"])]


@pytest.fixture(params=["bookworm", "trixie", "by-hand"])
def host(request: pytest.FixtureRequest, hosts: dict[str, Host], runs: list[Played]) -> Host:
    assert [played.rc for played in runs] == [0, 0, 0], runs[1].output
    return hosts[request.param]


def statuses(played: Played, host: Host) -> dict[str, str]:
    return {finding["control"]: finding["status"] for finding in played.host(host.name)["findings"]}


def test_what_failed_passes_and_stays_so(host: Host, runs: list[Played]) -> None:
    before, after, again = runs
    assert statuses(before, host) == dict.fromkeys(CONTROLS, "fail")
    assert statuses(after, host) == dict.fromkeys(CONTROLS, "pass"), after.output
    assert statuses(again, host) == dict.fromkeys(CONTROLS, "pass")
    assert f"changed: [{host.name}]" in after.output
    assert f"changed: [{host.name}]" not in again.output


def login(lab: Lab, host: Host, *passwords: str) -> bool:
    """Try passwords in one connection, one after the other; say whether the last one opened a session."""
    program, *arguments = lab.ssh_arguments(host, "anna")
    # ssh takes the first value it is given.
    options = f"-oBatchMode=no -oPubkeyAuthentication=no -oNumberOfPasswordPrompts={len(passwords)}".split()
    child = pexpect.spawn(program, [*options, *arguments, "echo", "in"], timeout=30)
    for password in passwords:
        child.expect("password:")
        child.sendline(password)
    opened: int = child.expect([r"\bin\r\n", "denied", "password:", pexpect.EOF])
    child.close()
    return opened == 0


def test_wrong_passwords_are_counted_and_lock_for_a_while(lab: Lab, host: Host) -> None:
    assert login(lab, host, OLD)
    assert login(lab, host, "wrong", OLD)
    assert counted(host) == 0
    assert not login(lab, host, "wrong", "wrong", "wrong")
    assert not login(lab, host, "wrong", "wrong")
    assert counted(host) == DENY
    assert not login(lab, host, OLD)
    host.run("faillock --user anna --reset")
    assert login(lab, host, OLD)


def counted(host: Host) -> int:
    return sum(line.endswith(" V") for line in host.run("faillock --user anna").stdout.splitlines())


def test_the_address_of_the_run_is_never_shut_out(lab: Lab, host: Host) -> None:
    """It failed more often than anybody may, just now."""
    if host.suite == "trixie":
        shown = host.run("sshd -T | grep -i persourcepenalt").stdout
        assert "persourcepenaltyexemptlist" in shown and "persourcepenalties crash:" in shown
    else:
        assert "Currently banned:\t0" in host.run("fail2ban-client status sshd").stdout
    assert login(lab, host, OLD)


def test_a_stranger_s_address_is_shut_out(host: Host) -> None:
    if host.suite == "trixie":
        pytest.skip("sshd itself does it, without a command to try it by")
    host.run("fail2ban-client set sshd banip 192.0.2.99")
    assert "192.0.2.99" in host.run("nft list ruleset").stdout


def passwd(host: Host, new: str) -> str:
    """Change anna's password from OLD as herself, and return what was said to the new one."""
    child = pexpect.spawn(
        "podman", ["exec", "-it", "-u", "anna", host.container, "passwd"], timeout=30, encoding="utf-8"
    )
    child.expect("[Cc]urrent password:")
    child.sendline(OLD)
    child.expect("[Nn]ew password:")
    child.sendline(new)
    refused = ["BAD PASSWORD: .*\r\n", "already used.*\r\n"]
    if child.expect(["[Rr]etype new password:", *refused]) == 0:
        child.sendline(new)
        child.expect([pexpect.EOF, *refused])
    said = f"{child.before}{child.after}"
    child.close()
    return said


def test_new_passwords_are_long_in_no_dictionary_and_new(host: Host) -> None:
    assert "shorter than 15" in passwd(host, "Sh0rt-1")
    assert "dictionary" in passwd(host, "characteristically")
    assert "updated successfully" in passwd(host, NEW)
    host.run(f"printf 'anna:{OLD}' | chpasswd")
    assert "already used" in passwd(host, NEW)


def test_an_empty_password_opens_nothing(host: Host) -> None:
    assert host.run("getent shadow ben").stdout.startswith("ben:*:")
    assert host.run("stat -c %a:%U:%G /etc/shadow").stdout == "640:root:shadow\n"


def test_nothing_speaks_in_the_clear(host: Host) -> None:
    listening = host.run("ss -Htulpn").stdout
    assert "tftpd" not in listening and "inetd" not in listening
    assert "vsftpd" in listening and "snmpd" in listening
    said = host.run("cat /etc/snmp/snmpd.conf").stdout
    assert said == "#rocommunity planted-secret\nrouser monitoring priv\n"


def test_the_community_is_nowhere_in_what_was_shown(runs: list[Played]) -> None:
    for played in runs:
        assert "planted-secret" not in played.output
        for path in Path(played.reports).rglob("*"):
            assert not path.is_file() or "planted-secret" not in path.read_text("utf-8", "replace"), path
