# SPDX-License-Identifier: GPL-3.0-or-later
"""One host to which one fault happens: hardened by the real playbook, watched from outside, compared with before."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path
from typing import Any

from tests.enforcement.tree import Picture, differences, picture
from tests.faults.controller import Controller
from tests.faults.targets import Target
from tests.integration.fleet import Played

#: Two controls that fail on every fresh host, and are nothing but drop-ins of sshd.
SSH_CONTROLS = ("lin-ic-ssh-max-tries", "lin-lm-ssh-verbose")
DROP_INS = tuple(f"/etc/ssh/sshd_config.d/00-bulwark-{control}.conf" for control in SSH_CONTROLS)
CONFIRM_SECONDS = 15
#: What the host may take beyond that until it is as before.
REVERT_SECONDS = 15
FOLDER = "/var/lib/bulwark"
PENDING = f"{FOLDER}/pending.json"
#: What the picture of the files doesn't show: how sshd reads them, what filters packets, and what is half done.
LIVE = rf"""
sshd -T -C user=ansible,host=there,addr=203.0.113.9 | sort
nft list ruleset 2>/dev/null | sed -E 's/counter packets [0-9]+ bytes [0-9]+/counter/' || true
systemctl is-active ssh.service
ls -d {FOLDER}/pending.json {FOLDER}/lock.json {FOLDER}/stage/* {FOLDER}/reserve 2>/dev/null || true
systemctl list-units --plain --no-legend 'bulwark*' | awk '{{ print $1, $3 }}'
find /etc /run/systemd/system -name '*bulwark*' ! -path '/etc/ssh/sshd_config.d/00-bulwark-*' | sort
pgrep -af putback.py | cut -d' ' -f2- || true
"""

#: Podman writes it anew when a container starts again, for its address may be another one.
PODMANS = re.compile(r"^file /etc/hosts:")
HALF_DONE = re.compile(r"^/var/lib/bulwark/|putback|\.tmp$")


@dataclass(frozen=True)
class Look:
    """How a host is: its tree, what is live on it, and who can log in with a key."""

    tree: Picture
    live: list[str]
    logins: set[str]


@dataclass
class Scene:
    """A host, a folder for inventories and reports, maybe a second host, and who may log in with a key."""

    target: Target
    folder: Path
    beside: Target | None = None
    accounts: Sequence[str] = ("ansible",)
    declared: Mapping[str, Any] = field(default_factory=dict)
    before: Look | None = None
    controllers: list[Controller] = field(default_factory=list)

    def begin(self) -> None:
        """Remember how the host is; the fault's own preparations belong before it."""
        self.before = self.look()

    def look(self) -> Look:
        """Return how the host is now."""
        live = self.target.run(LIVE).stdout.splitlines()
        return Look(picture(self.target), live, {name for name in self.accounts if self.enters(name)})

    def enters(self, account: str, key: Path | None = None) -> bool:
        """Say whether an account gets in with a key alone."""
        done = subprocess.run([*self.target.ssh(account, key), "true"], capture_output=True, check=False)
        return done.returncode == 0

    def enters_with_password(self, account: str, password: str) -> bool:
        """Say whether an account gets in with a password alone."""
        says = self.folder / "says-password"
        says.write_text(f"#!/bin/sh\necho '{password}'\n", encoding="utf-8")
        says.chmod(0o700)
        login = self.target.ssh(account)
        options = ("BatchMode=no", "PubkeyAuthentication=no", "NumberOfPasswordPrompts=1")
        words = [word for option in options for word in ("-o", option)]
        environment = {**os.environ, "SSH_ASKPASS": str(says), "SSH_ASKPASS_REQUIRE": "force"}
        done = subprocess.run([login[0], *words, *login[1:], "true"], capture_output=True, check=False, env=environment)
        return done.returncode == 0

    def play(
        self, name: str = "reports", others: Mapping[str, Mapping[str, Any]] | None = None, **declared: Any
    ) -> Controller:
        """Start harden against the host, with a few controls and a short deadline unless declared otherwise.

        others: more hosts by name, with their own variables.
        """
        common = {
            "bulwark_customer": "acme",
            "bulwark_controls": list(SSH_CONTROLS),
            "bulwark_confirm_seconds": CONFIRM_SECONDS,
            **self.declared,
            **declared,
        }
        hosts = {self.target.name: self.target.variables(), **(others or {})}
        # A host's own variables go before those of all.
        named = {host: {**variables, **common, **(others or {}).get(host, {})} for host, variables in hosts.items()}
        path = self.folder / f"{name}.hosts.json"
        path.write_text(json.dumps({"all": {"hosts": named}}), encoding="utf-8")
        self.controllers.append(Controller("harden", path, self.folder / name))
        return self.controllers[-1]

    def end(self) -> None:
        """Leave no controller behind, stopped or not."""
        for controller in self.controllers:
            controller.kill()

    def ended(self, controller: Controller, rc: int | None = None) -> Played:
        """Wait for the end of a run and return it; fails where its exit status is another one."""
        played = controller.ended()
        assert rc in (None, played.rc), f"exit status {played.rc}:\n{tail(played.output)}"
        return played

    def stopped_when_changed(self, controller: Controller, path: str = DROP_INS[0]) -> float:
        """Stop the controller as soon as the host is armed, see the change through, return when it was armed."""
        armed = self.armed(controller)
        controller.stop()
        wait_for(lambda: self.target.exists(path), 10, f"{path} on {self.target.name}")
        wait_for(self.idle, 30, f"{self.target.name} has carried the change out")
        return armed

    def idle(self) -> bool:
        """Say whether nothing of the safeguard is at work on the host."""
        script = f"flock -n {FOLDER}/mutex true && ! pgrep -f 'putback.py timer'"
        return self.target.run(script, check=False).returncode == 0

    def armed(self, controller: Controller) -> float:
        """Wait until the host is armed and return when that was seen."""
        deadline = time.monotonic() + 120
        while not self.target.exists(PENDING):
            assert controller.running(), f"the run ended without a change:\n{tail(controller.output())}"
            assert time.monotonic() < deadline, f"nothing was changed in time:\n{tail(controller.output())}"
            time.sleep(0.02)
        return time.time()

    def undone(self, armed: float, confirm_seconds: int = CONFIRM_SECONDS) -> float:
        """Wait until the host has put everything back, assert that it was in time, return the seconds it took."""
        limit = confirm_seconds + REVERT_SECONDS
        left = armed + limit - time.time()
        wait_for(lambda: self.target.exists(PENDING) is False, max(left, 0.1), f"{self.target.name} as before")
        took = round(time.time() - armed, 1)
        wait_for(self.idle, 30, "the end of what put it back")
        self.is_as_before()
        return took

    def is_as_before(self) -> None:
        """Assert that files, units, accounts, packages, sshd's view, packet filters and logins are as they were."""
        before, after = self.before, self.look()
        assert before is not None
        found = [
            *(line for line in differences(before.tree, after.tree) if not PODMANS.search(line)),
            *list(unified_diff(before.live, after.live, n=0, lineterm=""))[2:],
            *(f"{account}: login" for account in before.logins ^ after.logins),
        ]
        assert not found, "\n".join(found)

    def is_confirmed(self, *paths: str) -> None:
        """Assert that the change is there, that nothing waits any more, and that whoever could log in still can."""
        before, after = self.before, self.look()
        assert before is not None
        for path in paths or DROP_INS:
            assert self.target.exists(path), path
        leftovers = [line for line in after.live if HALF_DONE.search(line)]
        assert not leftovers, leftovers
        out = before.logins - after.logins
        assert not out, f"out: {out}"

    def record(self, played: Played, host: str = "") -> dict[str, Any]:
        """Return what the run's results say of the enforcement on this host, or on another one."""
        return played.document(f"enforcement/acme/{host or self.target.name}.json")


def tail(output: str) -> str:
    """Return the end of a playbook's output: its report and what failed."""
    return output[-2500:]


def wait_for(true: Callable[[], Any], seconds: float, what: str) -> None:
    """Return when it is true; fails naming what did not happen in time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.2)
