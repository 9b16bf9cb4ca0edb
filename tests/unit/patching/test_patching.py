# SPDX-License-Identifier: GPL-3.0-or-later
"""One host patched, step by step: what goes wrong ends it, and what was changed until then is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.patching import telling
from ansible_collections.bulwark.msp.plugins.plugin_utils.patching.choosing import Choice, Upgrade
from ansible_collections.bulwark.msp.plugins.plugin_utils.patching.patching import Asked, Done, Patching
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.remote import RemoteError

OPENSSL = Upgrade("openssl", "1", "2", ("CVE-2026-1",))
NGINX = Upgrade("nginx", "3", "4")
DIFFER: dict[str, list[str | None]] = {"openssl": ["1", "2"], "nginx": ["3", "4"], "libnew": [None, "1"]}
CHOICE = Choice((OPENSSL, NGINX))
LOOK = {"wrong": [], "packages": {"openssl": "1", "nginx": "3"}}
COMPARE = {"wrong": [], "differ": DIFFER, "offered": {"openssl": True, "nginx": False}, "reboot": []}


class Host:
    """Answers as it is told to, and writes down what was asked of it."""

    def __init__(self, upgrade: str = "", **answers: Any) -> None:
        self.answers: dict[str, Any] = {"look": LOOK, "compare": COMPARE, "collect": {"path": "/t.tar"}, **answers}
        self.trouble = upgrade
        self.log: list[str] = []

    def call(self, module: str, arguments: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        self.log.append(arguments["operation"])
        answer = self.answers[arguments["operation"]]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, str):
            raise RemoteError(answer)
        return dict(answer)

    def afresh(self) -> None:
        self.log.append("afresh")

    def upgrade(self, wanted: Mapping[str, str], seconds: float) -> None:
        self.log.append("upgrade %s" % " ".join("%s=%s" % each for each in sorted(wanted.items())))
        if self.trouble:
            raise RemoteError(self.trouble)


def patched(
    host: Host, choice: Choice = CHOICE, check: bool = False, reboot: Any = None
) -> tuple[Done, dict[str, str]]:
    kept: dict[str, str] = {}
    asked = Asked("run", check, choice, [{"port": 80}], 60, 5, kept.update, reboot)
    return Patching(host, asked).done(), kept


def test_versions_are_kept_before_and_the_login_is_a_fresh_one() -> None:
    host = Host()
    done, kept = patched(host)
    assert host.log == ["look", "upgrade nginx=4 openssl=2", "afresh", "compare"]
    assert (done.outcome, done.differ, kept) == ("confirmed", DIFFER, LOOK["packages"])


def test_check_mode_asks_the_package_manager_and_keeps_nothing() -> None:
    host = Host()
    done, kept = patched(host, check=True)
    assert host.log == ["look", "upgrade nginx=4 openssl=2"]
    assert (done.outcome, done.differ, kept) == ("would_change", {"openssl": ["1", "2"], "nginx": ["3", "4"]}, {})


def test_where_there_is_nothing_to_do_the_host_is_not_asked() -> None:
    host = Host()
    assert patched(host, Choice())[0].outcome == "unchanged" and host.log == []


def test_intruders_are_looked_for_before_anything_is_changed() -> None:
    host = Host()
    done, _kept = patched(host, Choice((OPENSSL,), triage=("CVE-2026-1",)))
    assert host.log[:3] == ["look", "collect", "upgrade openssl=2"]
    assert done.collected == {"path": "/t.tar"}


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"look": {**LOOK, "wrong": ["x.service is inactive"]}}, "it is not well as it is"),
        ({"look": "no root"}, "no root; nothing was changed"),
        ({"collect": "the disk is full"}, "the disk is full; nothing was changed"),
        ({"collect": {"failed": True, "msg": "less than 256 MB are free"}}, "256 MB are free; nothing was changed"),
    ],
)
def test_a_host_that_is_not_ready_stays_as_it_is(answers: dict[str, Any], reason: str) -> None:
    host = Host(**answers)
    done, _kept = patched(host, Choice((OPENSSL,), triage=("CVE-2026-1",)))
    assert done.outcome == "refused" and reason in done.reason
    assert not [step for step in host.log if step.startswith("upgrade")]


def test_a_host_that_is_not_well_after_says_what_was_and_was_not_patched() -> None:
    wrong = {**COMPARE, "wrong": ["nginx.service has failed"], "differ": {"openssl": ["1", "2"]}}
    done, _kept = patched(Host(upgrade="the upgrade failed: dpkg", compare=wrong))
    assert done.outcome == "failed"
    assert telling.message(CHOICE, done) == (
        "the upgrade failed: dpkg; it failed its health check: nginx.service has failed; patched: openssl 1 -> 2; "
        "not patched: nginx"
    )


def test_a_host_that_cannot_be_logged_in_to_any_more_fails() -> None:
    done, kept = patched(Host(compare="unreachable"))
    assert done.outcome == "failed" and "a fresh login failed: unreachable" in done.reason and kept


class TestReboot:
    DUE: ClassVar[dict[str, Any]] = {**COMPARE, "reboot": ["the host asks for it"]}

    def test_only_where_it_is_allowed(self) -> None:
        done, _kept = patched(Host(compare=self.DUE))
        assert (done.outcome, done.reboot, done.rebooted) == ("confirmed", ("the host asks for it",), False)

    def test_the_host_has_to_be_well_after_it_too(self) -> None:
        host = Host(compare=[self.DUE, {**self.DUE, "wrong": ["x"]}])
        done, _kept = patched(host, reboot=lambda: host.log.append("reboot"))
        assert host.log[-5:] == ["afresh", "compare", "reboot", "afresh", "compare"]
        assert (done.outcome, done.rebooted) == ("failed", True)

    def test_a_host_that_does_not_come_back_fails(self) -> None:
        def never() -> None:
            raise RemoteError("no answer")

        done, _kept = patched(Host(compare=self.DUE), reboot=never)
        assert done.outcome == "failed" and done.reason == "it did not come back from its reboot: no answer"

    def test_an_ailing_host_is_not_started_anew(self) -> None:
        host = Host(compare={**self.DUE, "wrong": ["x"]})
        assert patched(host, reboot=lambda: host.log.append("reboot"))[0].outcome == "failed"
        assert "reboot" not in host.log

    def test_an_installed_kernel_is_reason_enough(self) -> None:
        host = Host(compare={**COMPARE, "differ": {}})
        done, _kept = patched(host, Choice(reboot=("CVE-2026-3",)), reboot=lambda: host.log.append("reboot"))
        assert "reboot" in host.log and done.outcome == "confirmed"
        assert not [step for step in host.log if step.startswith("upgrade")]


class TestTelling:
    def test_controls_have_their_own_packages(self) -> None:
        told = telling.controls(CHOICE, Done("confirmed", differ=DIFFER))
        names = {
            control: [change["name"] for change in entry["tasks"][0]["changes"]] for control, entry in told.items()
        }
        assert names == {"lin-up-kev": ["openssl"], "lin-up-pending": ["nginx", "libnew"]}
        assert {entry["state"] for entry in told.values()} == {"changed"}
        left = telling.controls(Choice(left={"CVE-1 in x 1": "there is no fix yet"}), Done("unchanged"))
        assert left == {"lin-up-kev": {"state": "left", "reason": "CVE-1 in x 1: there is no fix yet", "tasks": []}}

    def test_the_terminal_has_the_way_back(self) -> None:
        lines = telling.lines(CHOICE, Done("confirmed", differ=DIFFER, offered={"nginx": False}, reboot=("r",)), True)
        assert lines == [
            "patched: openssl 1 -> 2, nginx 3 -> 4, libnew (new) -> 1",
            "to be started anew: r",
            "the way back: apt-get install --allow-downgrades nginx=3 openssl=1 && apt-get remove libnew",
            "the host's sources no longer offer nginx: fetch those from an archive of earlier versions first",
        ]

    def test_a_preview_tells_no_way_back(self) -> None:
        done = Done("would_change", differ={"openssl": ["1", "2"]}, collected={"path": "/t.tar"})
        assert telling.lines(Choice((OPENSSL,), triage=("CVE-2026-1",)), done, True) == [
            "to be collected before, to look for intruders (CVE-2026-1): /t.tar on the host",
            "would be patched: openssl 1 -> 2",
        ]
        assert telling.diff(done)[0]["after"] == "openssl 2\n"
