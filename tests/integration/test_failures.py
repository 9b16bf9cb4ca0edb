# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that fail in every way they can, all in one run: each leaves a result with the reason, and the rest is done."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.integration.fleet import ROOT, Played, inventory, play
from tests.integration.listener import silent_listener
from tests.lab.engine import Host, Lab, each, free_port
from tests.lab.needed import NEEDS_CONTAINERS

HOSTILE = ["a/../../b", "{{ 7*7 }}", "<b>x</b>"]
PASSWORDS = """
echo 'ansible ALL=(ALL) ALL' >/etc/sudoers.d/zz-ask
rm -f /etc/sudoers.d/ansible /etc/sudoers.d/[!z]*
echo 'ansible:right' | chpasswd
"""
INTERPRETERS = r"""
printf '#!/bin/sh\nkill -9 $$\n' >/usr/local/bin/killed
printf '#!/bin/sh\nexec sleep 613\n' >/usr/local/bin/hangs
printf '#!/bin/sh\ncat >/dev/null; printf "\\033]0;owned\\007 no module today" >&2; exit 3\n' >/usr/local/bin/breaks
chmod 0755 /usr/local/bin/*
"""

pytestmark = NEEDS_CONTAINERS


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Host, Host]]:
    made = Lab("failures", tmp_path_factory.mktemp("lab"))
    hosts = [
        Host("good", "failures-good", "bookworm", free_port()),
        Host("asks", "failures-asks", "bookworm", free_port()),
    ]
    try:
        made.restore(hosts)
        made.wait_ssh(hosts)
        each(lambda host: host.run(INTERPRETERS + (PASSWORDS if host.name == "asks" else "")), hosts)
        made.write_known_hosts(hosts)
        yield made, hosts[0], hosts[1]
    finally:
        made.stop(hosts)


@pytest.fixture(scope="module")
def fleet(lab: tuple[Lab, Host, Host], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An inventory of two real hosts under many names, each of which fails in a way of its own."""
    folder = tmp_path_factory.mktemp("fleet")
    made, good, asks = lab
    path = inventory(folder / "hosts.json", made, [good, asks], {"bulwark_customer": "acme"})
    document = json.loads(path.read_text("utf-8"))
    with silent_listener() as listener:
        short = {"ansible_ssh_extra_args": "-o ConnectTimeout=3", "ansible_ssh_timeout": 3}
        names: dict[str, dict[str, Any]] = {
            "good": {"ansible_port": good.port},
            "no-password": {"ansible_port": asks.port},
            "wrong-password": {"ansible_port": asks.port, "ansible_become_password": "wrong"},
            "right-password": {"ansible_port": asks.port, "ansible_become_password": "right"},
            "killed": {"ansible_port": good.port, "ansible_python_interpreter": "/usr/local/bin/killed"},
            "hangs": {
                "ansible_port": good.port,
                "ansible_python_interpreter": "/usr/local/bin/hangs",
                "bulwark_read_seconds": 1,
            },
            "breaks": {"ansible_port": good.port, "ansible_python_interpreter": "/usr/local/bin/breaks"},
            "silent": {"ansible_port": listener.port, **short},
            "refused": {"ansible_port": free_port(), **short},
            "windows": {"ansible_connection": "winrm", "ansible_port": listener.port},
            "switch": {"ansible_connection": "ansible.netcommon.network_cli", "ansible_network_os": "cisco.ios.ios"},
            **{name: {"ansible_port": good.port} for name in HOSTILE},
        }
        document["all"]["hosts"] = names
        path.write_text(json.dumps(document), "utf-8")
        yield path


@pytest.fixture(scope="module")
def audited(fleet: Path) -> Played:
    return play("audit", fleet, fleet.parent / "reports")


def results(played: Played) -> dict[str, dict[str, Any]]:
    files = (played.reports / "latest" / "hosts").glob("*/*.json")
    documents = [json.loads(file.read_text("utf-8")) for file in files]
    return {document["host"]: document for document in documents}


def statuses(document: dict[str, Any]) -> set[str]:
    return {finding["status"] for finding in document["findings"]}


def message(played: Played) -> list[str]:
    """The lines of the failing report's message."""
    (line,) = (line for line in played.output.splitlines() if re.match(r"fatal: \[.*\]: FAILED! => \{", line))
    said: str = json.loads(line.partition(" => ")[2])["msg"]
    return said.split("\n")


class TestOneRun:
    def test_every_host_has_a_valid_result(self, audited: Played) -> None:
        validator = jsonschema.Draft202012Validator(
            json.loads((ROOT / "docs/schemas/host-result.json").read_text("utf-8"))
        )
        found = results(audited)
        assert len(found) == 11 + len(HOSTILE)
        for document in found.values():
            validator.validate(document)
            assert {finding["control"] for finding in document["findings"]} == {
                finding["control"] for finding in found["good"]["findings"]
            }

    def test_the_rest_of_the_fleet_is_done(self, audited: Played) -> None:
        for name in ("good", "right-password", *HOSTILE):
            assert results(audited)[name]["errors"] == [], name
            assert statuses(results(audited)[name]) - {"unknown"}, name

    @pytest.mark.parametrize(
        ("host", "reason"),
        [
            ("silent", r"unreachable: .*"),
            ("refused", r"unreachable: .*: Connection refused"),
            ("hangs", r"unreachable: no answer within 31 seconds"),
            ("killed", r"the reader was killed on the host \(exit status 137\)"),
            ("breaks", r"\\x1b\]0;owned\\x07 no module today.*"),
            ("windows", r"no judge for this platform yet \(Windows\)"),
            ("switch", r"no judge for this platform yet \(network device\)"),
        ],
    )
    def test_a_host_that_was_not_read_is_unknown_for_every_control(
        self, host: str, reason: str, audited: Played
    ) -> None:
        document = results(audited)[host]
        assert statuses(document) == {"unknown"}
        assert {finding["reason"] for finding in document["findings"]} == {document["errors"][0]["reason"]}
        assert re.fullmatch(reason, document["errors"][0]["reason"])

    @pytest.mark.parametrize("host", ["no-password", "wrong-password"])
    def test_without_root_what_needs_it_is_unknown_and_the_rest_is_judged(self, host: str, audited: Played) -> None:
        document = results(audited)[host]
        assert document["identity"]["account"] == "ansible"
        reason = document["errors"][0]["reason"]
        assert re.match(r"not read as root \(.*(password|sudo).*\), only without", reason), reason
        assert "unknown" in statuses(document)
        assert statuses(document) - {"unknown"}
        assert all(finding["reason"] for finding in document["findings"] if finding["status"] == "unknown")

    def test_it_ends_non_zero_with_a_line_for_each_host_that_was_not_fully_read(self, audited: Played) -> None:
        assert audited.rc == 2, audited.output
        lines = message(audited)
        named = {line.split(": ")[0] for line in lines}
        assert named == {"no-password", "wrong-password", "killed", "hangs", "breaks", "silent", "refused"}
        assert lines == audited.document("run.json")["reasons"]

    def test_coverage(self, audited: Played) -> None:
        coverage = audited.document("run.json")["coverage"]
        assert coverage == {
            "targeted": 11 + len(HOSTILE),
            "read": 4 + len(HOSTILE),
            "unread": ["breaks", "hangs", "killed", "refused", "silent"],
            "other_platform": ["switch", "windows"],
            "not_reached": [],
        }

    def test_hostile_names_stay_inside_and_inert(self, audited: Played) -> None:
        folder = (audited.reports / "latest").resolve()
        files = {path.name for path in (folder / "hosts/acme").iterdir()}
        assert {"a%2F..%2F..%2Fb.json", "%7B%7B%207%2A7%20%7D%7D.json", "%3Cb%3Ex%3C%2Fb%3E.json"} <= files
        page = (folder / "report.md").read_text("utf-8")
        assert "## {{ 7\\*7 }}" in page
        assert "<b>" not in page

    def test_nothing_a_host_says_drives_the_terminal(self, audited: Played) -> None:
        assert "\x1b]0;owned" not in audited.output

    def test_no_ssh_of_the_host_that_hangs_is_left(self, audited: Played, lab: tuple[Lab, Host, Host]) -> None:
        left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        assert not [line for line in left.splitlines() if "/usr/local/bin/hangs" in line and "ssh" in line]


def test_the_host_does_not_log_whom_it_was_asked_about(
    fleet: Path, lab: tuple[Lab, Host, Host], tmp_path: Path
) -> None:
    accounts = [{"name": "registered-eve", "kind": "person", "party": "customer"}]
    (tmp_path / "accounts.json").write_text(json.dumps({"bulwark_accounts": accounts}), "utf-8")
    played = only(fleet, tmp_path, "-l", "good", "-vvvv", "-e", f"@{tmp_path}/accounts.json")
    assert played.rc == 0, played.output
    assert "registered-eve" not in played.output
    assert "registered-eve" not in lab[1].run("journalctl --no-pager").stdout


def only(fleet: Path, tmp_path: Path, *arguments: str, **more: Any) -> Played:
    return play("audit", fleet, tmp_path / "reports", *arguments, **more)


def test_without_escalation_by_choice_it_ends_well(fleet: Path, tmp_path: Path) -> None:
    played = only(fleet, tmp_path, "-l", "no-password", "-e", "bulwark_become=false")
    assert played.rc == 0, played.output
    document = results(played)["no-password"]
    assert (document["errors"], document["identity"]["account"]) != ([], "ansible")
    assert not [error for error in document["errors"] if error["area"] is None]


def test_every_host_down(fleet: Path, tmp_path: Path) -> None:
    played = only(fleet, tmp_path, "-l", "refused,silent")
    assert played.rc == 2
    assert played.document("run.json")["coverage"]["unread"] == ["refused", "silent"]
    assert "latest" in os.listdir(tmp_path / "reports")


def test_unreachable_hosts_may_be_allowed(fleet: Path, tmp_path: Path) -> None:
    played = only(fleet, tmp_path, "-l", "refused", "-e", "bulwark_fail_on_unreachable=false")
    assert played.rc == 0, played.output
    assert played.document("run.json")["coverage"]["unread"] == ["refused"]


def test_with_a_fact_cache_a_limit_and_no_injected_facts(fleet: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    environment = {
        "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(cache),
        "ANSIBLE_INJECT_FACT_VARS": "False",
    }
    played = only(fleet, tmp_path, "-l", "good", environment=environment)
    assert played.rc == 0, played.output
    assert [target["host"] for target in played.document("run.json")["targeted"]] == ["good"]
    assert not [path for path in cache.rglob("*") if path.is_file() and "bulwark" in path.read_text("utf-8")]


def test_results_that_can_not_be_written_stop_it_before_anything(fleet: Path, tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file", "utf-8")
    played = only(fleet, tmp_path, "-l", "good")
    assert played.rc == 2
    assert "set bulwark_report_dir to a folder that can be written" in played.output
    assert "Read and judge the host" not in played.output


def test_under_awx_results_need_a_place_and_the_log_holds_counts_only(fleet: Path, tmp_path: Path) -> None:
    binary = Path(sys.executable).with_name("ansible-playbook")
    command = [str(binary), "bulwark.msp.audit", "-i", str(fleet), "-l", "good", "-e", "awx_job_id=7"]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "bulwark_report_dir: under AWX nothing in the job's container is kept" in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []
    played = only(fleet, tmp_path, "-l", "good", "-e", "awx_job_id=7", "-v")
    assert "1 of 1 hosts read" in played.output
    assert not re.search(r"\b(lin|win|net)-[a-z]+-", played.output)


def test_a_run_that_died_is_completed_later(fleet: Path, tmp_path: Path) -> None:
    first = only(fleet, tmp_path, "-l", "good,right-password")
    folder = (tmp_path / "reports/latest").resolve()
    (tmp_path / "reports/latest").unlink()
    for name in ("manifest.json", "fleet.json", "report.md", "hosts/acme/good.json"):
        (folder / name).unlink()
    about = json.loads((folder / "run.json").read_text("utf-8"))
    begun = {**about, "state": "running", "ended": None, "coverage": None, "totals": None, "reasons": None}
    (folder / "run.json").write_text(json.dumps(begun), "utf-8")

    assert play("report", fleet, tmp_path / "reports").rc != 0, "there is no complete run yet"
    played = play("report", fleet, tmp_path / "reports", "-e", f"bulwark_report_run={folder.name}")
    assert (first.rc, played.rc) == (0, 2), played.output
    assert message(played) == ["good: the host left no result in this run"]
    document = played.document("run.json")
    assert (document["state"], document["coverage"]["unread"]) == ("complete", ["good"])
    assert statuses(results(played)["good"]) == {"unknown"}
    assert (folder / "manifest.json").exists()
