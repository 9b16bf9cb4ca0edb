# SPDX-License-Identifier: GPL-3.0-or-later
"""A collector and its senders, set up by the role: nothing is lost while the collector is stopped, a wrong certificate
gets nothing, and nobody who sends, nor the provider's automation, can shorten what came."""

from __future__ import annotations

import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.fleet import inventory, play, playing_environment
from tests.lab.authority import certificate, issue
from tests.lab.engine import Host, Lab, each, free_port
from tests.lab.needed import NEEDS_CONTAINERS
from tests.lab.podman import podman

pytestmark = NEEDS_CONTAINERS

NETWORK = "bulwark-collector"
SENDERS = {"web": "bookworm", "db": "trixie"}
FORWARDING = ("lin-lm-forward-tls", "lin-lm-forward-queue")
LINES = 10_000
STORE = "/var/log/bulwark-collector"
FILES = "/etc/bulwark/logs"
#: The collector's own administrator; `ansible` is the provider's automation everywhere.
ADMIN, PROVIDER = "acme-logs", "ansible"
#: The capability without which no attribute can be taken off (linux/capability.h).
LINUX_IMMUTABLE = 9
#: What a client may have sent without its acknowledgement: librelp's window.
WINDOW = 128
PLAYBOOK = """\
- hosts: log
  become: true
  gather_facts: false
  tasks:
    - ansible.builtin.include_role:
        name: bulwark.msp.logging
        tasks_from: collector
"""
#: Root only by its own administrator, who has the lab's key; the provider's account stays, and can't become root.
ADMINISTERED = f"""\
useradd --create-home --shell /bin/bash {ADMIN}
install -d -m 0700 -o {ADMIN} -g {ADMIN} /home/{ADMIN}/.ssh
install -m 0600 -o {ADMIN} -g {ADMIN} /home/{PROVIDER}/.ssh/authorized_keys /home/{ADMIN}/.ssh/authorized_keys
echo '{ADMIN} ALL=(ALL) NOPASSWD: ALL' | install -m 0440 /dev/stdin /etc/sudoers.d/{ADMIN}
rm /etc/sudoers.d/{PROVIDER}
"""
#: Through /dev/log as programs do it, and no faster than journald takes it.
WRITE = """\
python3 - <<'END'
import syslog, time
for number in range({first}, {last}):
    syslog.syslog("{mark} %d" % number)
    number % 100 or time.sleep(0.1)
END
"""
#: Waits until rsyslog says that it has switched its way to the collector off. It sees that a connection is broken only
#: when it sends another line after the one that went into it, which on a quiet host may be long after.
GIVEN_UP = """\
for _ in $(seq 240); do
    logger another
    journalctl --quiet --unit rsyslog --since @%d --grep 'DISABLING action' >/dev/null && exit 0
    sleep 1
done
journalctl --quiet --unit rsyslog --since @%d --output cat >&2
exit 1
"""
#: What somebody tries who has got into the collector without being its administrator.
SHORTEN = f"""\
for file in {STORE}/*/* {STORE}/web/2026-01-02.log {STORE}/web/$(date -u +%F).log; do
    attributes $file 0; : >$file; truncate -s 0 $file; echo other | dd of=$file conv=notrunc; mv $file $file.old
    cp /dev/null $file; ln -sf /dev/null $file; rm -f $file
done
attributes {STORE} 0; attributes {STORE}/web 0; mv {STORE} {STORE}.old; mv {STORE}/web {STORE}/gone
rm -rf {STORE}; mount -t tmpfs none {STORE}
"""
#: And what would have it shortened by others.
ASK = f"""\
date -s 2030-01-01; /usr/local/sbin/bulwark-log-seal /etc/bulwark/collector/seal.json accept; pkill -9 rsyslogd
systemctl stop rsyslog bulwark-log-seal.timer; sudo -n rm -rf {STORE}
"""
#: What root of a sender tries over the network, with the certificate that it has: other names, folders and days.
FORGE = f"""\
logger --tag '../db' MARK 1; logger --rfc3164 MARK 2
frame() {{ printf '%d %s' "${{#1}}" "$1"; }}
{{
    for host in db ../db ../../etc 'web/../db' 127.0.0.1 -; do
        for at in 2026-01-02T03:04:05Z 1970-01-01T00:00:00Z 2999-12-31T23:59:59Z -; do
            frame "<38>1 $at $host ../2026-01-02.log - - - MARK 3"
            frame "<38>Jan  2 03:04:05 $host ../db/2026-01-02.log: MARK 4"
        done
    done
    sleep 3
}} | timeout 20 openssl s_client -quiet -connect ADDRESS:6514 -CAfile {FILES}/ca.pem -cert {FILES}/cert.pem \
    -key {FILES}/key.pem >/dev/null 2>&1 || true
"""


#: chattr(1) and lsattr(1) for one file, which the image lacks, by FS_IOC_SETFLAGS and FS_IOC_GETFLAGS of linux/fs.h.
CHATTR = """\
#!/usr/bin/python3
import fcntl, os, struct, sys
file = os.open(sys.argv[1], os.O_RDONLY)
if sys.argv[2:]:
    fcntl.ioctl(file, 0x40086602, struct.pack("l", int(sys.argv[2], 16)))
print(hex(struct.unpack("l", fcntl.ioctl(file, 0x80086601, bytes(8)))[0] & 0x30))
"""


@dataclass(frozen=True)
class Estate:
    """The collector, set up by the role, and who sends to it."""

    lab: Lab
    folder: Path
    log: Host
    senders: dict[str, Host]
    addresses: dict[str, str]

    def received(self, mark: str, sender: str) -> Counter[int]:
        """Return how often each numbered line with a mark lies in a sender's folder."""
        text = self.log.run(f"cat {STORE}/{sender}/* 2>/dev/null | grep -a ' {mark} [0-9]*$' || true").stdout
        return Counter(int(number) for number in re.findall(rf" {mark} (\d+)$", text, re.MULTILINE))

    def wait(self, mark: str, sender: str, count: int, seconds: float = 240) -> Counter[int]:
        """Return the same once so many different lines are there, or the time is over."""
        end = time.monotonic() + seconds
        while len(found := self.received(mark, sender)) < count and time.monotonic() < end:
            time.sleep(2)
        return found

    def write(self, mark: str, first: int, last: int) -> None:
        """Have all senders log numbered lines at once."""
        each(lambda name: self.senders[name].run(WRITE.format(first=first, last=last, mark=mark)), SENDERS)

    def set_up(self, **variables: Any) -> str:
        """Play the role's entry point on the collector, as its own administrator; return what was printed."""
        given = {
            "bulwark_report_dir": str(self.folder / "reports"), "bulwark_host_functions": ["collector"],
            "bulwark_log_senders": [
                {"name": name, "address": self.addresses[name], "peer": f"{name}.acme.example"} for name in SENDERS
            ],
            "bulwark_accounts": [
                {"name": ADMIN, "kind": "automation", "party": "customer", "admin": True},
                {"name": PROVIDER, "kind": "automation", "party": "msp:north"},
            ],
            "bulwark_contracts": [{"party": "msp:north", "start": "2026-01-01", "end": "2036-01-01"}],
            "bulwark_admin_cidrs": ["10.255.0.0/24"],
            "bulwark_soc_routes": [{"name": "soc", "kind": "syslog", "facility": "local5"}],
            **variables,
        }  # fmt: skip
        book = self.folder / "collector.yml"
        book.write_text(PLAYBOOK, encoding="utf-8")
        hosts = inventory(self.folder / "hosts.json", self.lab, [self.log], given, {"log": {"ansible_user": ADMIN}})
        done = subprocess.run(
            ["ansible-playbook", "-v", "-i", str(hosts), str(book)],
            env=playing_environment(), capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def forward(self) -> None:
        """Have the role send what the senders log."""
        given = {
            "bulwark_controls": list(FORWARDING), "bulwark_rings": ["100%"],
            "bulwark_accounts": [{"name": PROVIDER, "kind": "automation", "party": "customer", "admin": True}],
            "bulwark_collectors": [{
                "name": "acme", "address": self.addresses["log"], "peers": ["log.acme.example"], "admins": [ADMIN],
                "ca": f"{FILES}/ca.pem", "certificate": f"{FILES}/cert.pem", "key": f"{FILES}/key.pem",
            }],
        }  # fmt: skip
        senders = [self.senders[name] for name in SENDERS]
        hosts = inventory(self.folder / "senders.json", self.lab, senders, given)
        played = play("harden", hosts, self.folder / "senders")
        assert played.rc == 0, played.output
        for name in SENDERS:
            found = {one["control"]: one["status"] for one in played.host(name)["findings"]}
            assert found == dict.fromkeys(FORWARDING, "pass"), played.output


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """A collector of two senders; a third host has a certificate of somebody else's authority."""
    folder = tmp_path_factory.mktemp("collector")
    lab = Lab("collector", folder / "lab")
    podman("network", "create", NETWORK, check=False)
    suites = {"log": "trixie", **SENDERS, "stranger": "bookworm"}
    hosts = {
        name: Host(name, f"collector-{name}", suite, free_port(), network=NETWORK) for name, suite in suites.items()
    }
    try:
        lab.restore(hosts.values())
        lab.wait_ssh(hosts.values())
        customers = {name: "other" if name == "stranger" else "acme" for name in hosts}
        issue(folder / "certificates", {"acme": "acme.example", "other": "other.example"}, customers)
        for name, host in hosts.items():
            for file, text in certificate(folder / "certificates", name, customers[name]).items():
                host.put(f"{FILES}/{file}", text, 0o600)
        addresses = {name: host.run("hostname -I").stdout.split()[0] for name, host in hosts.items()}
        made = Estate(lab, folder, hosts.pop("log"), hosts, addresses)
        made.log.run(ADMINISTERED)
        made.set_up()
        made.forward()
        yield made
    finally:
        lab.stop()
        podman("network", "rm", "--force", NETWORK, check=False)


def test_nothing_is_lost_while_the_collector_is_stopped(
    estate: Estate, record_property: Callable[[str, object], None]
) -> None:
    estate.write("steady", 0, LINES // 2)
    estate.log.run("systemctl stop rsyslog")
    stopped = time.monotonic()
    estate.write("steady", LINES // 2, LINES)
    time.sleep(max(0, 60 - (time.monotonic() - stopped)))
    estate.log.run("systemctl start rsyslog")
    for name in SENDERS:
        found = estate.wait("steady", name, LINES)
        assert set(found) == set(range(LINES)), f"{name}: {LINES - len(found)} lines are missing"
        record_property(f"{name} twice", sum(found.values()) - LINES)
        assert sum(found.values()) - LINES <= WINDOW


def test_who_does_not_bear_the_expected_name_gets_nothing_and_costs_nothing(estate: Estate) -> None:
    """As long as a sender expects another name than the collector's all waits on the sender's disk."""
    expect(estate, "log.acme.example", "somebody.else.example")
    estate.write("wrong", 0, 500)
    time.sleep(15)
    estate.write("wrong", 500, 1000)
    time.sleep(5)
    for name in SENDERS:
        assert not estate.received("wrong", name)
    expect(estate, "somebody.else.example", "log.acme.example")
    for name in SENDERS:
        found = estate.wait("wrong", name, 1000)
        assert set(found) == set(range(1000)), f"{name}: {1000 - len(found)} lines are missing"
        assert sum(found.values()) - 1000 <= WINDOW


def expect(estate: Estate, before: str, after: str) -> None:
    """Have the senders expect another name in the collector's certificate."""
    change = f"sed -i s/{before}/{after}/ /etc/rsyslog.d/zz-bulwark-forward.conf; systemctl restart rsyslog"
    each(lambda name: estate.senders[name].run(change), SENDERS)


def test_a_collector_with_a_wrong_certificate_gets_nothing(
    estate: Estate, record_property: Callable[[str, object], None]
) -> None:
    """Only what was under way when the connection broke may be lost, since librelp holds that in memory alone."""
    begun = int(time.time())
    collector_has(estate, "stranger", "other")
    estate.write("under", 0, 1)
    each(lambda name: estate.senders[name].run(GIVEN_UP % (begun, begun)), SENDERS)
    estate.write("kept", 0, 1000)
    time.sleep(5)
    for name in SENDERS:
        assert not estate.received("under", name) and not estate.received("kept", name)
    collector_has(estate, "log", "acme")
    # It has given up for good on whom it could not verify, until it is started again.
    each(lambda name: estate.senders[name].run("systemctl restart rsyslog"), SENDERS)
    for name in SENDERS:
        found = estate.wait("kept", name, 1000)
        assert set(found) == set(range(1000)), f"{name}: {1000 - len(found)} lines are missing"
        record_property(f"{name} under way", len(estate.received("under", name)))


def collector_has(estate: Estate, name: str, customer: str) -> None:
    """Give the collector a host's certificate and authority."""
    for file, text in certificate(estate.folder / "certificates", name, customer).items():
        estate.log.put(f"{FILES}/{file}", text, 0o600)
    estate.log.run("systemctl restart rsyslog")


def test_a_stranger_s_certificate_opens_nothing(estate: Estate) -> None:
    """It has the collector's authority, and a certificate of another one."""
    stranger, web = estate.senders["stranger"], estate.senders["web"]
    stranger.put(f"{FILES}/ca.pem", web.run(f"cat {FILES}/ca.pem").stdout)
    for file in ("00-bulwark-forward.conf", "zz-bulwark-forward.conf"):
        stranger.put(f"/etc/rsyslog.d/{file}", web.run(f"cat /etc/rsyslog.d/{file}").stdout)
    stranger.run("systemctl restart rsyslog; logger strange 1; sleep 10")
    # Nor does who shows none at all, under TLS or in the clear.
    to = f"{estate.addresses['log']}:6514"
    frame = "printf '29 <38>1 - stranger - - - - strange 2'; sleep 3"
    stranger.run(f"({frame}) | timeout 20 openssl s_client -quiet -connect {to} >/dev/null 2>&1 || true")
    stranger.run(f"logger -n {estate.addresses['log']} -P 6514 -T strange 3; sleep 2", check=False)
    assert estate.log.run(f"grep -rac 'strange [0-9]*$' {STORE} | grep -v ':0$' || true").stdout == ""
    assert estate.log.run(f"ls {STORE}").stdout.split() == sorted(SENDERS)
    stranger.run("systemctl stop syslog.socket rsyslog")


def test_the_store_is_shortened_by_nobody_who_sends(estate: Estate) -> None:
    """Neither by root of a sender, nor by the provider's automation, which has an account on the collector."""
    old = f"{STORE}/web/2026-01-02.log"
    estate.log.put("/usr/local/bin/attributes", CHATTR, 0o755)
    estate.log.run(f"echo of old >{old}; systemctl start bulwark-log-seal.service")
    marked = f"for path in {STORE} {STORE}/web {old} {STORE}/web/$(date -u +%F).log; do attributes $path; done"
    assert estate.log.run(marked).stdout.split() == ["0x20", "0x20", "0x10", "0x20"]
    sizes = dict(line.split() for line in estate.log.run(f"stat -c '%n %s' {STORE}/*/*").stdout.splitlines())
    # No names but files': of a link that can't take a file's place its first name stays.
    look = f"{_heads(sizes)} find {STORE} -type f | sort; stat -c '%n %i' {STORE} {STORE}/*"
    before = estate.log.run(look).stdout

    for name in SENDERS:
        estate.senders[name].run(FORGE.replace("ADDRESS", estate.addresses["log"]).replace("MARK", name))
    # It came, into the folder and the day of who sent it.
    for name, other in (("web", "db"), ("db", "web")):
        assert set(estate.wait(name, name, 4)) == {1, 2, 3, 4}
        assert not estate.received(name, other)
    assert estate.log.run(look).stdout == before

    estate.lab.write_known_hosts([estate.log])
    program, *arguments = estate.lab.ssh_arguments(estate.log, PROVIDER)
    tried = subprocess.run(
        [program, *arguments, SHORTEN + ASK], capture_output=True, text=True, check=False, timeout=120
    )
    assert "Permission denied" in tried.stderr and tried.returncode != 0
    # And a program that runs as root there, such as one that takes the logs, but can't lift the protection.
    dropped = "systemd-run --quiet --wait --pipe -p CapabilityBoundingSet=CAP_DAC_OVERRIDE bash -s"
    estate.log.run(f"{dropped} <<'END' || true\n{SHORTEN}END\n")
    assert estate.log.run(look).stdout == before
    bounds = estate.log.run("sed -n 's/^CapBnd:[[:space:]]*//p' /proc/$(pidof rsyslogd)/status").stdout
    assert not int(bounds, 16) >> LINUX_IMMUTABLE & 1


def _heads(sizes: dict[str, str]) -> str:
    """Return a script that shows what files held when they had these sizes."""
    return "".join(f"head -c {size} {file} | sha256sum; " for file, size in sizes.items())


def test_what_fails_later_is_mended_by_playing_it_again(estate: Estate) -> None:
    """Its control is of a class that no run of all that fails enforces; who plays the entry point asks for it."""
    estate.log.run("systemctl disable -q --now bulwark-log-seal.timer")
    refused = estate.set_up(bulwark_log_senders=[])
    assert "[WARNING]: lin-lm-store-immutable: " in refused
    assert estate.log.run("systemctl is-enabled bulwark-log-seal.timer || true").stdout.strip() == "disabled"
    assert '"lin-lm-store-immutable": "fail"' in estate.set_up()
    units = ("rsyslog.service", "bulwark-log-seal.timer", "bulwark-log-alert.timer")
    running = estate.log.run(f"systemctl is-active {' '.join(units)} || true").stdout.split()
    assert running == ["active"] * len(units)
