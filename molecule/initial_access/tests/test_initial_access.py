# SPDX-License-Identifier: GPL-3.0-or-later
"""sshd as it runs now, PAM's lockout, the ban of addresses, and nobody at the telnet port."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def sshd(host: Any) -> dict[str, str]:
    """sshd's own view of its configuration."""
    lines = host.check_output("sshd -T -C user=root,host=h,addr=192.0.2.1").splitlines()
    return dict(line.split(" ", 1) for line in lines)


def test_root_and_passwords_stay_out(sshd: dict[str, str]) -> None:
    assert sshd["permitrootlogin"] == "no"
    assert sshd["passwordauthentication"] == "no"


def test_there_are_few_tries_in_little_time(sshd: dict[str, str]) -> None:
    assert int(sshd["maxauthtries"]) <= 4
    assert 0 < int(sshd["logingracetime"]) <= 60


def test_no_weak_algorithm_is_offered(sshd: dict[str, str]) -> None:
    assert "cbc" not in sshd["ciphers"]
    assert "ssh-rsa" not in sshd["hostkeyalgorithms"].split(",")


def test_an_account_locks_after_a_few_failures(host: Any) -> None:
    # Three, where nothing else is said.
    assert not host.file("/etc/security/faillock.conf").contains(r"^deny\s*=\s*\([06-9]\|[1-9][0-9]\)")
    assert host.file("/etc/pam.d/common-auth").contains(r"pam_faillock\.so.*authfail")


def test_an_address_is_shut_out_after_a_few_failures(host: Any, sshd: dict[str, str]) -> None:
    assert host.service("fail2ban").is_running or sshd.get("persourcepenalties", "no") != "no"


def test_nobody_answers_telnet(host: Any) -> None:
    assert not host.socket("tcp://23").is_listening
    assert host.socket("tcp://22").is_listening
