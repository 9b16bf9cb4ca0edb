# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever is gone is out in every way, whoever is here is in, and what nobody declared doesn't run."""

from __future__ import annotations

import time
from typing import Any

import pytest

GONE = ("dana", "bo", "north-eve")
HERE = ("ansible", "olivia")


@pytest.mark.parametrize("account", GONE)
def test_who_is_gone_has_expired(host: Any, account: str) -> None:
    assert 0 < int(expiry(host, account)) < time.time() // 86400


@pytest.mark.parametrize("account", GONE)
def test_who_is_gone_has_no_key(host: Any, account: str) -> None:
    assert not host.file("/home/%s/.ssh/authorized_keys" % account).exists


def test_who_is_gone_runs_nothing_and_may_nothing(host: Any) -> None:
    assert host.run("pgrep --euid dana").rc == 1
    # What her own file in sudoers.d grants is taken out again by what sudo reads last.
    assert host.run("sudo -l -U dana /usr/bin/id").rc != 0


@pytest.mark.parametrize("account", HERE)
def test_who_is_here_is_as_before(host: Any, account: str) -> None:
    assert expiry(host, account) == ""
    assert host.file("/home/%s/.ssh/authorized_keys" % account).exists


def test_what_nobody_declared_does_not_run(host: Any) -> None:
    service = host.service("old-shop")
    assert not service.is_running
    assert not service.is_enabled


def expiry(host: Any, account: str) -> str:
    """Return the day in /etc/shadow after which the account is nobody's, counted from 1970."""
    line: str = host.check_output("getent shadow %s", account)
    return line.split(":")[7]
