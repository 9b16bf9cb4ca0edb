# SPDX-License-Identifier: GPL-3.0-or-later
"""What second factors come to at the door: real logins, on hosts that harden gave one-time codes after the key.

Every person has the same seed, which servers know nothing of: a code is used up for one person on one host.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.totp import Codes, code, seed_bytes
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.probing import Login, Outcome, probe

from tests.enforcement.newcomer import CUSTOMER, SEED, Newcomer, fingerprint, newcomer
from tests.integration.fleet import Played, inventory, play
from tests.lab.engine import ADDRESS, Host, Lab, each

#: Hosts -> the system, and the method.
HOSTS = {
    "oath-bookworm": ("bookworm", "totp"),
    "oath-trixie": ("trixie", "totp"),
    "google-bookworm": ("bookworm", "google_authenticator"),
    "google-trixie": ("trixie", "google_authenticator"),
}
PEOPLE = ("petra", "quentin", "ruth", "sven", "una")
#: Somebody who comes later and has no seed, and the emergency account.
STRANGER, RESCUE, PASSWORD = "stranger", "rita", "in the safe, in an envelope 42"
ACCOUNTS = """
if [ -n "$(sshd -T | grep -i persourcepenalties)" ]; then  # our own failures are part of the test
    echo 'PerSourcePenalties no' >/etc/ssh/sshd_config.d/90-test.conf
    systemctl reload ssh
fi
for name in {names}; do
    useradd --create-home --shell /bin/bash "$name"
    install -d -o "$name" -g "$name" -m 0700 "/home/$name/.ssh"
    echo '{key}' | install -o "$name" -g "$name" -m 0600 /dev/stdin "/home/$name/.ssh/authorized_keys"
done
"""
EMERGENCY = """
groupadd rescue
usermod --append --groups rescue {name}
usermod --append --groups sudo una
echo '{name}:{password}' | chpasswd
"""
STEP = 30
#: What needs security keys.
LEFT = ("lin-mf-sk-keys",)


class Given(Codes):
    """Codes of the test's own choice, each once and never waited for."""

    def __init__(self, *given: str) -> None:
        super().__init__(SEED)
        self._given = list(given)

    def wait(self) -> float:
        return 0.0 if self._given else float("inf")

    def next(self) -> str:
        return self._given.pop(0)


@dataclass(frozen=True)
class Door:
    """One hardened host, and the keys that open the first lock of its door."""

    made: Newcomer
    host: Host
    method: str

    def probe(self, name: str, codes: Codes | None = None, password: str | None = None) -> Outcome:
        """Log in with the person's key, and what else is given."""
        options = f"-o UserKnownHostsFile={self.made.lab.known_hosts} -o StrictHostKeyChecking=yes -p {self.host.port}"
        return probe([*options.split(), ADDRESS], Login(name, str(self.made.key), password, codes), 15)

    def ssh(self, name: str, key: Path, *options: str) -> subprocess.CompletedProcess[str]:
        """Log in without anybody who could answer a question."""
        command = self.made.lab.ssh_arguments(self.host, name)
        command[command.index("-i") + 1] = str(key)
        return subprocess.run([*command, *options, "true"], capture_output=True, text=True, check=False)

    def seeds(self, name: str) -> str:
        """Return the file that holds a person's seed."""
        return "/etc/users.oath" if self.method == "totp" else f"/var/lib/google-authenticator/{name}"

    def forgive(self) -> None:
        """Have the host forget who guessed wrong."""
        self.host.run(
            "rm -rf /run/faillock; "
            "sed -i 's/^\\(. RATE_LIMIT [0-9]* [0-9]*\\).*/\\1/' /var/lib/google-authenticator/* 2>/dev/null || true"
        )

    def now(self) -> int:
        """Return the number of the present step, with some of it left."""
        return int(self.host.run("date +%s").stdout) // STEP


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    lab = Lab("totp")
    yield lab
    lab.stop()


@pytest.fixture(scope="module")
def hardened(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> tuple[Played, list[Door]]:
    made, folder = newcomer(lab), tmp_path_factory.mktemp("totp")
    doors = each(lambda name: Door(made, made.start(name, HOSTS[name][0]), HOSTS[name][1]), HOSTS)
    hosts = [door.host for door in doors]
    public = made.key.with_suffix(".pub").read_text(encoding="utf-8").strip()
    known = ACCOUNTS.format(names=" ".join([*PEOPLE, RESCUE]), key=public)
    each(lambda host: host.run(known + EMERGENCY.format(name=RESCUE, password=PASSWORD)), hosts)
    listed = inventory(
        folder / "hosts.json", lab, hosts, declared(made, hosts),
        {door.host.name: {"bulwark_mfa_method": door.method} for door in doors},
    )  # fmt: skip
    played = play("harden", listed, folder / "results", "-vvv")
    assert played.rc == 0, played.output[-4000:]
    for name in HOSTS:
        failing = {found["control"]: found["actual"] for found in played.host(name, CUSTOMER)["findings"]
                   if found["status"] == "fail" and found["control"] not in LEFT}  # fmt: skip
        assert not failing, (failing, re.findall(r'"left": "[^"]*"', played.output))
    # Before, harden would have been refused: it shuts nobody out who is not registered.
    each(lambda host: host.run(ACCOUNTS.format(names=STRANGER, key=public)), hosts)
    return played, doors


def declared(made: Newcomer, hosts: list[Host]) -> dict[str, Any]:
    """Return the inventory's variables; the stranger is in none of them."""
    variables = made.variables(hosts)
    today = date.today().isoformat()
    key = {"fingerprint": fingerprint(made.key), "since": today}
    variables["bulwark_accounts"] += [
        {"name": name, "kind": "person", "party": "msp:north", "factors": ["key", "totp"], "keys": [key]}
        for name in PEOPLE
    ]
    variables["bulwark_accounts"].append(
        {"name": RESCUE, "kind": "break_glass", "party": "customer", "keys": [key], "tested": today}
    )
    return {
        **variables,
        "bulwark_break_glass_group": "rescue",
        "bulwark_totp_seeds": {**variables["bulwark_totp_seeds"], **dict.fromkeys(PEOPLE, SEED)},
        "bulwark_sections": ["mfa"],
        "bulwark_staged": ["lin-mf-sudo"],
        "bulwark_confirm_seconds": 60,
        "bulwark_keep_state": True,
    }


@pytest.fixture
def doors(hardened: tuple[Played, list[Door]]) -> list[Door]:
    """The hosts, with nobody locked out by the test before."""
    for door in hardened[1]:
        door.forgive()
    return hardened[1]


def at_every_door(check: Callable[[Door], None]) -> Callable[[list[Door]], None]:
    """Make a check of one host a test of all, side by side: a refusal takes two seconds, which nobody needs to work."""

    def test(doors: list[Door]) -> None:
        each(check, doors)

    test.__name__, test.__doc__ = check.__name__, check.__doc__
    return test


def test_no_seed_is_printed_or_written(hardened: tuple[Played, list[Door]]) -> None:
    played, _doors = hardened
    for secret in (SEED, seed_bytes(SEED).hex()):
        assert secret not in played.output
        for path in played.reports.rglob("*"):
            assert not path.is_file() or secret.encode() not in path.read_bytes(), path


@at_every_door
def test_a_key_alone_is_refused(door: Door) -> None:
    done = door.ssh("petra", door.made.key)
    assert done.returncode == 255
    assert "Permission denied (keyboard-interactive)" in done.stderr


@at_every_door
def test_a_wrong_code_is_refused(door: Door) -> None:
    outcome = door.probe("petra", Given("000000"))
    assert (outcome.entered, outcome.asked, outcome.reason) == (False, ("key", "code"), "the code was refused")


@at_every_door
def test_the_right_code_gets_in_and_never_again(door: Door) -> None:
    secret, step = seed_bytes(SEED), door.now()
    first = code(secret, step)
    assert door.probe("petra", Given(first)).asked == ("key", "code")
    assert not door.probe("petra", Given(first)).entered
    door.forgive()
    # Not even after another one was used, which is still of the window ahead.
    assert door.probe("petra", Given(code(secret, step + 1))).entered
    assert not door.probe("petra", Given(first)).entered


@at_every_door
def test_a_code_without_the_key_opens_nothing_whatever_sshd_asks_for(door: Door) -> None:
    """PAM itself asks whether the key came first: sshd may be changed by somebody else."""
    door.host.run("echo 'AuthenticationMethods any' >/etc/ssh/sshd_config.d/00-aaa.conf; systemctl reload ssh")
    try:
        for method in ("keyboard-interactive", "password"):
            right = Given(code(seed_bytes(SEED), door.now()))
            outcome = Login("quentin", None, right.next())
            options = ["-o", f"UserKnownHostsFile={door.made.lab.known_hosts}", "-p", str(door.host.port)]
            tried = probe(["-o", f"PreferredAuthentications={method}", *options, ADDRESS], outcome, 15)
            assert not tried.entered, method
    finally:
        door.host.run("rm /etc/ssh/sshd_config.d/00-aaa.conf; systemctl reload ssh")


@at_every_door
def test_the_emergency_account_gets_in_with_its_password(door: Door) -> None:
    outcome = door.probe(RESCUE, password=PASSWORD)
    assert (outcome.entered, outcome.asked) == (True, ("key", "password"))
    assert not door.probe(RESCUE, password="another one").entered
    assert door.ssh(RESCUE, door.made.key).returncode == 255


@at_every_door
def test_the_automation_gets_in_from_its_addresses_alone(door: Door) -> None:
    lab = door.made.lab
    assert door.ssh("ansible", lab.key).returncode == 0
    door.host.put("/root/stolen", lab.key.read_bytes(), 0o600)
    stolen = door.host.run(
        "ssh -i /root/stolen -o BatchMode=yes -o StrictHostKeyChecking=no ansible@127.0.0.1 true", check=False
    )
    assert stolen.returncode == 255
    assert "Permission denied" in stolen.stderr


@at_every_door
def test_who_has_no_seed_does_not_get_in(door: Door) -> None:
    for guess in ("", code(seed_bytes(SEED), door.now())):
        assert not door.probe(STRANGER, Given(guess)).entered


#: What may become of a file with seeds.
GAPS = {
    "missing": "rm {file}",
    "a folder": "rm {file}; mkdir {file}",
    "a link to nowhere": "rm {file}; ln -s /nowhere {file}",
    "empty": ": >{file}",
    "garbage": "head -c 100 /dev/urandom >{file}",
    "without the person": "sed -i '/quentin/d; /{seed}/d' {file}",
}


@pytest.mark.parametrize("gap", GAPS)
def test_a_gap_in_the_seeds_lets_nobody_in(doors: list[Door], gap: str) -> None:
    def check(door: Door) -> None:
        file = shlex.quote(door.seeds("quentin"))
        door.host.run(f"cp -p {file} /root/seeds")
        door.host.run(GAPS[gap].format(file=file, seed=SEED))
        try:
            assert not door.probe("quentin", Given(code(seed_bytes(SEED), door.now()))).entered
            assert door.probe(RESCUE, password=PASSWORD).entered
            assert door.ssh("ansible", door.made.lab.key).returncode == 0
        finally:
            door.host.run(f"rm -rf {file}; cp -p /root/seeds {file}")

    each(check, doors)


@at_every_door
def test_seeds_that_others_may_read_let_nobody_in(door: Door) -> None:
    if door.method == "totp":  # pam_oath reads them all the same
        return
    file = door.seeds("quentin")
    door.host.run(f"chmod 0644 {file}")
    try:
        assert not door.probe("quentin", Given(code(seed_bytes(SEED), door.now()))).entered
    finally:
        door.host.run(f"chmod 0600 {file}")


@at_every_door
def test_nobody_gives_out_a_factor_to_himself(door: Door) -> None:
    """Whoever is in can make a secret of his own, and neither reads nor changes the one that counts."""
    own = "google-authenticator --time-based --disallow-reuse --force --quiet --no-rate-limit --window-size=3"
    door.host.run(f"su - ruth -c '{own}'")
    seed = door.host.run("head -n1 /home/ruth/.google_authenticator").stdout.strip()
    assert re.fullmatch(r"[A-Z2-7]{16,}", seed)
    assert not door.probe("ruth", Given(code(seed_bytes(seed), door.now()))).entered
    file = door.seeds("ruth")
    for attempt in (f"cat {file}", f"echo >>{file}", f"rm -f {file}", f"mv {file} {file}.old", f"mkdir -p {file}.new"):
        assert door.host.run(f"su - ruth -c '{attempt}'", check=False).returncode != 0, attempt


@at_every_door
def test_guesses_lock_the_account_and_no_other(door: Door) -> None:
    for _ in range(3):
        assert not door.probe("sven", Given("000000")).entered
    locked = door.probe("sven", Given(code(seed_bytes(SEED), door.now())))
    assert not locked.entered
    assert door.probe("olivia", Given(code(seed_bytes(SEED), door.now()))).entered
    assert door.probe(RESCUE, password=PASSWORD).entered


@at_every_door
def test_sudo_asks_for_a_code_and_the_automation_for_nothing(door: Door) -> None:
    def sudo(answer: str) -> int:
        return door.host.run(f"su - una -c 'echo {answer} | sudo -k -S true'", check=False).returncode

    assert sudo("000000") != 0
    assert sudo(code(seed_bytes(SEED), door.now())) == 0
    assert door.host.run("su - ansible -c 'sudo -n true'", check=False).returncode == 0
