# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit of a customer who signs: what is edited after signing is told, and accepts nothing. No host is asked."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.dumping import dumped
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.example import example

from tests.integration.fleet import Played, play
from tests.unit.enforce.login_host import state
from tests.unit.signing.keys import KIM, make, sign

CONTROL, CONTRACT = "lin-ic-ssh-no-root", "ev-contract"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with an inventory, its group_vars, records, recorded states and the customer's key."""
    for name in ("group_vars", "evidence", "states"):
        (tmp_path / name).mkdir()
    today = date.today()
    waiver = {
        "control": CONTROL, "kind": "risk_accepted", "owner": "Kim", "reason": "the console is broken",
        "approved_by": {"name": "Ann", "party": "customer", "on": (today - timedelta(days=1)).isoformat()},
        "expires": (today + timedelta(days=9)).isoformat(),
    }  # fmt: skip
    declared = {
        "bulwark_customer": "acme", "bulwark_waivers": [waiver],
        "bulwark_evidence_dir": "{{ inventory_dir }}/evidence", "bulwark_state_dir": "{{ inventory_dir }}/states",
        "bulwark_record_signers": "{{ inventory_dir }}/keys/allowed_signers",
        "bulwark_signed_files": ["{{ inventory_dir }}/group_vars/acme.yml"],
        "bulwark_controls": [CONTROL, CONTRACT],
    }  # fmt: skip
    (tmp_path / "group_vars/acme.yml").write_text(yaml.safe_dump(declared), "utf-8")
    (tmp_path / "hosts.yml").write_text(json.dumps({"acme": {"hosts": {"acme-web": {}}}}), "utf-8")
    (tmp_path / "evidence" / (CONTRACT + ".yml")).write_text(dumped(example(CONTRACT)), "utf-8")
    read = {
        "schema": "bulwark/host-state/1", "collected_at": "2026-11-22T02:00:00Z", "seconds": 0.1, "areas": state(),
        "errors": [],
    }  # fmt: skip
    (tmp_path / "states/acme-web.json").write_text(json.dumps(read), "utf-8")
    make(tmp_path / "keys", KIM)
    return tmp_path


def audited(folder: Path) -> Played:
    played = play("audit", folder / "hosts.yml", folder / "reports", directory=folder)
    assert played.rc == 0, played.output
    return played


def test_what_is_edited_after_signing_is_told_and_accepts_nothing(folder: Path) -> None:
    files = [folder / "group_vars/acme.yml", folder / "evidence" / (CONTRACT + ".yml")]
    for file in files:
        sign(folder / "keys" / KIM, file)
    played = audited(folder)
    (waived,) = played.host("acme-web", "acme")["findings"]
    (contract,) = played.document("customers/acme.json")["findings"]
    assert (waived["status"], waived["waiver"]["signature"]["signer"]) == ("waived", KIM)
    assert contract["signature"]["state"] == "customer"
    for file in files:
        file.write_text(file.read_text("utf-8") + "# edited\n", "utf-8")
    played = audited(folder)
    (failing,) = played.host("acme-web", "acme")["findings"]
    (contract,) = played.document("customers/acme.json")["findings"]
    told = f"The waiver of Kim is refused: {files[0]}: the file was changed after it was signed."
    assert (failing["status"], failing["reason"]) == ("fail", told)
    assert (contract["status"], contract["signature"]["state"]) == ("fail", "altered")
    assert "signature: the file was changed after it was signed" in contract["actual"]
    report = (played.reports / "latest/report.md").read_text("utf-8")
    assert "altered: the file was changed after it was signed" in report
    hardened = play("harden", folder / "hosts.yml", folder / "reports", "--check", directory=folder)
    document = hardened.document("enforcement/acme/acme-web.json")
    assert document["controls"][CONTROL]["before"] == "fail", hardened.output
