# SPDX-License-Identifier: GPL-3.0-or-later
"""Onboarding a host on which somebody has been before: the draft holds what is theirs, and blesses none of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader

from tests.integration.fleet import Played, inventory, play
from tests.lab.engine import Host, Lab, free_port
from tests.lab.needed import NEEDS_CONTAINERS

CUSTOMER = "acme-west"
#: A key of somebody's on an ordinary account, a second root, and a name that is a template to whoever loads it.
PLANTED = """
useradd --create-home --shell /bin/bash anna
ssh-keygen -q -t ed25519 -N '' -C 'S3CRET-comment' -f /root/anna
ssh-keygen -q -t ed25519 -N '' -C 'S3CRET-comment' -f /root/intruder
install -d -o anna -g anna -m 0700 /home/anna/.ssh
cat /root/anna.pub /root/intruder.pub | install -o anna -g anna -m 0600 /dev/stdin /home/anna/.ssh/authorized_keys
echo 'sync2:x:0:0:S3CRET-gecos:/root:/bin/bash' >>/etc/passwd
echo 'sync2:*:19000:0:99999:7:::' >>/etc/shadow
echo '{{7*7}}:x:1999:1999::/tmp:/bin/bash' >>/etc/passwd
echo '{{7*7}}::19000:0:99999:7:::' >>/etc/shadow
systemctl enable -q --now nginx
"""
PROPOSALS = "host_vars/west/proposed.yml"

pytestmark = NEEDS_CONTAINERS


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab("onboard", tmp_path_factory.mktemp("lab"))
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def hosts(lab: Lab) -> list[Host]:
    made = [Host(name, f"onboard-{name}", "bookworm", free_port()) for name in ("west", "east")]
    lab.restore(made)
    lab.wait_ssh(made)
    made[0].run(PLANTED)
    return made


@pytest.fixture(scope="module")
def listed(lab: Lab, hosts: list[Host], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inventory")
    return inventory(folder / "hosts.json", lab, hosts, {"bulwark_customer": CUSTOMER})


@pytest.fixture(scope="module")
def onboarded(listed: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("onboard")
    return play("onboard", listed, folder / "reports", "-e", f"bulwark_draft_dir={folder}/drafts")


@pytest.fixture(scope="module")
def draft(onboarded: Played) -> Path:
    (found,) = onboarded.reports.parent.glob(f"drafts/{CUSTOMER}/*")
    return found


@pytest.fixture(scope="module")
def proposals(draft: Path) -> dict[str, Any]:
    """What a person reads, as Ansible reads it."""
    loaded: dict[str, Any] = DataLoader().load_from_file(str(draft / PROPOSALS))
    return json.loads(json.dumps(loaded, default=str))  # type: ignore[no-any-return]


def fingerprint(host: Host, name: str) -> str:
    return host.run(f"ssh-keygen -lf /root/{name}.pub").stdout.split()[1]


def test_it_succeeds_and_says_where_the_draft_lies(onboarded: Played, draft: Path) -> None:
    assert onboarded.rc == 0, onboarded.output
    assert f"A draft to be read and approved lies in {draft}" in onboarded.output
    assert {path.stat().st_mode & 0o777 for path in draft.rglob("*") if path.is_file()} == {0o600}


def test_it_holds_what_the_intruder_left(hosts: list[Host], proposals: dict[str, Any]) -> None:
    accounts = {entry["name"]: entry for entry in proposals["bulwark_accounts_west"]}
    keys = {key["fingerprint"] for key in accounts["anna"]["keys"]}
    assert keys == {fingerprint(hosts[0], "anna"), fingerprint(hosts[0], "intruder")}
    assert accounts["sync2"]["admin"] is True
    assert {entry["port"] for entry in proposals["bulwark_listeners_west"]} >= {80}


def test_every_entry_is_a_proposal(draft: Path) -> None:
    files = list(draft.rglob("proposed.yml"))
    assert {path.parent.name for path in files} == {"west", "acme_west"}
    for path in files:
        for entries in DataLoader().load_from_file(str(path)).values():
            assert {entry["status"] for entry in entries} == {"proposed"}


def test_what_both_hosts_have_stands_once(draft: Path) -> None:
    common = yaml.safe_load((draft / "group_vars/acme_west/proposed.yml").read_text(encoding="utf-8"))
    assert [entry["port"] for entry in common["bulwark_listeners_acme_west"]] == [22]
    assert "port: 22" not in (draft / PROPOSALS).read_text(encoding="utf-8")


def test_nothing_of_a_host_is_a_template_or_a_secret(draft: Path) -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in draft.rglob("*") if path.is_file())
    assert "!unsafe '{{7*7}}'" in texts
    assert "S3CRET" not in texts


@pytest.fixture(scope="module")
def audited(listed: Path, draft: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play("audit", listed, tmp_path_factory.mktemp("audit"), "-i", str(draft / "hosts.yml"))


@pytest.mark.parametrize(
    ("control", "named"),
    [("lin-lp-uid0", "sync2"), ("lin-oa-msp-unregistered", "anna"), ("lin-aa-password-policy", "{{7*7}}")],
)
def test_an_audit_with_the_draft_still_fails_them(audited: Played, control: str, named: str) -> None:
    assert audited.rc == 0, audited.output
    findings = {finding["control"]: finding for finding in audited.host("west", CUSTOMER)["findings"]}
    assert findings[control]["status"] == "fail"
    assert any(named in line for line in findings[control]["actual"]), findings[control]["actual"]


def test_an_approval_needs_a_name_and_a_day(listed: Path, draft: Path, tmp_path: Path) -> None:
    copy = tmp_path / "draft"
    shutil.copytree(draft, copy)
    edited = copy / PROPOSALS
    edited.write_text(edited.read_text(encoding="utf-8").replace("proposed", "approved"), encoding="utf-8")
    refused = play("audit", listed, tmp_path / "reports", "-i", str(copy / "hosts.yml"))
    assert refused.rc != 0
    assert "bulwark_accounts_west[0].approved_by: is missing; say who approved it" in refused.output
    assert "bulwark_accounts_west[0].approved_on: is missing; say the day of the approval" in refused.output
