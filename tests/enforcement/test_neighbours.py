# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that another project has hardened: neither breaks ours, nor does ours break what is there.

`neighbours/*.sh` makes the end states, each in the manner of one kind of project: a main file that is replaced, a
drop-in beside the distribution's, lines changed where they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.totp import Codes
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.probing import Login, probe

from tests.enforcement.newcomer import CUSTOMER, PASSWORD, PERSON, SEED, Newcomer, newcomer
from tests.enforcement.outcome import enforcement, still_failing
from tests.enforcement.sshd_effective import Settings, effective, looser
from tests.enforcement.tree import Picture, differences, picture
from tests.integration.fleet import Played, inventory, play
from tests.lab.engine import ADDRESS, Host, Lab, each

SCRIPTS = Path(__file__).with_name("neighbours")
#: Neighbour -> the system it has, and who can log in there beside the automation.
NEIGHBOURS = {"replaced": "bookworm", "drop_in": "trixie", "main_file": "bookworm"}
PEOPLE = {"replaced": [PERSON], "drop_in": [PERSON, "piotr"], "main_file": [PERSON]}
#: Whose login sshd is asked about, and from where: root and a stranger must not get more either.
ASKED = ("ansible", PERSON, "root", "nobody")
ELSEWHERE = "198.51.100.7"


@dataclass(frozen=True)
class State:
    """How a host is at one moment."""

    picture: Picture
    sshd: Mapping[tuple[str, str], Settings]
    enters: Mapping[str, str]


@dataclass(frozen=True)
class Story:
    """The hosts before ours came, after harden and after restore, by neighbour."""

    hardened: Played
    again: Played
    restored: Played
    before: dict[str, State]
    after: dict[str, State]
    back: dict[str, State]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    lab = Lab("neighbours")
    yield lab
    lab.stop()


@pytest.fixture(scope="module")
def story(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Story:
    made, folder = newcomer(lab), tmp_path_factory.mktemp("neighbours")
    hosts = each(lambda name: settled(made, name), NEIGHBOURS)
    listed = inventory(folder / "hosts.json", lab, hosts, made.variables(hosts))
    # A host takes no code twice, but each of them the same one.
    codes = {host.name: Codes(SEED) for host in hosts}

    def states() -> dict[str, State]:
        seen = each(lambda host: state(made, host, codes[host.name]), hosts)
        return {host.name: found for host, found in zip(hosts, seen, strict=True)}

    before = states()
    hardened = play("harden", listed, folder / "hardened")
    after = states()
    again = play("harden", listed, folder / "again")
    restored = play("restore", listed, folder / "restored", "-e", "bulwark_restore_run=first")
    return Story(hardened, again, restored, before, after, states())


def settled(made: Newcomer, name: str) -> Host:
    host = made.start(name, NEIGHBOURS[name])
    host.run((SCRIPTS / f"{name}.sh").read_text(encoding="utf-8"))
    return host


def state(made: Newcomer, host: Host, codes: Codes) -> State:
    here = made.address(host)
    return State(
        picture(host),
        {(name, where): effective(host, name, where) for name in ASKED for where in (here, ELSEWHERE)},
        {name: entered(made, host, name, codes) for name in PEOPLE[host.name]},
    )


def entered(made: Newcomer, host: Host, name: str, codes: Codes) -> str:
    """Log in with everything the person has; return why that failed, nothing where it didn't."""
    target = ["-p", str(host.port), "-o", f"UserKnownHostsFile={made.lab.known_hosts}", ADDRESS]
    login = Login(name, str(made.key), PASSWORD, codes if name == PERSON else None)
    outcome = probe(target, login, seconds=60)
    return "" if outcome.entered else outcome.reason


def test_every_run_succeeds(story: Story) -> None:
    for played in (story.hardened, story.again, story.restored):
        assert played.rc == 0, played.output


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_whoever_got_in_still_gets_in(story: Story, name: str) -> None:
    everybody = dict.fromkeys(PEOPLE[name], "")
    assert story.before[name].enters == everybody
    assert story.after[name].enters == everybody
    assert story.back[name].enters == everybody


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_sshd_is_nowhere_looser(story: Story, name: str) -> None:
    wrong = {
        asked: found for asked, before in story.before[name].sshd.items()
        if (found := looser(before, story.after[name].sshd[asked]))
    }  # fmt: skip
    assert not wrong


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_each_control_passes_or_says_why_it_was_left(story: Story, name: str) -> None:
    told = enforcement(story.hardened.reports / "latest", name, CUSTOMER)
    changed = {control: entry["after"] for control, entry in told.items() if entry["state"] == "changed"}
    assert set(changed.values()) == {"pass"}, changed
    # Asked after another run: what only fails since another control was mended has a reason there.
    assert all(still_failing(story.again.reports / "latest", name, CUSTOMER).values())


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_who_is_not_registered_keeps_his_login_and_is_named(story: Story, name: str) -> None:
    reasons = " ".join(still_failing(story.again.reports / "latest", name, CUSTOMER).values())
    assert ("piotr" in reasons) == ("piotr" in PEOPLE[name])


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_a_second_run_changes_nothing(story: Story, name: str) -> None:
    told = enforcement(story.again.reports / "latest", name, CUSTOMER)
    assert not {control for control, entry in told.items() if entry["state"] == "changed"}


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_restore_returns_what_the_neighbour_had(story: Story, name: str) -> None:
    assert differences(story.before[name].picture, story.back[name].picture) == []
    assert story.back[name].sshd == story.before[name].sshd
