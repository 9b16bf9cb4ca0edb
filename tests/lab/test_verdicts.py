# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit of the lab finds what expected.yml says, host by host and control by control."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.integration.fleet import Played
from tests.lab import lab

EXPECTED: dict[str, dict[str, str]] = yaml.safe_load((lab.HERE / "expected.yml").read_text(encoding="utf-8"))
#: What stands across hosts: (customer, control) -> status.
ACROSS = {
    ("acme", "lin-oa-inventory"): "pass",
    ("acme", "lin-ns-key-reuse"): "fail",
    ("acme", "lin-ns-hostkey-reuse"): "unknown",  # one of North's hosts can't be compared
    ("acme", "lin-bk-common-point"): "not_applicable",
    ("globex", "lin-bk-common-point"): "not_applicable",
    ("msp", "lin-bk-common-point"): "not_applicable",
    ("globex", "lin-oa-inventory"): "fail",
    ("globex", "lin-ns-key-reuse"): "fail",
    ("globex", "lin-ns-hostkey-reuse"): "fail",
    ("msp", "lin-oa-inventory"): "pass",
    ("msp", "lin-ns-key-reuse"): "unknown",  # msp-awx, whose sshd can't say where it takes keys from
    ("msp", "lin-ns-hostkey-reuse"): "unknown",
}
#: What was planted: the host or customer, who must find it, and a word of how it is named.
PLANTED = [
    ("acme-db", "lin-oa-dormant", "acme-paulo"),
    ("acme-backup", "lin-oa-leavers", "acme-luis"),
    ("globex-db", "lin-oa-msp-contract-end", "south-amy"),
    ("globex-db", "lin-aa-failed-spike", "203.0.113.77"),
    ("globex-backup", "lin-oa-msp-unregistered", "globex-tom"),
    ("globex-backup", "lin-lp-sudo-unrestricted", "may run ALL"),
    ("globex-backup", "lin-oa-remote-tools", "AnyDesk"),
    ("globex-web", "lin-lp-admin-groups", "docker"),
    ("globex-web", "lin-aa-canary", "globex-tom"),
    ("globex-web", "lin-lm-forward-tls", "in the clear"),
    ("globex-db", "lin-lm-forward-tls", "vouches for"),
    ("globex-backup", "lin-lm-forward-tls", "nothing forwards it"),
    ("globex-backup", "lin-lm-collector-segregated", "globex-tom"),
    ("globex-log", "lin-lm-store-immutable", "chattr +a is missing"),
    ("globex-log", "lin-lm-alert-rules", "nothing tells of"),
    ("globex", "lin-ns-hostkey-reuse", "machine id"),
    ("acme", "lin-ns-key-reuse", "north-ola"),
    ("globex", "lin-ns-key-reuse", "north-ola"),
]
#: These name people for weaknesses of the host.
OF_EVERYBODY = ("lin-aa-session-timeout", "lin-aa-key-hygiene", "lin-ns-ssh-forwarding")
ACCOUNTS = ("least_privilege", "obsolete_accounts", "authentication")
OTHER_PLATFORMS = {"acme-dc": "Windows", "globex-switch": "network device"}


def result(audited: Played, host: str) -> dict[str, Any]:
    return audited.host(host, customer=host.partition("-")[0])


def test_the_audit_succeeds(audited: Played) -> None:
    assert audited.rc == 0, audited.output


@pytest.mark.parametrize("host", EXPECTED)
def test_each_verdict_is_the_expected_one(audited: Played, host: str) -> None:
    findings = {finding["control"]: finding for finding in result(audited, host)["findings"]}
    assert set(findings) == set(EXPECTED[host])
    wrong = [
        f"{control}: expected {EXPECTED[host][control]}, found {finding['status']}: "
        f"{finding['reason']} {'; '.join(finding['actual'])}"
        for control, finding in findings.items()
        if finding["status"] != EXPECTED[host][control]
    ]
    assert not wrong, "\n".join(wrong)


def test_a_waiver_that_holds_and_one_that_is_over_are_told_apart(audited: Played) -> None:
    findings = {finding["control"]: finding for finding in result(audited, "acme-backup")["findings"]}
    assert findings["lin-ns-ssh-forwarding"]["waiver"]["ticket"] == "ACME-1182"
    assert "expired" in findings["lin-ns-ssh-listen"]["reason"]


@pytest.mark.parametrize("host", OTHER_PLATFORMS)
def test_other_platforms_are_named_and_not_connected_to(audited: Played, host: str) -> None:
    found = result(audited, host)
    assert found["platform"]["system"] == OTHER_PLATFORMS[host]
    assert "no judge for this platform yet" in str(found["errors"])


def own(audited: Played, customer: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = audited.document(f"customers/{customer}.json")["findings"]
    return found


def test_what_shows_across_hosts(audited: Played) -> None:
    found = {(customer, finding["control"]): finding["status"]
             for customer in ("acme", "globex", "msp") for finding in own(audited, customer)
             if not finding["control"].startswith("ev-")}  # fmt: skip
    assert found == ACROSS


@pytest.mark.parametrize(("place", "control", "word"), PLANTED)
def test_what_was_planted_is_named_once(audited: Played, place: str, control: str, word: str) -> None:
    """One control names it; what others say of it is told as a consequence."""
    findings = result(audited, place)["findings"] if "-" in place else own(audited, place)
    sections = ("logging",) if control.startswith("lin-lm-") else (*ACCOUNTS, "segregation")
    naming = [
        finding["control"] for finding in findings
        if finding["status"] == "fail" and "caused_by" not in finding
        and finding["section"] in sections and any(word in line for line in finding["actual"])
        and finding["control"] not in OF_EVERYBODY
    ]  # fmt: skip
    assert naming == [control]


@pytest.mark.parametrize("host", ["msp-jump", "acme-web"])
def test_nothing_is_named_where_nothing_is_planted(audited: Played, host: str) -> None:
    """Kim's agent, which offers three keys at each of fifty logins, is on the jump host."""
    failing = [finding["control"] for finding in result(audited, host)["findings"]
               if finding["section"] in ACCOUNTS and finding["status"] not in ("pass", "not_applicable")]  # fmt: skip
    assert failing == []


def test_a_customers_files_hold_nothing_of_another(audited: Played) -> None:
    run = audited.reports / "latest"
    files = [*run.glob("hosts/acme/*"), *run.glob("customers/acme*"), *run.glob("customers/acme/*")]
    texts = {path.name: path.read_text(encoding="utf-8").lower() for path in files if path.is_file()}
    assert "acme.html" in texts and "acme-web.json" in texts
    assert [name for name, text in texts.items() if "globex" in text or "south" in text] == []
