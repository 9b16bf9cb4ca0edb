# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's fleet: `python -m tests.lab.lab up|down|status|deps`.

`up` starts the Linux hosts of inventories/lab, or puts each back to its planted start, and writes what the inventory
can't hold in advance: ports, keys, the dates that must lie before or after today, and a customer's records.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

from . import evidence
from .authority import certificate, issue
from .engine import Host, Lab, LabError, each, free_port, make_key
from .podman import install_packages, podman

HERE = Path(__file__).parent
INVENTORY = HERE.parent.parent / "inventories" / "lab"
GENERATED = INVENTORY / "generated.json"
NETWORK, SUBNET = "bulwark-lab", "172.31.250.0/24"
#: Host -> suite and address; the addresses are those the inventory's zones are made for.
FLEET = {
    "msp-jump": ("bookworm", "172.31.250.10"),
    "msp-awx": ("bookworm", "172.31.250.11"),
    "msp-log": ("trixie", "172.31.250.50"),
    "acme-web": ("bookworm", "172.31.250.20"),
    "acme-db": ("bookworm", "172.31.250.21"),
    "acme-backup": ("trixie", "172.31.250.22"),
    "acme-log": ("trixie", "172.31.250.23"),
    "globex-web": ("bookworm", "172.31.250.33"),
    "globex-db": ("bookworm", "172.31.250.34"),
    "globex-backup": ("trixie", "172.31.250.35"),
    "globex-log": ("trixie", "172.31.250.36"),
}
#: Hosts that collect the logs of their customer's others, and the programs that keep and watch what came.
COLLECTORS = ("msp-log", "acme-log", "globex-log")
PROGRAMS = HERE.parent.parent / "roles" / "logging" / "files"
DOMAINS = {"msp": "north.example", "acme": "acme.example", "globex": "globex.example"}
#: Host -> the one whose image it was made from, SSH host keys and all.
CLONES = {"globex-db": "globex-web"}
DAYS = {"a_month_ago": -30, "a_week_ago": -7, "yesterday": -1, "in_a_month": 30, "in_a_year": 365}


def lab() -> Lab:
    """The fleet's lab; its keys lie beside the inventory."""
    return Lab("bulwark-lab", INVENTORY / ".generated")


def fleet() -> list[Host]:
    """The fleet's hosts, on the ports of the last `up` where there was one."""
    ports = _ports()
    return [
        Host(name, f"bulwark-lab-{name}", suite, ports.get(name) or free_port(), network=NETWORK, address=address)
        for name, (suite, address) in FLEET.items()
    ]


def up() -> None:
    """Start the fleet, or put every host back to its planted start."""
    here, hosts = lab(), fleet()
    if podman("network", "exists", NETWORK, check=False).returncode != 0:
        podman("network", "create", "--subnet", SUBNET, NETWORK)
    for clone, origin in CLONES.items():
        here.clone(origin, clone)
    certificates = here.state / "certificates"
    issue(certificates, DOMAINS, {host.name: customer_of(host) for host in hosts})
    here.restore(hosts)
    # A host that still boots may hold the lock of /etc/shadow that a plant's useradd wants.
    here.wait_ssh(hosts)
    # Made here once, not by each of the hosts that are planted side by side.
    keys = {host.name: key_to(here, host) for host in hosts}
    each(lambda host: certify(host, certificates), hosts)
    each(lambda host: plant(host, keys[host.name]), hosts)
    here.write_known_hosts(hosts)
    GENERATED.write_text(generated(here, hosts), encoding="utf-8")
    evidence.keep(INVENTORY)
    here.wait_ssh(hosts)


def customer_of(host: Host) -> str:
    """The customer to whom a host belongs, as the inventory has it."""
    return host.name.partition("-")[0]


def collects(host: Host) -> bool:
    """Whether a host collects logs: then it is its customer's alone, and North has no way in."""
    return host.name in COLLECTORS


def key_to(here: Lab, host: Host) -> Path:
    """The private key by which the inventory reaches a host: North's automation, or a collector's administrator."""
    return customer_key(here, customer_of(host), "logs" if collects(host) else "automation")


def customer_key(here: Lab, customer: str, whose: str = "automation") -> Path:
    """The private key of North's automation at one customer, or of who administers its logs; made when asked for."""
    comments = {"automation": f"automation of North at {customer}", "logs": f"administration of the logs of {customer}"}
    path = here.state / whose / customer
    make_key(path, "ed25519", comments[whose])
    return path


def certify(host: Host, certificates: Path) -> None:
    """Give the host its certificate, and to a collector the programs that come with the role."""
    for name, text in certificate(certificates, host.name, customer_of(host)).items():
        host.put(f"/etc/bulwark/logs/{name}", text, 0o600)
    for program in PROGRAMS.glob("*.py") if collects(host) else ():
        text = "#!/usr/bin/python3\n" + program.read_text(encoding="utf-8")
        host.put(f"/usr/local/sbin/{program.stem.replace('_', '-')}", text, 0o755)


def plant(host: Host, key: Path) -> None:
    """Make the host what its plant says, reached with its customer's key."""
    public = key.with_suffix(".pub").read_text(encoding="utf-8").strip()
    host.put("/home/ansible/.ssh/authorized_keys", public + "\n", 0o600, 1000)
    standard, own = HERE / "standard.sh", HERE / "plants" / f"{host.name}.sh"
    given = f"customer={customer_of(host)}\nautomation_key={shlex.quote(public)}\n"
    host.run(given + standard.read_text(encoding="utf-8") + own.read_text(encoding="utf-8"))


def down() -> None:
    """Remove the fleet, its network and what `up` wrote, but for the keys."""
    lab().stop()
    podman("network", "rm", "--force", NETWORK)
    GENERATED.unlink(missing_ok=True)
    shutil.rmtree(INVENTORY / evidence.KEPT, ignore_errors=True)


def generated(here: Lab, hosts: list[Host]) -> str:
    """The text of the inventory file beside hosts.yml."""
    checked = f"-o UserKnownHostsFile={here.known_hosts} -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes"
    dates = {name: str(date.today() + timedelta(days)) for name, days in DAYS.items()}
    customers = {customer: {"vars": key_of(here, customer)} for customer in sorted(set(map(customer_of, hosts)))}
    ports = {
        host.name: {"ansible_port": host.port, **(reached(here, host) if collects(host) else {})} for host in hosts
    }
    linux = {"vars": {"ansible_ssh_common_args": checked}, "hosts": ports}
    return json.dumps({"all": {"vars": {"lab_dates": dates}, "children": {**customers, "linux": linux}}}, indent=2)


def key_of(here: Lab, customer: str) -> dict[str, str]:
    """With which key the customer's hosts are reached, and its fingerprint."""
    key = customer_key(here, customer)
    return {"ansible_ssh_private_key_file": str(key), "lab_key": fingerprint(key)}


def reached(here: Lab, host: Host) -> dict[str, str]:
    """With which key a collector is reached, and its fingerprint."""
    key = key_to(here, host)
    return {"ansible_ssh_private_key_file": str(key), "lab_log_key": fingerprint(key)}


def fingerprint(key: Path) -> str:
    """The fingerprint of a key pair."""
    listed = subprocess.run(["ssh-keygen", "-l", "-f", f"{key}.pub"], capture_output=True, text=True, check=True).stdout
    return listed.split()[1]


def _ports() -> dict[str, int]:
    """Ports that `up` chose before: they stay, so that an inventory in use keeps working."""
    if not GENERATED.exists():
        return {}
    linux = json.loads(GENERATED.read_text(encoding="utf-8"))["all"]["children"]["linux"]
    return {name: values["ansible_port"] for name, values in linux["hosts"].items()}


def status() -> None:
    """Print each host with its port and whether it runs."""
    running = set(lab().containers())
    for host in fleet():
        say(f"{host.name:14} {host.suite:9} {'up   port ' + str(host.port) if host.container in running else 'down'}")


def deps() -> None:
    """Install what the lab needs on a Debian machine."""
    say(f"installed: {' '.join(install_packages()) or 'nothing was missing'}")


def say(text: str) -> None:
    """Tell whoever runs `make lab`."""
    sys.stdout.write(text + "\n")


def main() -> int:
    """Run one command; 1 with the reason on stderr where it can't be done."""
    commands = {"up": up, "down": down, "status": status, "deps": deps}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=commands)
    chosen = parser.parse_args().command
    begun = time.monotonic()
    try:
        commands[chosen]()
    except LabError as error:
        sys.stderr.write(f"lab: {error}\n")
        return 1
    if chosen == "up":
        seconds = time.monotonic() - begun
        say(f"{len(FLEET)} hosts ready after {seconds:.1f} s: make audit INVENTORY=inventories/lab")
    return 0


if __name__ == "__main__":
    sys.exit(main())
