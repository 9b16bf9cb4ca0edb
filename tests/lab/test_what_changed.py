# SPDX-License-Identifier: GPL-3.0-or-later
"""Two audits of the lab, two days and known changes apart: the report tells each change for what it is.

These tests change the lab's hosts, so that they come after test_verdicts.py.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.integration.fleet import ROOT, Played, play
from tests.lab import lab

DROP_IN = "/etc/ssh/sshd_config.d/00-00-changed.conf"
#: Host -> what happens to it between the audits.
BETWEEN = {
    "acme-web": f"echo 'LogLevel INFO' >{DROP_IN}; systemctl reload ssh",
    "globex-backup": f"echo 'LogLevel VERBOSE' >{DROP_IN}; systemctl reload ssh",
    "acme-db": f"echo 'PermitRootLogn no' >{DROP_IN}",
}
LOG = "lin-lm-ssh-verbose"
#: Python runs this first wherever it finds it: the controller's clock is then two days behind.
BEHIND = """
import datetime, time_machine
time_machine.travel(datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=2), tick=True).start()
"""
#: What of globex may not stand in anything of acme's.
GLOBEX = ["globex", "172.31.250.33", "172.31.250.34", "172.31.250.35", "Tom"]


@pytest.fixture(scope="module")
def changed(audited: Played, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The second of two audits: of a controller whose clock was two days behind, and of today's."""
    assert audited.rc == 0
    folder = tmp_path_factory.mktemp("changed")
    inventory, reports = folder / "lab", folder / "reports"
    shutil.copytree(lab.INVENTORY, inventory)
    acme = inventory / "group_vars" / "acme.yml"
    text = acme.read_text(encoding="utf-8")
    holds = 'expires: "{{ lab_dates.in_a_month }}"'
    assert text.count(holds) == 1
    acme.write_text(text.replace(holds, 'expires: "{{ lab_dates.yesterday }}"'), encoding="utf-8")
    (folder / "sitecustomize.py").write_text(BEHIND, encoding="utf-8")
    before = play("audit", inventory, reports, environment={"PYTHONPATH": str(folder)})
    assert before.rc == 0, before.output
    hosts = {host.name: host for host in lab.fleet()}
    for name, script in BETWEEN.items():
        hosts[name].run(script)
    take_out(inventory, "globex-db")
    return play("audit", inventory, reports, "-e", "bulwark_ssh_max_auth_tries=6")


def take_out(inventory: Path, host: str) -> None:
    """Remove a host from the inventory, and leave it in the lists of others."""
    path = inventory / "hosts.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(rf"^ +{host}:\n", "", text, flags=re.MULTILINE), encoding="utf-8")
    path = inventory / "generated.json"
    generated = json.loads(path.read_text(encoding="utf-8"))
    del generated["all"]["children"]["linux"]["hosts"][host]
    path.write_text(json.dumps(generated), encoding="utf-8")


def kinds(delta: dict[str, Any], host: str) -> dict[str, str]:
    """Return {control: kind of change} of a host."""
    return {
        change["control"]: kind for kind, changes in delta["changes"].items() for change in changes
        if change["host"] == host
    }  # fmt: skip


def test_each_change_is_told_for_what_it_is(changed: Played) -> None:
    assert changed.rc == 0, changed.output
    delta = changed.document("delta.json")
    schema = json.loads((ROOT / "docs/schemas/delta.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(delta)
    assert kinds(delta, "acme-web")[LOG] == "new"
    assert kinds(delta, "globex-backup")[LOG] == "fixed"
    assert kinds(delta, "globex-web")[LOG] == "still_open"
    assert kinds(delta, "acme-db")[LOG] == "newly_unknown"
    assert kinds(delta, "acme-backup")["lin-ns-ssh-forwarding"] == "waiver_expired"
    still_open = {
        change["control"]: change for change in delta["changes"]["still_open"] if change["host"] == "globex-web"
    }
    assert still_open[LOG]["days"] == 2


def test_a_pass_that_can_no_longer_be_seen_is_neither_fixed_nor_silent(changed: Played) -> None:
    was_passing = kinds(changed.document("delta.json"), "acme-db")["lin-ic-ssh-no-root"]
    assert was_passing == "newly_unknown"
    assert "lin-ic-ssh-no-root" in page(changed, "customers/acme.html")


def test_a_loosened_threshold_is_policy_drift(changed: Played) -> None:
    assert "bulwark_ssh_max_auth_tries" in page(changed, "report.html")
    for customer in ("acme", "globex"):
        assert "bulwark_ssh_max_auth_tries" in page(changed, f"customers/{customer}.html")


def test_a_host_taken_out_of_the_inventory_stands_in_the_first_line(changed: Played) -> None:
    found = changed.document("customers/globex.json")["findings"]
    # With the clone gone, what is left is the missing host, and the key that opens Acme too.
    failing = {finding["control"] for finding in found if finding["status"] == "fail"}
    assert failing == {"lin-oa-inventory", "lin-ns-key-reuse"}
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page(changed, "report.html"), flags=re.DOTALL)
    first = re.search(r"\d+ of \d+ known hosts seen.*Microsoft 365", text)
    assert first
    assert "globex-db" in first[0]


def test_no_customers_output_holds_a_byte_of_another(changed: Played) -> None:
    latest = changed.reports / "latest"
    own = [*latest.glob("customers/acme*"), *latest.glob("customers/acme/*"), *latest.glob("hosts/acme/*")]
    files = [path for path in own if path.is_file()]
    assert {path.suffix for path in files} >= {".json", ".html"}
    fingerprints = {
        finding["fingerprint"] for path in latest.glob("hosts/globex/*")
        for finding in json.loads(path.read_text(encoding="utf-8"))["findings"]
    }  # fmt: skip
    assert fingerprints
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert [word for word in (*GLOBEX, *fingerprints) if word in text] == [], path.name


def test_a_second_rendering_is_the_same_to_the_byte(changed: Played) -> None:
    before = pictured(changed.reports / "latest")
    assert play("report", lab.INVENTORY, changed.reports).rc == 0
    assert pictured(changed.reports / "latest") == before


def test_verify_finds_nothing_and_then_the_file_that_was_changed(changed: Played) -> None:
    asked = ("-e", "bulwark_verify=true")
    assert play("report", lab.INVENTORY, changed.reports, *asked).rc == 0
    (path,) = (changed.reports / "latest").glob("hosts/acme/acme-web.json")
    path.write_text(path.read_text(encoding="utf-8").replace('"fail"', '"pass"', 1), encoding="utf-8")
    played = play("report", lab.INVENTORY, changed.reports, *asked)
    assert played.rc != 0
    assert "hosts/acme/acme-web.json" in played.output


def page(played: Played, name: str) -> str:
    return (played.reports / "latest" / name).read_text(encoding="utf-8")


def pictured(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder.resolve())): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.resolve().rglob("*")) if path.is_file()
    }  # fmt: skip
