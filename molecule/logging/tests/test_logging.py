# SPDX-License-Identifier: GPL-3.0-or-later
"""sshd writes down which key opened a session."""

from __future__ import annotations

from typing import Any


def test_sshd_says_which_key_was_used(host: Any) -> None:
    assert "loglevel VERBOSE" in host.check_output("sshd -T").splitlines()


def test_the_login_of_this_test_is_in_the_journal(host: Any) -> None:
    assert "Accepted publickey for ansible" in host.check_output("journalctl -q --no-pager -o cat")
    assert "Accepted key ED25519 SHA256:" in host.check_output("journalctl -q --no-pager -o cat")
