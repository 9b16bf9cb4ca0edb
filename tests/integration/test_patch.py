# SPDX-License-Identifier: GPL-3.0-or-later
"""bulwark.msp.patch on hosts that were installed from the release and have learned of its security updates since."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.fleet import Played, inventory, play
from tests.lab.engine import Host, Lab, each, free_port
from tests.lab.needed import NEEDS_CONTAINERS

pytestmark = NEEDS_CONTAINERS

TODAY = date.today()
MENDED, LONELY = "CVE-2026-40001", "CVE-2026-40002"
#: Enabled, so that the host is not well without them.
SERVICES = """
systemctl enable --now redis-server nginx 2>/dev/null
echo force-unsafe-io > /etc/dpkg/dpkg.cfg.d/lab
"""
BROKEN = "echo 'no-such-directive yes' >> /etc/redis/redis.conf"
VERSIONS = "dpkg-query -W -f '${Package}=${Version}\\n'"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab("patch", tmp_path_factory.mktemp("lab"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def hosts(lab: Lab) -> list[Host]:
    """A host alone, and two of which the first is not going to be well after its upgrade."""
    made = [Host(name, f"patch-{name}", "stale", free_port()) for name in ("alone", "first", "second")]
    lab.restore(made)
    lab.wait_ssh(made)
    each(lambda host: host.run(SERVICES + (BROKEN if host.name == "first" else "")), made)
    return made


def feeds(host: Host, folder: Path, flaws: dict[str, tuple[str, bool, str]]) -> dict[str, Any]:
    """Write an excerpt of each feed, in its own format, that names packages of a host; return the variables for them.

    flaws: by source package the flaw, whether the pending update closes it, and whether intruders are looked for.
    """
    entries = [
        {
            "cveID": cve, "vendorProject": "P", "product": package, "vulnerabilityName": "N",
            "dateAdded": (TODAY - timedelta(days=5)).isoformat(), "shortDescription": "S", "requiredAction": "A",
            "dueDate": (TODAY - timedelta(days=1)).isoformat(), "knownRansomwareCampaignUse": "Unknown",
            "forensicTriage": triage, "notes": "", "cwes": [],
        }
        for package, (cve, _fixed, triage) in flaws.items()
    ]  # fmt: skip
    kev = {"title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": TODAY.strftime("%Y.%m.%d"),
           "dateReleased": f"{TODAY.isoformat()}T00:00:00.0000Z", "count": len(entries),
           "vulnerabilities": entries}  # fmt: skip
    tracker = {package: {cve: {"scope": "remote", "releases": {"bookworm": {
        "urgency": "not yet assigned", **({"status": "resolved", "fixed_version": candidate(host, package)} if fixed
                                          else {"status": "open"}),
    }}}} for package, (cve, fixed, _triage) in flaws.items()}  # fmt: skip
    for name, document in (("kev", kev), ("tracker", tracker)):
        (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    return {
        "bulwark_kev": str(folder / "kev.json"),
        "bulwark_cve_data": [{"system": "debian", "source": str(folder / "tracker.json")}],
    }


def candidate(host: Host, package: str) -> str:
    """Return the version that apt would install."""
    return host.run(f"apt-cache policy {package} | sed -n 's/^  Candidate: //p'").stdout.strip()


def versions(host: Host) -> dict[str, str]:
    return dict(line.split("=", 1) for line in host.run(VERSIONS).stdout.split())


def upgraded(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def finding(played: Played, host: str, control: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        each for each in played.host(host, "acme")["findings"] if each["control"] == control
    )  # fmt: skip
    return found


def ring(lab: Lab, hosts: list[Host], folder: Path, **variables: Any) -> Path:
    known = {"bulwark_customer": "acme", "bulwark_host_functions": ["web", "internet_facing"],
             "bulwark_patch_scope": "kev", **variables}  # fmt: skip
    return inventory(folder / "hosts.json", lab, hosts, known)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exploited")


@pytest.fixture(scope="module")
def fleet(lab: Lab, hosts: list[Host], folder: Path) -> Path:
    flaws = {"openssl": (MENDED, True, "Yes"), "iproute2": (LONELY, False, "No")}
    # An hour, so that the lists of an image that was built today are old enough.
    return ring(lab, hosts[:1], folder, bulwark_patch_exploited_hours=1, **feeds(hosts[0], folder, flaws))


@pytest.fixture(scope="module")
def audited(fleet: Path, folder: Path) -> Played:
    played = play("audit", fleet, folder / "reports")
    assert played.rc == 0, played.output
    return played


@pytest.fixture(scope="module")
def patched(hosts: list[Host], audited: Played, fleet: Path, folder: Path) -> tuple[Played, set[str]]:
    before = versions(hosts[0])
    preview = play("patch", fleet, folder / "previews", "--check")
    assert preview.rc == 0 and versions(hosts[0]) == before, preview.output
    assert hosts[0].run("ls /var/lib/bulwark", check=False).stdout == ""
    played = play("patch", fleet, folder / "reports")
    # The runs after it are going to be the latest.
    shutil.copytree((folder / "reports" / "latest").resolve(), folder / "patched" / "latest")
    return Played(played.rc, played.output, folder / "patched"), upgraded(before, versions(hosts[0]))


class TestExploited:
    """One host: what is known to be exploited is listed, closed, and the audit then says so."""

    def test_what_is_open_is_listed_with_its_due_date(self, audited: Played) -> None:
        exploited = finding(audited, "alone", "lin-up-kev")
        assert exploited["status"] == "fail"
        text = "\n".join([*exploited["actual"], *exploited["evidence"]])
        assert MENDED in text and f"due {(TODAY - timedelta(days=4)).isoformat()}" in text
        assert any(LONELY in line and "no fix" in line for line in exploited["actual"]), text

    def test_what_is_pending_is_listed_with_the_age_that_is_known(self, audited: Played) -> None:
        pending = finding(audited, "alone", "lin-up-pending")
        # Without a history no more is known than when the archive made its list.
        line = next(line for line in pending["actual"] if MENDED in line)
        assert pending["status"] == "fail" and line.endswith(" or before")
        assert "libssl3 and 1 more" in line and f"({MENDED} is exploited), out since " in line

    def test_what_is_exploited_is_upgraded_and_the_rest_is_not(self, patched: tuple[Played, set[str]]) -> None:
        played, changed = patched
        assert played.rc == 0, played.output
        assert changed == {"openssl", "libssl3"}
        assert f"{LONELY} in iproute2" in played.output and "there is no fix yet" in played.output

    def test_the_audit_then_says_so(self, patched: tuple[Played, set[str]], fleet: Path, folder: Path) -> None:
        after = play("audit", fleet, folder / "reports")
        exploited = json.dumps(finding(after, "alone", "lin-up-kev"))
        assert MENDED not in exploited and LONELY in exploited
        assert "libssl3" not in json.dumps(finding(after, "alone", "lin-up-pending"))

    def test_what_shows_an_intruder_was_collected_before(
        self, hosts: list[Host], patched: tuple[Played, set[str]]
    ) -> None:
        name = patched[0].document("run.json")["run"]
        tar = f"/var/lib/bulwark/triage/{name}.tar"
        assert hosts[0].run(f"stat -c '%a %U' {tar}").stdout.split() == ["600", "root"]
        listed = hosts[0].run(f"tar -tf {tar}; tar -xOf {tar} packages-dpkg.txt")
        assert {"processes.txt", "sockets.txt", "journal.txt", "verified-dpkg.txt"} <= set(listed.stdout.split())
        kept = self.kept(patched[0])
        assert f"openssl\t{kept['packages']['openssl']}" in listed.stdout
        assert kept["collected"]["sha256"] == hosts[0].run(f"sha256sum {tar}").stdout.split()[0]

    def test_the_way_back_is_kept_and_printed(self, hosts: list[Host], patched: tuple[Played, set[str]]) -> None:
        kept = self.kept(patched[0])
        (command,) = kept["way_back"]
        assert f"the way back: {command}" in patched[0].output
        assert command.startswith("apt-get install --allow-downgrades ") and set(kept["differ"]) == patched[1]
        assert hosts[0].run("stat -c %a /var/lib/bulwark /var/lib/bulwark/patch/*").stdout.split() == ["700", "600"]
        # The release itself still offers them.
        assert kept["offered"] == {"openssl": True, "libssl3": True}
        hosts[0].run(command.replace("install", "install --simulate", 1))

    def test_the_report_has_it_beside_its_control(self, patched: tuple[Played, set[str]]) -> None:
        enforced = patched[0].document("enforcement/acme/alone.json")
        assert (enforced["outcome"], enforced["controls"]["lin-up-kev"]["state"]) == ("confirmed", "changed")

    def test_again_there_is_nothing_to_do(self, hosts: list[Host], patched: tuple[Played, set[str]], fleet: Path,
                                          folder: Path) -> None:  # fmt: skip
        before = versions(hosts[0])
        again = play("patch", fleet, folder / "reports")
        assert again.rc == 0 and "changed=0" in again.output, again.output
        assert versions(hosts[0]) == before

    @staticmethod
    def kept(played: Played) -> dict[str, Any]:
        return played.document("versions/acme/alone.json")


def test_a_ring_whose_first_host_is_not_well_afterwards_is_the_last(
    lab: Lab, hosts: list[Host], tmp_path: Path
) -> None:
    named = feeds(hosts[1], tmp_path, {"redis": (MENDED, True, "No"), "openssl": (LONELY, False, "No")})
    checks = [{"url": "http://127.0.0.1/"}, {"unit": "nginx.service"}]
    fleet = ring(
        lab, hosts[1:], tmp_path, bulwark_rings=["1", "100%"], bulwark_health_seconds=5, bulwark_health=checks, **named
    )
    first, second = hosts[1:]
    before = [versions(host) for host in (first, second)]
    played = play("patch", fleet, tmp_path / "reports")
    assert played.rc != 0, played.output
    about = played.document("run.json")
    assert about["coverage"]["not_reached"] == ["second"]
    reason = next(line for line in about["reasons"] if line.startswith("first: "))
    assert "redis-server.service has failed" in reason and "nothing listens on tcp 127.0.0.1:6379" in reason
    assert "patched: " in reason and "redis-server" in reason
    assert "1 not reached, since the run stopped before: second" in about["reasons"]
    assert upgraded(before[0], versions(first)) == {"redis-server", "redis-tools"}
    assert upgraded(before[1], versions(second)) == set()
    assert second.run("ls /var/lib/bulwark", check=False).stdout == ""


def test_a_host_that_is_not_well_before_stays_as_it_is(lab: Lab, hosts: list[Host], tmp_path: Path) -> None:
    fleet = ring(lab, hosts[2:], tmp_path, bulwark_patch_scope="security", bulwark_health=[{"port": 4711}])
    before = versions(hosts[2])
    played = play("patch", fleet, tmp_path / "reports")
    assert played.rc != 0 and "nothing listens on port 4711" in played.output
    assert versions(hosts[2]) == before
