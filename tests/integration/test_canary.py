# SPDX-License-Identifier: GPL-3.0-or-later
"""Two customers with a collector each: the canary finds the host that is cut off, and what each other's line took."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.integration.fleet import ROOT, Played, inventory, play
from tests.lab.engine import Host, Lab, each, free_port
from tests.lab.needed import NEEDS_CONTAINERS
from tests.lab.podman import podman

pytestmark = NEEDS_CONTAINERS

NETWORK, SUBNET = "bulwark-canary", "172.31.247"
#: Sender -> customer. `late` comes some seconds after, `cut` not at all.
SENDERS = {"web": "acme", "late": "acme", "cut": "acme", "shop": "globex"}
COLLECTORS = {"acme-log": "acme", "globex-log": "globex"}
STORE = "/var/log/bulwark-collector"
SCHEMA = json.loads((ROOT / "docs/schemas/canary.json").read_text(encoding="utf-8"))
DELAY = 8
RECEIVE = r"""
install -d -m 0750 {store}
cat >/etc/rsyslog.d/00-collector.conf <<'END'
global(net.enableDNS="off")
module(load="imrelp")
template(name="day" type="string" string="{store}/%$.sender%/%timegenerated:1:10:date-rfc3339,date-utc%.log")
template(name="line" type="list") {{
  property(name="timegenerated" dateFormat="rfc3339" date.inUTC="on")
  constant(value=" ")
  property(name="timereported" dateFormat="rfc3339")
  constant(value=" ")
  property(name="hostname")
  constant(value=" ")
  property(name="syslogfacility-text")
  constant(value=".")
  property(name="syslogseverity-text")
  constant(value=" ")
  property(name="syslogtag")
  property(name="msg" spIfNo1stSp="on")
  property(name="msg" dropLastLf="on")
  constant(value="\n")
}}
ruleset(name="store") {{
  set $.sender = "nobody";
  {senders}
  action(type="omfile" dynaFile="day" template="line" dirGroup="adm" dirCreateMode="0750" fileGroup="adm"
         fileCreateMode="0640")
}}
input(type="imrelp" port="2514" ruleset="store")
END
systemctl enable -q --now rsyslog
"""
SENDER = 'if $fromhost-ip == "{address}" then {{ set $.sender = "{name}"; }}'
SEND = r"""
cat >/etc/rsyslog.d/00-send.conf <<'END'
module(load="omrelp")
action(type="omrelp" target="{target}" port="2514" action.resumeRetryCount="-1" action.resumeInterval="1"
       queue.type="LinkedList")
END
systemctl enable -q --now rsyslog
"""
#: Who administers a customer's collector may read the store by a group, and become nobody else.
READERS = f"chgrp adm {STORE}; usermod --append --groups adm ansible; grep -rl ansible /etc/sudoers.d | xargs rm -f"
CUT = r"""
nft add table inet cut
nft 'add chain inet cut out { type filter hook output priority 0; }'
nft add rule inet cut out tcp dport 2514 drop
"""


class Estate:
    """The senders and their collectors."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lab = Lab("canary", folder / "lab")
        names = [*COLLECTORS, *SENDERS]
        self.hosts = {name: self._host(name, 10 + number) for number, name in enumerate(names)}
        self.reports = folder / "reports"

    def _host(self, name: str, number: int) -> Host:
        return Host(name, f"canary-{name}", "bookworm", free_port(), network=NETWORK, address=f"{SUBNET}.{number}")

    def start(self) -> None:
        """Boot them, and have each send to its customer's collector."""
        self.stop()
        podman("network", "create", "--subnet", f"{SUBNET}.0/24", NETWORK)
        self.lab.restore(self.hosts.values())
        self.lab.wait_ssh(self.hosts.values())
        known = "\n  ".join(SENDER.format(address=self.hosts[name].address, name=name) for name in SENDERS)
        each(lambda name: self.hosts[name].run(RECEIVE.format(store=STORE, senders=known)), COLLECTORS)
        self.hosts["globex-log"].run(READERS)
        each(lambda name: self.hosts[name].run(SEND.format(target=self._collector(SENDERS[name]).address)), SENDERS)

    def stop(self) -> None:
        self.lab.stop()
        podman("network", "rm", "--force", NETWORK, check=False)

    def _collector(self, customer: str) -> Host:
        return self.hosts[f"{customer}-log"]

    def play(self, playbook: str, *arguments: str, **variables: Any) -> Played:
        """Play a playbook on all of them; the results of each lie beside those before."""
        own: dict[str, Mapping[str, Any]] = {
            name: {
                "bulwark_customer": customer,
                "bulwark_collectors": [
                    {"name": customer, "address": str(self._collector(customer).address), "host": f"{customer}-log"}
                ],
            }
            for name, customer in SENDERS.items()
        }
        for name, customer in COLLECTORS.items():
            own[name] = {"bulwark_customer": customer, "bulwark_host_functions": ["collector"]}
        shared = {"bulwark_canary_log_seconds": 60, "bulwark_forward_canary_minutes": 1, **variables}
        listed = inventory(self.folder / "hosts.json", self.lab, self.hosts.values(), shared, own)
        return play(playbook, listed, self.reports, *arguments)

    def record(self, customer: str) -> Any:
        return json.loads((self.reports / "canary" / f"{customer}.json").read_text(encoding="utf-8"))


def told(played: Played) -> dict[str, str]:
    """Return what the table says of each host."""
    rows = re.findall(r"^(\S+) +(\S+) +((?:found after|NOT FOUND|would be|nothing|not looked).*)$", played.output, re.M)
    return {host: text.strip() for host, _collector, text in rows}


def status(played: Played, host: str, customer: str) -> str:
    (found,) = [one for one in played.host(host, customer)["findings"] if one["control"] == "lin-lm-forward-canary"]
    return str(found["status"])


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    made = Estate(tmp_path_factory.mktemp("canary"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


def test_with_check_nothing_is_written(estate: Estate) -> None:
    played = estate.play("canary", "--check")
    assert played.rc == 0, played.output
    assert told(played)["web"] == f"would be written, and looked for in {STORE} of acme-log"
    assert "bulwark-canary" not in estate.hosts["web"].run("journalctl -q -t bulwark-canary").stdout
    assert not estate.reports.exists() or not (estate.reports / "canary").exists()


@pytest.fixture(scope="module")
def first(estate: Estate) -> Played:
    """A canary while one host is cut off and one is slow."""
    estate.hosts["cut"].run(CUT)
    estate.hosts["late"].run(
        "systemctl kill --signal STOP rsyslog\n"
        "until journalctl -q -t bulwark-canary | grep -q .; do sleep 0.1; done >/dev/null 2>&1 &&"
        f" sleep {DELAY} && systemctl kill --signal CONT rsyslog &"
    )
    return estate.play("canary")


def test_the_one_host_that_is_cut_off_is_named(first: Played) -> None:
    assert first.rc != 0
    assert told(first)["cut"].startswith("NOT FOUND within")
    assert "cut: acme: NOT FOUND" in first.output
    assert [host for host, text in told(first).items() if text.startswith("NOT FOUND")] == ["cut"]


def test_how_late_each_other_line_came_is_told(first: Played) -> None:
    late = {host: int(text.split()[2]) for host, text in told(first).items() if text.startswith("found after")}
    assert set(late) == {"web", "late", "shop"}
    assert max(late["web"], late["shop"]) < late["late"], late
    assert late["late"] >= DELAY - 2, late


def test_a_record_holds_one_customers_hosts(estate: Estate, first: Played) -> None:
    for customer in COLLECTORS.values():
        record = estate.record(customer)
        jsonschema.validate(record, SCHEMA)
        assert set(record["hosts"]) == {name for name, whose in SENDERS.items() if whose == customer}
        text = json.dumps(record)
        assert not [
            name for name, whose in (*SENDERS.items(), *COLLECTORS.items()) if whose != customer and name in text
        ]
    (web,) = estate.record("acme")["hosts"]["web"]
    assert {"found", "oldest", "newest", "until"} <= set(web)


def test_a_reader_of_the_store_needs_no_root(estate: Estate, first: Played) -> None:
    """The account of globex-log can become nobody else."""
    assert estate.hosts["globex-log"].run("su ansible -c 'sudo -n true'", check=False).returncode != 0
    assert "found" in estate.record("globex")["hosts"]["shop"][0]


def test_audits_go_by_it(estate: Estate, first: Played) -> None:
    played = estate.play("audit", bulwark_controls=["lin-lm-forward-canary"], bulwark_fail_on_unreachable=False)
    assert {name: status(played, name, whose) for name, whose in SENDERS.items()} == {
        "web": "pass", "late": "pass", "cut": "fail", "shop": "pass",
    }  # fmt: skip
    assert status(played, "acme-log", "acme") == "not_applicable"


def test_what_is_mended_is_found_again(estate: Estate, first: Played) -> None:
    estate.hosts["cut"].run("nft delete table inet cut")
    played = estate.play("canary", "--limit", "cut")
    assert played.rc == 0, played.output
    assert told(played)["cut"].startswith("found after")
    assert set(estate.record("acme")["hosts"]) == {"web", "late", "cut"}


def test_a_collector_that_is_down_is_not_taken_for_a_host_that_is_cut_off(estate: Estate, first: Played) -> None:
    before = estate.record("globex")
    podman("stop", "--time", "0", estate.hosts["globex-log"].container)
    played = estate.play("canary", "--limit", "shop")
    podman("start", estate.hosts["globex-log"].container)
    assert played.rc != 0
    assert told(played)["shop"].startswith("not looked for: unreachable")
    assert estate.record("globex") == before
