# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on hosts keeps to Python 3.9: on a real Debian 11 all of it compiles, and every reader answers an audit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.integration.fleet import Played, inventory, play
from tests.lab.engine import Host, Lab

ON_HOSTS = [
    *sorted((ROOT / "plugins" / "module_utils").rglob("*.py")),
    *(ROOT / "plugins" / "modules" / name for name in ("linux_state_info.py", "safeguard.py")),
]
#: The bare image has no firewall program, so that on a kernel with nf_tables the rules can't be known.
NO_PROGRAM = "neither nft nor iptables is there to list the kernel's firewall rules"


@pytest.fixture(scope="module")
def lab() -> Lab:
    return Lab("python39")


@pytest.fixture(scope="module")
def host(lab: Lab) -> Iterator[Host]:
    started = lab.start("old", "bullseye", bare=True)
    started.put("/root/.ssh/authorized_keys", lab.public_key(), 0o600)
    lab.wait_ssh([started])
    yield started
    lab.stop([started])


@pytest.fixture(scope="module")
def audited(lab: Lab, host: Host, tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder: Path = tmp_path_factory.mktemp("python39")
    hosts = inventory(folder / "hosts.json", lab, [host], {"ansible_user": "root"})
    return play("audit", hosts, folder / "reports")


def test_it_is_python_3_9(host: Host) -> None:
    assert host.run("python3 --version").stdout.startswith("Python 3.9.")


def test_all_of_it_compiles(host: Host) -> None:
    for path in ON_HOSTS:
        host.put(f"/root/plugins/{path.relative_to(ROOT)}", path.read_text("utf-8"))
    host.run("python3 -W error -m compileall -q /root/plugins")


def test_every_reader_answers(audited: Played) -> None:
    assert audited.rc == 0, audited.output
    result = audited.host("old")
    assert result["platform"] == {"system": "Debian GNU/Linux 11 (bullseye)", "family": "debian", "version": "11"}
    assert {error["reason"] for error in result["errors"]} <= {NO_PROGRAM}


def test_no_judge_breaks(audited: Played) -> None:
    assert not [finding for finding in audited.host("old")["findings"] if "failed" in finding["reason"]]
