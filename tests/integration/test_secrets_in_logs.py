# SPDX-License-Identifier: GPL-3.0-or-later
"""A hardening run is given a marked secret, and no log tells it: neither the collector's, nor sudo's, nor the kernel's.

What is recorded is everything: on a container all that is logged goes to a collector and sudo records what a person and
a service print; on a guest the kernel records every program that is started, with its arguments.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.integration.fleet import Played, inventory, play
from tests.lab.engine import Lab
from tests.lab.needed import NEEDS_CONTAINERS
from tests.vm.guest import Guest
from tests.vm.image import cache, no_guest
from tests.vm.vm import Vm

pytestmark = NEEDS_CONTAINERS

MARK = "MARKEDSECRET234567MARKEDSECRET22"
#: What shows that a search finds what is there.
SEEN = "seen-and-recorded"
SET_UP = r"""
useradd --create-home --shell /bin/bash --groups sudo anna
sed -i 's/^@include common-auth/auth required pam_oath.so usersfile=\/etc\/users.oath/' /etc/pam.d/sshd
install -m 0600 /dev/null /etc/users.oath
cat >/etc/sudoers.d/recorded <<'END'
Defaults:anna use_pty, log_output, log_input
Defaults:ansible !log_output, !log_input
anna ALL = (ALL) NOPASSWD: ALL
END
chmod 0440 /etc/sudoers.d/recorded
"""
VARIABLES: dict[str, Any] = {
    "bulwark_controls": ["lin-mf-enrolled"],
    "bulwark_accounts": [
        {"name": "ansible", "kind": "automation", "party": "customer", "admin": True, "scope": ["playbooks"]},
        {"name": "anna", "kind": "person", "party": "customer", "admin": True, "factors": ["totp"]},
    ],
    "bulwark_totp_seeds": {"anna": MARK},
    "bulwark_rings": ["100%"],
}
AUDITED = f"""
systemctl start auditd
auditctl -D >/dev/null
auditctl -a always,exit -F arch=b64 -S execve -k everything
printf %s {SEEN} >/dev/null; /bin/true {SEEN}
"""


class Machine(Protocol):
    def run(self, script: str, *, check: bool = True) -> Any: ...


def forms(secret: str) -> set[str]:
    """Return how a secret may stand in a log: as it is, as users.oath has it, in hex, and inside of a base64 text."""
    plain = base64.b32decode(secret)
    found = {secret, plain.hex(), secret.encode().hex(), plain.hex().encode().hex()}
    for raw in (secret.encode(), plain.hex().encode()):
        for shift in range(3):
            packed = base64.b64encode(b"x" * shift + raw).decode()
            # The ends depend on what stands beside it.
            found.add(packed[4:-4])
    return found


def hidden_in(host: Machine, *folders: str) -> None:
    """Hold that no file below these folders, nor the journal, holds the secret in any form."""
    pattern = "|".join(sorted(forms(MARK)))
    for search in (
        f"grep -rliE '{pattern}' {' '.join(folders)}",
        f"journalctl -q --no-pager -o export | grep -ciE '{pattern}'",
    ):
        assert host.run(f"{search} || true").stdout.strip() in ("", "0"), search


def enforced(played: Played, host: Machine) -> None:
    """Hold that the run did give the secret to the host."""
    assert played.rc == 0, played.output[-3000:]
    assert base64.b32decode(MARK).hex() in host.run("cat /etc/users.oath").stdout
    assert MARK not in played.output


@pytest.fixture
def lab() -> Iterator[Lab]:
    lab = Lab("secrets")
    yield lab
    lab.stop()


def test_neither_the_collector_nor_sudo_gets_to_know_it(lab: Lab, tmp_path: Path) -> None:
    host = lab.start("web", "bookworm")
    lab.wait_ssh([host])
    host.put(
        "/usr/local/bin/logs-to-itself",
        (Path(__file__).parents[1] / "scenarios/tools/logs-to-itself").read_text(),
        0o755,
    )
    host.run("logs-to-itself\n" + SET_UP)
    host.run(f"su - anna -c 'sudo echo {SEEN}'")
    listed = inventory(tmp_path / "hosts.json", lab, [host], VARIABLES)
    enforced(play("harden", listed, tmp_path / "reports", "-vvv"), host)
    host.run("journalctl --sync; sleep 2")
    store = host.run("cat /var/log/bulwark-collector/web/*.log").stdout
    # It was all recorded: the run's own sudo, and what a person printed by it.
    assert re.search(r"sudo: +ansible : .*COMMAND=", store)
    assert f"COMMAND=/usr/bin/echo {SEEN}" in store
    assert host.run("ls -A /var/log/sudo-io").stdout
    hidden_in(host, "/var/log")


@pytest.mark.skipif(bool(no_guest()), reason=no_guest() or "there is a guest")
def test_the_kernel_records_no_secret_of_a_run(tmp_path: Path) -> None:
    vm = Vm("bookworm", cache() / f"secrets-{os.getpid()}")
    guest = Guest(vm)
    try:
        vm.start()
        guest.run(SET_UP + AUDITED)
        listed = tmp_path / "hosts.json"
        listed.write_text(json.dumps({"all": {"hosts": {"vm": {**guest.variables(), **VARIABLES}}}}), encoding="utf-8")
        enforced(play("harden", listed, tmp_path / "reports", "-vvv"), guest)
        # The search itself would be recorded, with what it searches for.
        recorded = guest.run("auditctl -D >/dev/null; cat /var/log/audit/audit.log").stdout
        assert f'a1="{SEEN}"' in recorded
        assert "AnsiballZ" in recorded or recorded.count('comm="python3"') > 1
        hidden_in(guest, "/var/log")
    finally:
        vm.stop()
        shutil.rmtree(vm.folder)
