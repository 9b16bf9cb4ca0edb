# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions take from Ansible: plain values, platforms, patterns, and time that ends."""

from __future__ import annotations

import subprocess
import time
from datetime import date, datetime
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible_collections.bulwark.msp.plugins.plugin_utils.results import ResultsError
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs import playtime
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.timelimit import OutOfTime, time_limit


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({"a": (1, {2}), "b": [None, True, 1.5]}, {"a": [1, [2]], "b": [None, True, 1.5]}),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4), "2026-01-02T03:04:00"),
        ({True: 1, date(2026, 1, 2): 2, 3: 4}, {"true": 1, "2026-01-02": 2, "3": 4}),
    ],
)
def test_values_become_plain(value: Any, plain: Any) -> None:
    assert playtime.plain(value) == plain


@pytest.mark.parametrize(
    ("variables", "platform"),
    [
        ({}, None),
        ({"ansible_connection": "ssh"}, None),
        ({"ansible_connection": "ansible.builtin.winrm"}, "Windows"),
        ({"ansible_connection": "psrp"}, "Windows"),
        ({"ansible_connection": "ssh", "ansible_shell_type": "powershell"}, "Windows"),
        ({"ansible_connection": "ansible.netcommon.network_cli"}, "network device"),
        ({"ansible_network_os": "cisco.ios.ios"}, "network device"),
    ],
)
def test_platforms_without_a_linux_reader(variables: dict[str, str], platform: str | None) -> None:
    assert playtime.other_platform(variables) == platform


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [
        ("web1", True),
        ("acme", True),
        ("web*", True),
        ("acme:!web1", False),
        ("acme:&db", False),
        ("~web\\d", True),
        ("nobody", False),
    ],
)
def test_patterns_cover_hosts_of_the_whole_inventory(pattern: str, covered: bool) -> None:
    hosts_of = playtime.host_patterns(DataLoader(), {"all": ["web1", "db1"], "acme": ["web1", "db1"], "db": ["db1"]})
    assert ("web1" in hosts_of(pattern)) is covered


def test_under_awx_the_results_need_a_place() -> None:
    policy = {"bulwark_report_dir": "reports"}
    with pytest.raises(ResultsError, match="bulwark_report_dir: under AWX"):
        playtime.report_folder(policy, {"awx_job_id": 7})
    assert playtime.report_folder(policy, {"awx_job_id": 7, "bulwark_report_dir": "x"}).is_absolute()


class TestTimeLimit:
    def test_a_retry_can_not_swallow_it(self) -> None:
        begun = time.monotonic()
        with pytest.raises(OutOfTime), time_limit(0.2):
            for _ in range(3):
                try:
                    time.sleep(30)
                except Exception:
                    continue
        assert time.monotonic() - begun < 5

    def test_what_was_started_is_ended(self) -> None:
        with pytest.raises(OutOfTime), time_limit(0.2):
            child = subprocess.Popen(["sleep", "60"])
            child.wait()
        assert child.wait(5) == -15

    def test_in_time_nothing_happens(self) -> None:
        with time_limit(0.2):
            child = subprocess.Popen(["sleep", "0.6"])
        assert child.wait() == 0
