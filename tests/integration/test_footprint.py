# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit leaves behind on a host, and what it carries away from it."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.integration.fleet import ROOT, Played, inventory, play
from tests.lab.engine import Host, Lab

WATCHED = "/etc /var/lib /root /home"
PICTURE = (
    f"find {WATCHED} -xdev -printf '%p %y %m %u %g %T@ %l\\n' | sort; "
    f"find {WATCHED} -xdev -type f -print0 | sort -z | xargs -0 sha256sum"
)
SECRET = "hunter2-planted-%s"
#: Where a secret lies -> how it gets there; %s is the secret.
PLANTED = {
    "shadow": "usermod -p '$6$salt$%s' daemon",
    "gecos": "useradd -m -c '%s' gecos",
    "totp": """printf '%%s\n" RATE_LIMIT 3 30\n' '%s' > /home/gecos/.google_authenticator""",
    "oath": "printf 'HOTP/T30 gecos - %%s\n' '%s' > /etc/users.oath; chmod 600 /etc/users.oath",
    "duo": "mkdir -p /etc/duo; "
    "printf '[duo]\nikey=DI\nskey=%%s\nhost=api-1.duosecurity.com\n' '%s' > /etc/duo/pam_duo.conf",
    "redis": "printf 'bind 0.0.0.0\nrequirepass %%s\n' '%s' > /etc/redis/redis.conf; systemctl restart redis-server",
    "snmp": "printf 'rocommunity %%s\n' '%s' >> /etc/snmp/snmpd.conf",
    "banner": "printf '%%s\n' '%s' > /etc/issue.net; "
    "echo 'Banner /etc/issue.net' > /etc/ssh/sshd_config.d/banner.conf; systemctl reload ssh",
    "command": "mkdir -p /srv; "
    "systemd-run --unit=talkative python3 -m http.server --bind 0.0.0.0 8081 --directory /srv/%s",
    "argument": "systemd-run --unit=arg bash -c 'exec -a \"db --password=%s\" python3 -m http.server 8082'",
    "key_comment": "mkdir -p /home/gecos/.ssh; ssh-keygen -q -t ed25519 -N '' -C '%s' -f /tmp/k; "
    "cat /tmp/k.pub > /home/gecos/.ssh/authorized_keys; rm /tmp/k*",
    "key_environment": "sed -i 's/^/environment=\"TOKEN=%s\" /' /home/gecos/.ssh/authorized_keys",
    "sudoers": "printf '# %%s\n' '%s' > /etc/sudoers.d/gecos; chmod 440 /etc/sudoers.d/gecos",
    "pam": "printf 'auth optional pam_exec.so /bin/true --password=%%s\n' '%s' >> /etc/pam.d/sshd",
    "openvpn": "printf 'port 1194\nauth-user-pass-verify \"/bin/true %%s\" via-env\n' '%s' > /etc/openvpn/server.conf",
    "sudo_arguments": "printf 'gecos ALL=(root) /usr/bin/mysql --password=%%s\n' '%s' >> /etc/sudoers.d/gecos",
    "crontab": "mkdir -p /var/spool/cron/crontabs; "
    "printf '0 1 * * * curl -H \"Token: %%s\"\n' '%s' > /var/spool/cron/crontabs/gecos",
    "environment": "printf '[Service]\nEnvironment=TOKEN=%%s\nExecStart=/bin/sleep 1000\n' '%s' "
    "> /etc/systemd/system/rustdesk.service; systemctl daemon-reload; systemctl start rustdesk",
    "unit_argument": "systemd-run --unit=tunnel bash -c 'exec -a \"ngrok --authtoken=%s\" sleep 1000'",
    "access": "printf '# %%s\n+:gecos:10.0.0.1\n' '%s' >> /etc/security/access.conf",
    "typed_name": "mkdir -p /run/lab; cp /usr/bin/logger /run/lab/sshd; "
    "/run/lab/sshd -t sshd -p auth.info 'Failed password for invalid user %s from 192.0.2.1 port 1 ssh2'; "
    "/run/lab/sshd -t sshd -p auth.info 'Failed password for gecos from 192.0.2.1 port 1 ssh2'",
    "file_name": "cp /etc/ssh/ssh_host_ed25519_key /home/gecos/%s",
    "folder_name": "mkdir -p /home/gecos/%s; cp /etc/ssh/ssh_host_ed25519_key /home/gecos/%s/id_ed25519",
    "setuid_name": "cp /bin/true /usr/local/bin/%s; chmod u+s /usr/local/bin/%s",
    "netrc": "printf 'machine example.org login a password %%s\n' '%s' > /home/gecos/.netrc",
    "cloud": "mkdir -p /home/gecos/.aws; printf 'aws_secret_access_key = %%s\n' '%s' > /home/gecos/.aws/credentials",
    "vault_token": "printf '%%s' '%s' > /home/gecos/.vault-token",
    "wtmp": "printf '%%s\n' '%s' >> /var/log/wtmp",
    "profile": "printf 'TMOUT=900\nexport API_TOKEN=%%s\n' '%s' > /etc/profile.d/token.sh",
}
#: Those that stand in a command line of the host's own.
SHOWN = ("command", "argument", "unit_argument")
KEY = SECRET % "fingerprint_key"
WATCH = "while :; do ps -eo args >>/run/seen; sleep 0.05; done"
HERE, THERE = "processes-here.txt", "processes-there.txt"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    lab = Lab("footprint")
    yield lab
    lab.stop()


@pytest.fixture(scope="module")
def host(lab: Lab) -> Host:
    host = lab.start("quiet", "bookworm")
    lab.wait_ssh([host])
    return host


def pictured(host: Host) -> set[str]:
    return set(host.run(PICTURE).stdout.splitlines())


def test_an_audit_changes_no_more_than_a_ping(lab: Lab, host: Host, tmp_path: Path) -> None:
    hosts = inventory(tmp_path / "hosts.json", lab, [host])
    before = pictured(host)
    ping = ["ansible", "all", "-i", str(hosts), "-m", "ansible.builtin.ping", "--become"]
    subprocess.run(ping, cwd=ROOT, check=True, capture_output=True)
    pinged = pictured(host)
    audit = play("audit", hosts, tmp_path / "reports")
    assert audit.rc == 0, audit.output
    assert sum(len(found["findings"]) for found in [audit.host("quiet")]) > 0
    audited = pictured(host)
    by_ping = {line.split(" ")[0] for line in before ^ pinged}
    by_audit = {line.split(" ")[0] for line in pinged ^ audited}
    assert by_audit <= by_ping, by_audit - by_ping


def test_an_audit_is_one_module_start_and_one_escalation(lab: Lab, host: Host, tmp_path: Path) -> None:
    counter = "/usr/local/bin/counting-python"
    host.put(counter, '#!/bin/sh\necho start >> /run/starts\nexec /usr/bin/python3 "$@"\n', 0o755)
    hosts = inventory(tmp_path / "hosts.json", lab, [host], {"ansible_python_interpreter": counter})
    mark = host.run("date +%s.%N; rm -f /run/starts; sleep 0.1").stdout.strip()
    assert play("audit", hosts, tmp_path / "reports").rc == 0
    assert host.run("wc -l < /run/starts").stdout.strip() == "1"
    log = host.run(f"journalctl -q --since '@{mark}' -t sudo -o cat").stdout
    assert len(re.findall("COMMAND=", log)) == 1, log


@pytest.fixture(scope="module")
def talkative(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> tuple[Played, Path]:
    """An audit at the highest verbosity, with a fact cache, of a host full of secrets."""
    host = lab.start("talkative", "bookworm")
    lab.wait_ssh([host])
    for name, script in PLANTED.items():
        secret = SECRET % name
        host.run(script % ((secret,) * script.replace("%%", "").count("%s")))
    folder = tmp_path_factory.mktemp("talkative")
    told = {"bulwark_fingerprint_key": KEY, "bulwark_compare_hashes": True, "bulwark_keep_state": True,
            "bulwark_deep": True, "bulwark_deep_seconds": 60}  # fmt: skip
    hosts = inventory(tmp_path_factory.mktemp("inventory") / "hosts.json", lab, [host], told)
    cache = {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(folder / "cache")}
    host.run(f"nohup setsid bash -c '{WATCH}' >/dev/null 2>&1 &")
    with watched(folder / HERE):
        played = play("audit", hosts, folder / "reports", "-vvvv", environment=cache)
    (folder / THERE).write_text(host.run("cat /run/seen; rm /run/seen").stdout, encoding="utf-8")
    return played, folder


@contextmanager
def watched(path: Path) -> Iterator[None]:
    """Write down every command line that this machine's process list shows meanwhile."""
    seen: set[str] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    seen.add(process.read_bytes().replace(b"\0", b" ").decode(errors="replace"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        path.write_text("\n".join(sorted(seen)), encoding="utf-8")


def test_the_talkative_host_was_really_read(talkative: tuple[Played, Path]) -> None:
    played, _ = talkative
    assert played.rc == 0, played.output[-3000:]
    statuses = {finding["control"]: finding["status"] for finding in played.host("talkative")["findings"]}
    assert statuses["lin-ic-ssh-no-password"] == "fail"


def test_the_state_itself_is_never_printed(talkative: tuple[Played, Path]) -> None:
    played, _ = talkative
    assert "bulwark/host-state/1" not in played.output
    assert "censored due to no log" in played.output


def test_the_deep_reading_and_the_comparison_of_hashes_took_place(talkative: tuple[Played, Path]) -> None:
    played, folder = talkative
    found = {finding["control"]: finding for finding in played.host("talkative")["findings"]}
    assert found["lin-lp-suid-baseline"]["status"] == "fail", found["lin-lp-suid-baseline"]
    assert found["lin-ns-no-foreign-keys"]["status"] == "fail", found["lin-ns-no-foreign-keys"]
    assert "sudo" in (folder / THERE).read_text(encoding="utf-8")
    assert "ansible-playbook" in (folder / HERE).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*PLANTED, "fingerprint_key"])
def test_no_secret_of_a_host_appears_anywhere(talkative: tuple[Played, Path], name: str) -> None:
    played, folder = talkative
    secret = SECRET % name
    where = ["output"] if secret in played.output else []
    # What shows itself in the process list is none of ours; a container's processes are in this machine's list too.
    shown = (HERE, THERE) if name in SHOWN else ()
    own = [path for path in folder.rglob("*") if path.is_file() and path.name not in shown]
    where += [str(path) for path in own if secret in path.read_text(errors="replace")]
    assert not where
