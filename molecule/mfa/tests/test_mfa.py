# SPDX-License-Identifier: GPL-3.0-or-later
"""People are asked for a code after their key, the automation for its key alone, and nobody enrols by himself."""

from __future__ import annotations

from typing import Any

import pytest


def methods(host: Any, account: str) -> str:
    """Return sshd's own view of what an account has to show."""
    lines = host.check_output("sshd -T -C user=%s,host=h,addr=10.0.0.1" % account).splitlines()
    return dict(line.split(" ", 1) for line in lines)["authenticationmethods"]


@pytest.mark.parametrize("account", ["olivia", "nobody"])
def test_people_show_a_key_and_then_a_code(host: Any, account: str) -> None:
    assert methods(host, account) == "publickey,keyboard-interactive:pam"


def test_the_automation_shows_its_key(host: Any) -> None:
    assert methods(host, "ansible") == "publickey"


def test_the_code_is_required_of_everybody(host: Any) -> None:
    lines = host.file("/etc/pam.d/sshd").content_string.splitlines()
    asking = [line.split() for line in lines if line.startswith("auth") and "pam_oath.so" in line]
    assert [words[1] for words in asking] in (["required"], ["requisite"])
    assert "nullok" not in "\n".join(lines)


def test_only_root_has_the_seeds(host: Any) -> None:
    seeds = host.file("/etc/users.oath")
    assert (seeds.user, seeds.mode) == ("root", 0o600)
    assert seeds.contains("olivia")


def test_keys_lie_where_their_owners_cannot_change_them(host: Any) -> None:
    shown = host.check_output("sshd -T -C user=olivia,host=h,addr=10.0.0.1")
    assert "authorizedkeysfile /etc/ssh/" in shown


def test_the_automation_key_opens_from_its_addresses_only(host: Any) -> None:
    shown = host.check_output("sshd -T -C user=ansible,host=h,addr=10.0.0.1").splitlines()
    (line,) = [line for line in shown if line.startswith("authorizedkeysfile ")]
    options = host.file(line.split()[1].replace("%u", "ansible")).content_string
    assert 'from="' in options
    assert "restrict" in options
