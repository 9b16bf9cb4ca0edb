# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups of three hosts on a server that only appends: they come back, and whatever is done to them is found."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.programs import program

from tests.integration.fleet import Played, inventory, play
from tests.lab.engine import Host, Lab, each, free_port
from tests.lab.needed import NEEDS_CONTAINERS
from tests.lab.podman import podman

pytestmark = NEEDS_CONTAINERS

NETWORK = "bulwark-backups"
SOURCES = ("web", "db", "files")
TODAY = datetime.now(timezone.utc).strftime("%Y-%m-%d")
SAVED = "/srv/data"
#: As what a source keeps its own: the passphrase, and how it logs in at the server.
SETTINGS = "RESTIC_REST_USERNAME={name}\nRESTIC_REST_PASSWORD=of-{name}\n"
SERVER = r"""
install -d -m 700 -o restic-rest-server -g restic-rest-server /srv/rest
for name in web db files; do
    printf '%s:{SHA}%s\n' "$name" "$(printf 'of-%s' "$name" | openssl dgst -binary -sha1 | base64)"
done | install -m 0640 -g restic-rest-server /dev/stdin /etc/restic-rest-server/users
install -d /etc/systemd/system/restic-rest-server.service.d
cat >/etc/systemd/system/restic-rest-server.service.d/lab.conf <<'END'
[Service]
ExecCondition=
ExecStart=
ExecStart=/usr/bin/restic-rest-server --path /srv/rest --listen :8000 --private-repos --append-only \
  --htpasswd-file /etc/restic-rest-server/users
END
systemctl daemon-reload
systemctl restart restic-rest-server
"""
SOURCE = r"""
cat >/usr/local/bin/save <<'END'
#!/bin/bash
set -a
. /etc/bulwark/backup/settings
RESTIC_REPOSITORY=REPOSITORY RESTIC_PASSWORD_FILE=/etc/bulwark/backup/key
exec restic "$@"
END
chmod +x /usr/local/bin/save
sed -i "s#REPOSITORY=REPOSITORY#REPOSITORY=$(cat /etc/bulwark/backup/repository)#" /usr/local/bin/save
install -d /srv/data/deep/er
head -c 4000000 /dev/urandom >/srv/data/table
for number in $(seq 40); do head -c 3000 /dev/urandom >"/srv/data/deep/er/file $number"; done
for _try in $(seq 50); do if save init -q 2>/dev/null; then break; fi; sleep 0.2; done
for days in 6 5 4 3 2 1; do
    head -c 9000 /dev/urandom >"/srv/data/day-$days"
    save backup -q --time "$(date -d "-$days days -$late minutes" '+%F %T')" /srv/data
done
save backup -q --time "$(date -d "-$late minutes" '+%F %T')" /srv/data
"""
PRUNE = program("backups", "bulwark-prune")
PRUNER = r"""
install -d /etc/bulwark/prune
install -m 0600 /dev/stdin /etc/bulwark/prune/files.key <<<'a passphrase of its own'
cat >/etc/bulwark/prune/files.json <<'END'
{"name": "files", "tool": "restic", "repository": "/srv/rest/files", "keep_within_days": 90, "delay_days": 14,
 "rpo_hours": 24, "change_percent": 50, "key_file": "/etc/bulwark/prune/files.key"}
END
cat >/etc/systemd/system/bulwark-prune-files.service <<'END'
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/bulwark-prune /etc/bulwark/prune/files.json
END
systemctl daemon-reload
systemctl start bulwark-prune-files.service
"""
#: Notes what lies there while something is restored, and kills what started it.
KILLER = r"""#!/bin/bash
until pid=$(pgrep -f '^restic restore' | head -n 1) && [ -n "$pid" ]; do sleep 0.05; done
sleep 0.3
ls /var/lib/bulwark/restore | sed 's/-.*//' >/root/seen
kill -9 "$(ps -o ppid= -p "$pid")"
"""
ENCRYPT = r"""
find /srv/data -type f | while read -r file; do
    openssl enc -aes-256-ctr -pbkdf2 -iter 1 -pass pass:theirs -in "$file" -out /tmp/taken
    cat /tmp/taken >"$file"
done
save backup -q /srv/data
"""


class Estate:
    """The server and the hosts that save themselves there; each is in the state that the last test left it in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lab = Lab("backups", folder / "lab")
        self.keeper = self._host("keeper")
        self.sources = {name: self._host(name) for name in SOURCES}
        self.evidence = folder / "evidence"
        self.backups: dict[str, dict[str, Any]] = {}
        self.played = 0

    def _host(self, name: str) -> Host:
        return Host(name, f"backups-{name}", "trixie", free_port(), network=NETWORK)

    def start(self) -> None:
        """Boot them, and let each source save itself for a week."""
        self.stop()
        podman("network", "create", NETWORK)
        hosts = [self.keeper, *self.sources.values()]
        self.lab.restore(hosts)
        self.lab.wait_ssh(hosts)
        self.keeper.run(SERVER)
        address = self.keeper.run("hostname -I").stdout.split()[0]
        for name, host in self.sources.items():
            repository = f"rest:http://{address}:8000/{name}/"
            host.put("/etc/bulwark/backup/key", "a passphrase of its own\n", 0o600)
            host.put("/etc/bulwark/backup/settings", SETTINGS.format(name=name), 0o600)
            host.put("/etc/bulwark/backup/repository", repository, 0o600)
            self.backups[name] = {
                "name": "nightly", "tool": "restic", "repository": repository, "scope": [SAVED], "rpo": "24h",
                "rto": "1h", "key_file": "/etc/bulwark/backup/key", "environment": "/etc/bulwark/backup/settings",
                "server": "keeper", "pruner": "msp-prune", "offsite": TODAY, "offline": TODAY, "escrow": TODAY,
                "service": "shop", "sample": [f"{SAVED}/deep", f"{SAVED}/day-3"],
            }  # fmt: skip
        # Each a few minutes after the other, and none in the same minute.
        each(lambda place: place[1].run(f"late={place[0] * 5 + 5}\n{SOURCE}"), list(enumerate(self.sources.values())))

    def stop(self) -> None:
        self.lab.stop()
        podman("network", "rm", "--force", NETWORK, check=False)

    def play(
        self, playbook: str, *hosts: str, changed: Mapping[str, Any] | None = None, **variables: Any
    ) -> Played:  # fmt: skip
        """Play a playbook on some hosts. changed: what their entries of bulwark_backups have in place of their own."""
        self.played += 1
        own: dict[str, dict[str, Any]] = {
            name: {"bulwark_backups": [{**entry, **(changed or {})}]} for name, entry in self.backups.items()
        }
        own["keeper"] = {"bulwark_backups": [], "bulwark_host_functions": ["backup"]}
        shared = {"bulwark_customer": "acme", "bulwark_evidence_dir": str(self.evidence), **variables}
        listed = inventory(
            self.folder / "hosts.json", self.lab, [self.keeper, *self.sources.values()], shared, own
        )  # fmt: skip
        return play(playbook, listed, self.folder / f"reports-{self.played}", "--limit", ",".join(hosts or SOURCES))

    def snapshots(self, name: str) -> list[str]:
        """Return the ids of a source's snapshots, the oldest first, as the server has them."""
        found = json.loads(self.sources[name].run("save snapshots --no-lock --json").stdout)
        return [each["id"] for each in sorted(found, key=lambda one: str(one["time"]))]


def finding(played: Played, host: str, control: str) -> dict[str, Any]:
    """Return a host's finding."""
    found = played.host(host, "acme")["findings"]
    (one,) = (each for each in found if each["control"] == control)
    return dict(one)


def failed(played: Played, host: str, control: str, text: str) -> None:
    """Hold that a control fails on a host, and that it says this."""
    found = finding(played, host, control)
    assert found["status"] == "fail", found
    assert any(text in line for line in found["actual"]), found["actual"]


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    made = Estate(tmp_path_factory.mktemp("backups"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


def test_what_was_saved_comes_back_and_is_noted(estate: Estate) -> None:
    played = estate.play("restore_test")
    assert played.rc == 0, played.output
    record = yaml.safe_load((estate.evidence / "ev-restore-test.yml").read_text("utf-8"))
    tests = {test["system"]: test for test in record["tests"]}
    assert set(tests) == set(SOURCES)
    for name, test in tests.items():
        assert (test["result"], test["scope"], test["files"]) == ("passed", "sample", 41), test
        assert test["verified"] == test["live"] == 41
        assert test["snapshot"] == estate.snapshots(name)[-1]
        assert (test["run"], test["assurance"]) == (played.document("run.json")["run"], "proven")
        found = finding(played, name, "lin-bk-restore-test")
        assert (found["status"], found["assurance"]) == ("pass", "proven"), found
        assert re.search(rf"bulwark: {name}: .*came back in \d+ s: 41 files, .*RTO: 3600 s", played.output)
    for name, host in estate.sources.items():
        left = host.run("ls -A /var/lib/bulwark 2>/dev/null || true; pgrep restic || true").stdout
        assert left == "", name


def test_hosts_of_one_service_have_a_common_point(estate: Estate) -> None:
    control = "lin-bk-common-point"
    for changed, status in (({}, "pass"), ({"service": None}, "not_applicable")):
        played = estate.play("audit", "all", changed=changed, bulwark_controls=[control])
        (found,) = played.document("customers/acme.json")["findings"]
        assert (found["control"], found["status"]) == (control, status), found
    played = estate.play("audit", "all", bulwark_controls=[control], bulwark_common_point_minutes=0)
    (found,) = played.document("customers/acme.json")["findings"]
    assert found["status"] == "fail", found
    assert "service shop: db, files, web have no snapshots within 0 minutes of each other" in found["actual"]


def test_a_flipped_bit_in_a_pack_is_found_by_reading_it(estate: Estate) -> None:
    flip = (
        'file=$(find /srv/rest/files/data -type f -size +900k | sort | head -n 1); chmod u+w $file; python3 -c "'
        "import sys; f = open(sys.argv[1], 'r+b'); f.seek(5000); b = f.read(1); f.seek(5000); "
        'f.write(bytes([b[0] ^ 4]))" $file'
    )
    options: dict[str, Any] = {
        "bulwark_deep": True,
        "bulwark_backup_check_percent": 100,
        "bulwark_controls": ["lin-bk-integrity"],
    }
    assert finding(estate.play("audit", "files", **options), "files", "lin-bk-integrity")["status"] == "pass"
    estate.keeper.run(flip)
    played = estate.play("audit", "files", **options)
    failed(played, "files", "lin-bk-integrity", "nightly is damaged")
    tested = estate.play("restore_test", "files", bulwark_restore_full=True)
    assert tested.rc != 0
    failed(tested, "files", "lin-bk-restore-test", "nightly: the restore test of")
    estate.keeper.run(flip)
    assert finding(estate.play("audit", "files", **options), "files", "lin-bk-integrity")["status"] == "pass"


def test_root_of_a_source_deletes_nothing(estate: Estate) -> None:
    before = estate.snapshots("web")
    tried = estate.sources["web"].run(f"save forget --prune {before[0]} {before[1]}", check=False)
    assert tried.returncode != 0
    assert "403" in tried.stderr or "orbidden" in tried.stderr, tried.stderr
    assert estate.snapshots("web") == before


def test_an_old_snapshot_is_named(estate: Estate) -> None:
    played = estate.play("audit", "db", changed={"rpo": "1m"}, bulwark_controls=["lin-bk-fresh"])
    failed(played, "db", "lin-bk-fresh", "nightly: the newest good snapshot")


def test_a_key_in_its_own_backup_is_named(estate: Estate) -> None:
    estate.sources["db"].run("install -m 600 /etc/bulwark/backup/key /srv/data/key; save backup -q /srv/data")
    changed = {"key_file": f"{SAVED}/key"}
    played = estate.play("audit", "db", changed=changed, bulwark_controls=["lin-bk-key-apart"])
    failed(played, "db", "lin-bk-key-apart", f"{SAVED}/key")


def test_a_repository_that_is_mounted_to_be_written_is_named(estate: Estate) -> None:
    # A file system of its own, as everything is that is mounted.
    estate.sources["db"].run("RESTIC_PASSWORD=passphrase restic init -q --repo /tmp/db")
    played = estate.play("audit", "db", bulwark_controls=["lin-bk-isolated"])
    failed(played, "db", "lin-bk-isolated", "/tmp/db is mounted read-write at /tmp (tmpfs)")


def test_a_killed_restore_test_leaves_nothing(estate: Estate) -> None:
    db = estate.sources["db"]
    db.run("head -c 300000000 /dev/urandom >/srv/data/large; save backup -q /srv/data; rm /srv/data/large")
    db.put("/usr/local/bin/kill-it", KILLER, 0o755)
    db.run("systemd-run -q --unit kill-it /usr/local/bin/kill-it")
    newest = estate.snapshots("db")[-1]
    played = estate.play("restore_test", "db", bulwark_restore_full=True, bulwark_restore_snapshot=newest[:12])
    assert played.rc != 0
    assert "was not tried: the restore test was killed on the host" in played.output, played.output
    seen = db.run("sleep 6; cat /root/seen; ls -A /var/lib/bulwark 2>/dev/null || true; pgrep restic || true").stdout
    assert seen == "test\n"
    assert not [path for path in estate.evidence.glob("*") if newest in path.read_text("utf-8")]


def test_what_was_encrypted_in_place_comes_back_from_before(estate: Estate) -> None:
    web = estate.sources["web"]
    sums = "cd /srv/data; find . -type f -print0 | sort -z | xargs -0 sha256sum"
    good, before = estate.snapshots("web")[-1], web.run(sums).stdout
    web.run(ENCRYPT)
    bad = estate.snapshots("web")[-1]
    assert bad != good
    assert not set(before.splitlines()) & set(web.run(sums).stdout.splitlines())
    played = estate.play("audit", "web", bulwark_controls=["lin-bk-fresh"])
    failed(played, "web", "lin-bk-fresh", f"nightly: snapshot {bad[:12]}")
    tested = estate.play("restore_test", "web", bulwark_restore_full=True)
    assert tested.rc == 0, tested.output
    assert re.search(rf"everything of nightly, snapshot {good[:12]} .*came back in \d+ s", tested.output)
    record = yaml.safe_load((estate.evidence / "ev-restore-test.yml").read_text("utf-8"))
    last = [test for test in record["tests"] if test["system"] == "web"][-1]
    assert (last["snapshot"], last["files"], last["live"]) == (good, len(before.splitlines()), 0)
    web.run(f"save restore -q {good} --target / --overwrite always")
    assert web.run(sums).stdout == before


def test_forged_snapshots_cost_no_good_one(estate: Estate) -> None:
    good = estate.snapshots("files")
    estate.keeper.put("/usr/local/sbin/bulwark-prune", PRUNE, 0o755)
    estate.keeper.run(PRUNER)
    estate.sources["files"].run(
        "for number in $(seq 50); do "
        'save backup -q --time "20$((number + 30))-01-01 00:00:00" /etc/hostname; '
        'save backup -q --time "$(date -d "-$number days" \'+%F %T\')" /etc/hostname; done'
    )
    estate.keeper.run("systemctl start bulwark-prune-files.service || true")
    assert set(good) < set(estate.snapshots("files"))
    played = estate.play("audit", "keeper", bulwark_controls=["lin-bk-immutable"])
    failed(played, "keeper", "lin-bk-immutable", "prune of files: nothing is removed, 100 doubtful snapshots")
