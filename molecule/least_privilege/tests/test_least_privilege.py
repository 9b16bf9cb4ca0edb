# SPDX-License-Identifier: GPL-3.0-or-later
"""The provider's person does what the scope says, only administrators use su, and hashes are root's again."""

from __future__ import annotations

from typing import Any

import pytest


def test_the_provider_may_run_what_its_scope_says(host: Any) -> None:
    assert host.run("sudo -n -u root sudo -l -U kim /usr/bin/systemctl restart nginx").rc == 0
    assert host.run("sudo -n -u root sudo -l -U kim /usr/bin/cat /etc/shadow").rc != 0
    assert host.run("su -s /bin/sh kim -c 'sudo -n /usr/bin/id'").rc != 0


def test_what_the_provider_may_run_has_an_end(host: Any) -> None:
    assert "NOTAFTER=" in host.check_output("cat /etc/sudoers.d/*bulwark*")


def test_no_group_makes_the_provider_root(host: Any) -> None:
    assert "docker" not in host.user("kim").groups
    assert "sudo" in host.user("olivia").groups


def test_only_administrators_use_su(host: Any) -> None:
    switch = "echo wrong | setpriv --reuid=%s --init-groups su -c true root"
    assert "Permission denied" in host.run(switch % "kim").stderr
    assert "Authentication failure" in host.run(switch % "olivia").stderr


def test_sshd_lets_in_whom_the_register_names(host: Any) -> None:
    lines = host.check_output("sshd -T -C user=kim,host=h,addr=10.0.0.1").splitlines()
    assert {line.split()[1] for line in lines if line.startswith("allowusers ")} == {"ansible", "job", "kim", "olivia"}


@pytest.mark.parametrize(("path", "widest"), [("/etc/shadow", 0o640), ("/home/olivia", 0o750)])
def test_modes_are_tight(host: Any, path: str, widest: int) -> None:
    assert host.file(path).mode & ~widest == 0


def test_a_job_comes_from_where_it_runs_and_has_no_password(host: Any) -> None:
    keys = host.file("/home/job/.ssh/authorized_keys")
    assert keys.content_string.startswith('from="192.0.2.0/24"')
    assert host.check_output("passwd --status job").split()[1] == "L"
