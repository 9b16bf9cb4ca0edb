# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleet judges on real hosts of two customers: what they share is found on both sides, and told to each by itself."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.fleet.fingerprints import Key

from tests.integration.fleet import ROOT, Played, inventory, play
from tests.lab.engine import Host, Lab, each, free_port
from tests.lab.needed import NEEDS_CONTAINERS

KEYS, IDENTITIES, SECRETS = "lin-ns-key-reuse", "lin-ns-hostkey-reuse", "lin-ns-secret-reuse"
#: What is shown here from both sides, as scenarios are that need only one host.
SHOWN = frozenset({KEYS, IDENTITIES, SECRETS})
HOSTS = {"acme-web": "acme", "acme-db": "acme", "globex-shop": "globex"}
#: The same crypt string at two customers, and the key by which it is fingerprinted: neither may be seen anywhere.
HASH = "$6$planted$" + "Zz9./" * 17 + "a"
GIVEN_KEY = "planted-key-of-fingerprints"
COMPARED = {"bulwark_compare_hashes": True}
#: Looks for as long as the audit takes whether the key is in some process's arguments or environment.
WATCH = r"""
cat >/usr/local/bin/watch-keys <<'END'
while :; do grep -lasF -f /root/words /proc/[0-9]*/cmdline /proc/[0-9]*/environ >>/root/seen; done
END
cat >/etc/systemd/system/watch-keys.service <<'END'
[Service]
ExecStart=/bin/sh /usr/local/bin/watch-keys
END
systemctl daemon-reload; systemctl start watch-keys
canary=$(head -n 1 /root/words) sleep 3; sleep 1
test -s /root/seen; : >/root/seen
"""

pytestmark = NEEDS_CONTAINERS


class Fleet:
    """Three hosts: two of Acme's and one of Globex's, each customer with an automation key of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lab = Lab("fleetjudges", folder / "lab")
        self.hosts = {name: Host(name, f"fleetjudges-{name}", "bookworm", free_port()) for name in HOSTS}
        self.globex_key = folder / "globex"
        self.played = 0

    def start(self) -> None:
        """Boot the hosts, and give Globex's another key than the lab's."""
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.globex_key)], check=True)
        hosts = list(self.hosts.values())
        self.lab.restore(hosts)
        self.lab.wait_ssh(hosts)
        for number, host in enumerate(hosts):
            host.run(f"useradd --create-home --groups sudo --shell /bin/bash -p '{HASH[:-1]}{number}' boss")
        self.hosts["globex-shop"].put("/home/ansible/.ssh/authorized_keys", self.public(self.globex_key), 0o600, 1000)

    def public(self, key: Path) -> str:
        """Return a key's public half."""
        return key.with_name(key.name + ".pub").read_text("utf-8")

    def audit(self, *arguments: str, variables: Mapping[str, Any] = COMPARED) -> Played:
        """Audit the fleet, each time with results of its own."""
        self.played += 1
        own: dict[str, dict[str, Any]] = {name: {"bulwark_customer": customer} for name, customer in HOSTS.items()}
        own["globex-shop"]["ansible_ssh_private_key_file"] = str(self.globex_key)
        listed = inventory(self.folder / "hosts.json", self.lab, self.hosts.values(), variables, own)
        return play("audit", listed, self.folder / f"reports-{self.played}", *arguments)

    def plant(self) -> None:
        """Let the customers share a key, an SSH host key, a machine id and a password hash."""
        web, db, shop = self.hosts.values()
        kim = self.folder / "kim"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(kim)], check=True)
        for host in (web, shop):
            host.run(f"useradd --create-home --groups sudo --shell /bin/bash north-kim; usermod -p '{HASH}' boss")
            host.put("/etc/ssh/north/north-kim", self.public(kim))
            host.run(
                "echo 'AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/north/%u' >/etc/ssh/sshd_config.d/k.conf"
                "; systemctl reload ssh"
            )
        identity = web.run("cat /etc/machine-id").stdout
        keys = {part: web.run(f"cat /etc/ssh/ssh_host_ecdsa_key{part}").stdout for part in ("", ".pub")}
        db.put("/etc/machine-id", identity)
        for part, text in keys.items():
            shop.put(f"/etc/ssh/ssh_host_ecdsa_key{part}", text, 0o644 if part else 0o600)
        shop.run("systemctl reload ssh")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    made = Fleet(tmp_path_factory.mktemp("fleet"))
    try:
        made.start()
        yield made
    finally:
        made.lab.stop()


@pytest.fixture(scope="module")
def clean(fleet: Fleet) -> Played:
    return fleet.audit()


@pytest.fixture(scope="module")
def planted(fleet: Fleet, clean: Played) -> Fleet:
    assert clean.rc == 0, clean.output
    fleet.plant()
    return fleet


@pytest.fixture(scope="module")
def shared(planted: Fleet) -> Played:
    return planted.audit()


def finding(played: Played, customer: str, control: str) -> dict[str, Any]:
    """Return a customer's finding of a fleet judge."""
    found = played.document(f"customers/{customer}.json")["findings"]
    (one,) = (each for each in found if each["control"] == control)
    return dict(one)


@pytest.mark.parametrize("customer", ["acme", "globex"])
@pytest.mark.parametrize("control", sorted(SHOWN))
def test_customers_that_share_nothing_pass(clean: Played, customer: str, control: str) -> None:
    found = finding(clean, customer, control)
    assert found["status"] == "pass", found


@pytest.mark.parametrize(
    ("customer", "control", "items"),
    [
        ("acme", KEYS, ["the key of north-kim on acme-web (line 1 of /etc/ssh/north/north-kim) is shared"]),
        ("globex", KEYS, ["the key of north-kim on globex-shop", "is shared with another customer"]),
        ("acme", IDENTITIES, [
            "acme-db and acme-web have the same machine id",
            "acme-web has the same SSH host key (ecdsa-sha2-nistp256), shared with another customer",
        ]),
        ("globex", IDENTITIES, ["globex-shop has the same SSH host key", "shared with another customer"]),
        ("acme", SECRETS, ["the password hash of boss on acme-web is shared with another customer"]),
        ("globex", SECRETS, ["the password hash of boss on globex-shop is shared with another customer"]),
    ],
)  # fmt: skip
def test_what_is_shared_is_told_to_each_customer_by_itself(
    shared: Played, customer: str, control: str, items: list[str]
) -> None:
    found = finding(shared, customer, control)
    assert found["status"] == "fail", found
    for text in items:
        assert any(text in line for line in found["actual"]), (text, found["actual"])


def test_nothing_else_is_named(shared: Played) -> None:
    counts = {control: len(finding(shared, "acme", control)["actual"]) for control in SHOWN}
    assert counts == {KEYS: 1, IDENTITIES: 2, SECRETS: 1}, finding(shared, "acme", KEYS)


def test_the_provider_reads_of_every_side(shared: Played) -> None:
    told = [each for each in shared.document("fleet.json")["findings"] if each["control"] == KEYS]
    assert [each["customers"] for each in told] == [["acme", "globex"], ["globex", "acme"]]
    for each_ in told:
        assert each_["hosts"] == ["acme-web", "globex-shop"]
        assert any("acme: north-kim on acme-web; globex: north-kim on globex-shop" in line for line in each_["actual"])
    page = (shared.reports / "latest/report.html").read_text("utf-8")
    assert "north-kim on acme-web; globex: north-kim on globex-shop" in page


def test_documents_are_as_their_schemas_say(shared: Played) -> None:
    for name, files in {"fleet": ["fleet.json"], "customer": ["customers/acme.json"],
                        "host-result": ["hosts/acme/acme-web.json"]}.items():  # fmt: skip
        schema = json.loads((ROOT / f"docs/schemas/{name}.json").read_text("utf-8"))
        for file in files:
            jsonschema.Draft202012Validator(schema).validate(shared.document(file))


def test_no_customers_output_holds_a_byte_of_another(shared: Played) -> None:
    latest = shared.reports / "latest"
    prints = {customer: {link["print"] for path in latest.glob(f"hosts/{customer}/*")
                         for link in json.loads(path.read_text("utf-8"))["links"]["entries"]}
              for customer in ("acme", "globex")}  # fmt: skip
    marks = {link["mark"] for link in shared.host("globex-shop", "globex")["links"]["entries"] if link["mark"]}
    assert prints["acme"] & prints["globex"]
    theirs = {"globex", "shop", *(prints["globex"] - prints["acme"]), *marks}
    own = [*latest.glob("customers/acme*"), *latest.glob("customers/acme/*"), *latest.glob("hosts/acme/*")]
    files = [path for path in own if path.is_file()]
    assert {path.suffix for path in files} >= {".json", ".html"}
    for path in files:
        text = path.read_text("utf-8")
        assert [word for word in theirs if word in text] == [], path


def test_the_runs_own_key_is_gone_when_the_run_is_sealed(shared: Played) -> None:
    assert not list(shared.reports.rglob(".fingerprint-key"))
    assert "fingerprint-key" not in json.dumps(shared.document("manifest.json"))


def test_a_run_over_one_customer_says_what_it_can(planted: Fleet) -> None:
    played = planted.audit("--limit", "acme-*")
    for control in (KEYS, SECRETS):
        found = finding(played, "acme", control)
        assert found["status"] == "unknown", found
        assert "only one customer in this run" in found["reason"]
    found = finding(played, "acme", IDENTITIES)
    assert found["status"] == "fail"
    assert [line for line in found["actual"] if "machine id" in line]
    assert not [line for line in found["actual"] if "another" in line]


def test_slices_are_compared_where_the_key_was_given(planted: Fleet) -> None:
    for given, status in (({}, "unknown"), ({"bulwark_fingerprint_key": GIVEN_KEY}, "fail")):
        slices = [planted.audit("--limit", f"{name}-*", variables={**COMPARED, **given}) for name in ("acme", "globex")]
        folders = json.dumps({"bulwark_merge": [str((each.reports / "latest").resolve()) for each in slices]})
        merged = play("report", planted.folder / "hosts.json", planted.folder / f"merged-{status}", "-e", folders)
        for control in (KEYS, SECRETS):
            found = finding(merged, "acme", control)
            assert found["status"] == status, found
            if status == "unknown":
                assert "fingerprinted with different keys" in found["reason"]


def test_neither_key_nor_hash_is_seen_anywhere(planted: Fleet) -> None:
    sent = Key(GIVEN_KEY).for_hosts
    words = (GIVEN_KEY, sent, HASH[11:40])
    hosts = list(planted.hosts.values())
    for host in hosts:
        host.put("/root/words", "\n".join(words) + "\n")
    each(lambda host: host.run(WATCH), hosts)
    key = {"bulwark_fingerprint_key": GIVEN_KEY, "bulwark_keep_state": True}
    played = planted.audit("-vvvv", variables={**COMPARED, **key})
    assert played.rc == 0, played.output
    assert finding(played, "acme", SECRETS)["status"] == "fail"
    texts = {str(path): path.read_bytes() for path in played.reports.rglob("*") if path.is_file()}
    texts["output"] = played.output.encode()
    for word in words:
        assert [name for name, text in texts.items() if word.encode() in text] == [], word[:9]
    for host in hosts:
        seen = host.run("systemctl is-active --quiet watch-keys; systemctl stop watch-keys; cat /root/seen")
        assert seen.stdout == ""
        logged = host.run("journalctl | grep -cF -f /root/words || true; ls -A /home/ansible/.ansible/tmp || true")
        assert logged.stdout.strip() == "0"
