# SPDX-License-Identifier: GPL-3.0-or-later
"""apt and unattended-upgrades go by what was set."""

from __future__ import annotations

from typing import Any


def test_apt_goes_by_it(host: Any) -> None:
    shown = host.check_output("apt-config dump")
    for name in ("Enable", "Update-Package-Lists", "Unattended-Upgrade"):
        assert 'APT::Periodic::%s "1";' % name in shown
    assert 'APT::Get::AllowUnauthenticated "0";' in shown


def test_the_timers_run_from_now_on(host: Any) -> None:
    for name in ("apt-daily.timer", "apt-daily-upgrade.timer"):
        timer = host.service(name)
        assert timer.is_enabled
        assert timer.is_running


def test_unattended_upgrades_would_take_security_updates(host: Any) -> None:
    told = host.run("unattended-upgrade --dry-run --debug")
    origins = next(line for line in told.stdout.splitlines() if line.startswith("Allowed origins are:"))
    assert "label=Debian-Security" in origins


def test_no_source_is_trusted_without_a_signature(host: Any) -> None:
    assert "trusted" not in host.file("/etc/apt/sources.list.d/backports.list").content_string
