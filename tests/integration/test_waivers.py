# SPDX-License-Identifier: GPL-3.0-or-later
"""Waivers that don't hold, in report and enforcement: refused before anything is read, or ended where they are told.

The hosts' states are recorded: none is connected to.
"""

from __future__ import annotations

import html
import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.waivers import LONGEST_DAYS

from tests.integration.fleet import Played, play
from tests.unit.enforce.login_host import state

#: Staged: harden says why it leaves it, and goes to no host for it.
SUDO = "lin-mf-sudo"
KNOWN = catalogue.load()
LONGEST = LONGEST_DAYS[KNOWN.control(SUDO).severity]
TODAY = date.today()
APPROVED = TODAY - timedelta(7)
LATEST = APPROVED + timedelta(LONGEST)
ENDED = "A waiver of Olga Example no longer holds: what was found has changed since."
PLAYS = {"audit": (), "harden": ("--check",)}


def waiver(party: str = "customer", expires: date = LATEST, **more: str) -> dict[str, Any]:
    return {
        "control": SUDO, "kind": "risk_accepted", "owner": "Olga Example", "reason": "the console is locked away",
        "approved_by": {"name": "Ann Example", "party": party, "on": str(APPROVED)}, "expires": str(expires), **more,
    }  # fmt: skip


class Customer:
    """The customer acme with one host, whose state a test writes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "states").mkdir()
        self.found("sudo")

    def found(self, *services: str) -> None:
        """Have the host ask no second factor of these services alone."""
        asked = dict.fromkeys(("sudo", "sudo-i"), "auth required pam_oath.so usersfile=/etc/users.oath\n")
        files = {**asked, **dict.fromkeys(services, "auth required pam_unix.so\n")}
        read = {
            "schema": "bulwark/host-state/1", "collected_at": f"{TODAY}T00:00:00Z", "seconds": 0.1,
            "areas": state(files=files), "errors": [],
        }  # fmt: skip
        (self._folder / "states" / "acme-web.json").write_text(json.dumps(read), encoding="utf-8")

    def played(self, playbook: str, *waivers: dict[str, Any]) -> Played:
        """Run a playbook with these waivers declared."""
        variables = {
            "bulwark_customer": "acme", "bulwark_controls": [SUDO], "bulwark_waivers": list(waivers),
            "bulwark_state_dir": str(self._folder / "states"),
        }  # fmt: skip
        inventory = self._folder / "hosts.json"
        inventory.write_text(json.dumps({"all": {"hosts": {"acme-web": {}}, "vars": variables}}), encoding="utf-8")
        return play(playbook, inventory, self._folder / "reports", *PLAYS[playbook])

    def finding(self, playbook: str, *waivers: dict[str, Any]) -> dict[str, Any]:
        """Run a playbook, which has to succeed, and return the finding."""
        played = self.played(playbook, *waivers)
        assert played.rc == 0, played.output
        (only,) = (each for each in played.host("acme-web", "acme")["findings"] if each["control"] == SUDO)
        found: dict[str, Any] = only
        return found

    @property
    def latest(self) -> Path:
        return self._folder / "reports" / "latest"


@pytest.fixture
def acme(tmp_path: Path) -> Customer:
    return Customer(tmp_path)


REFUSED = {
    "no approver of the customer": (
        waiver(party="msp:north"),
        f"approved_by.party: msp:north can't approve this one: {SUDO} binds the provider, so only the customer may "
        "(party: customer)",
    ),
    "longer than its longest life": (
        waiver(expires=LATEST + timedelta(1)),
        f"expires: {LATEST + timedelta(1)} is too late: a waiver of a {KNOWN.control(SUDO).severity} control lasts "
        f"{LONGEST} days from approved_by.on, so {LATEST} at the latest",
    ),
}


@pytest.mark.parametrize("playbook", PLAYS)
@pytest.mark.parametrize("case", REFUSED)
def test_one_that_breaks_a_rule_is_refused_with_the_rule(acme: Customer, case: str, playbook: str) -> None:
    """Nothing is judged or changed on the word of such a waiver, and nothing is changed against it."""
    assert KNOWN.binds_provider(SUDO)
    refused, told = REFUSED[case]
    played = acme.played(playbook, refused)
    assert played.rc != 0
    (line,) = (line for line in played.output.splitlines() if line.startswith("fatal: "))
    assert json.loads(line.partition(" => ")[2])["msg"] == (
        f"Nothing was connected to.\nacme-web: bulwark_waivers[0].{told}"
    )
    assert not acme.latest.exists()


def test_one_whose_finding_changed_ends_and_pages_and_enforcement_say_why(acme: Customer) -> None:
    bound = waiver(finding=acme.finding("audit")["found"])
    assert acme.finding("audit", bound)["status"] == "waived"
    acme.found("sudo", "sudo-i")
    ended = acme.finding("audit", bound)
    assert (ended["status"], ended["reason"], "waiver" in ended) == ("fail", ENDED, False)
    delta = json.loads((acme.latest / "delta.json").read_text(encoding="utf-8"))
    assert [each["control"] for each in delta["changes"]["waiver_ended"]] == [SUDO]
    for page in ("report.md", "report.html", "customers/acme.html"):
        assert ENDED in shown(acme.latest / page), page
    assert "holds no more" in shown(acme.latest / "customers" / "acme.html")
    assert acme.finding("harden", bound)["status"] == "fail"
    enforced = json.loads((acme.latest / "enforcement" / "acme" / "acme-web.json").read_text(encoding="utf-8"))
    left = "it is staged: it is enforced only where bulwark_staged names it"
    assert enforced["controls"][SUDO] == {
        "state": "left", "reason": f"{ENDED} {left}", "before": "fail", "after": None, "tasks": []
    }  # fmt: skip
    for page in ("report.html", "customers/acme.html"):
        assert f"{ENDED} {left}" in shown(acme.latest / page), page


def test_one_that_holds_keeps_enforcement_away(acme: Customer) -> None:
    assert acme.finding("harden", waiver())["status"] == "waived"
    enforced = json.loads((acme.latest / "enforcement" / "acme" / "acme-web.json").read_text(encoding="utf-8"))
    assert enforced["controls"] == {}


def shown(path: Path) -> str:
    """Return what a page says, without its tags."""
    return re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]+>", " ", path.read_text(encoding="utf-8"))))
