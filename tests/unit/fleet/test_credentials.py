# SPDX-License-Identifier: GPL-3.0-or-later
"""What customers share is told to each by itself; what could not be compared is no pass."""

from __future__ import annotations

import json

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.fleet.fingerprints import Key
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fleet.room import CONTROLS, host, judge, link

KEYS, IDENTITIES, SECRETS = CONTROLS
KIM = link("ssh_key", "kim", "line 1 of /etc/kim", "north-kim", "msp:north")


def test_a_key_at_two_customers_is_the_finding_of_both() -> None:
    made = judge([host("acme-web", KIM), host("acme-db", KIM), host("globex-web", KIM)], KEYS)
    assert made["acme"].own["actual"] == [
        "the key of north-kim (msp:north) on acme-db and acme-web (line 1 of /etc/kim) is shared with another customer"
    ]
    assert made["globex"].own["actual"] == [
        "the key of north-kim (msp:north) on globex-web (line 1 of /etc/kim) is shared with another customer"
    ]
    (told,) = made["acme"].fleet["actual"]
    assert told.endswith("acme: north-kim on acme-db and acme-web; globex: north-kim on globex-web")
    assert made["globex"].fleet["customers"] == ["globex", "acme"]
    assert made["globex"].fleet["hosts"] == ["acme-db", "acme-web", "globex-web"]
    assert "globex" not in json.dumps(made["acme"].own)


def test_a_key_at_one_customer_is_as_it_should_be() -> None:
    made = judge([host("acme-web", KIM), host("acme-db", KIM), host("globex-web")], KEYS)
    assert {customer: each.own["status"] for customer, each in made.items()} == {"acme": "pass", "globex": "pass"}


def test_a_key_that_is_trusted_as_an_authority_elsewhere_is_shared() -> None:
    made = judge([host("acme-web", KIM), host("globex-web", link("ssh_ca", "kim", "line 1 of /etc/ca"))], KEYS)
    assert made["globex"].own["actual"] == [
        "the trusted CA on globex-web (line 1 of /etc/ca) is shared with another customer"
    ]


def test_a_waiver_can_be_bound_to_a_key_whatever_the_runs_key_is() -> None:
    found = {judge([host("acme-web", KIM), host("globex-web", KIM)], KEYS)["acme"].own["found"]}
    found.add(judge([host("acme-db", KIM), host("globex-web", KIM)], KEYS)["acme"].own["found"])
    assert len(found) == 1
    waiver = {
        "control": KEYS, "kind": "risk_accepted", "owner": "Eve", "reason": "r", "expires": "2026-12-01",
        "finding": found.pop(), "approved_by": {"name": "Ann", "party": "customer", "on": "2026-11-20"},
    }  # fmt: skip
    hosts = [host("acme-web", KIM), host("globex-web", KIM)]
    made = judge(hosts, KEYS, acme={"bulwark_waivers": [waiver]})
    assert [each.own["status"] for each in made.values()] == ["waived", "fail"]
    other = link("ssh_key", "ana", "", "north-kim")
    hosts = [host("acme-web", KIM, other), host("globex-web", KIM, other)]
    assert judge(hosts, KEYS, acme={"bulwark_waivers": [waiver]})["acme"].own["status"] == "fail"


class TestClones:
    def test_a_clone_is_told_once_for_each_kind(self) -> None:
        same = [link("host_key", "k1", "ssh-ed25519"), link("host_key", "k2", "ssh-rsa"), link("machine_id", "m")]
        made = judge([host("acme-a", *same), host("acme-b", *same), host("globex-c")], IDENTITIES)
        assert made["acme"].own["actual"] == [
            "acme-a and acme-b have the same SSH host key (ssh-ed25519, ssh-rsa)",
            "acme-a and acme-b have the same machine id (m)",
        ]
        assert made["globex"].own["status"] == "pass"

    def test_a_clone_at_another_customer_has_no_name(self) -> None:
        made = judge([host("acme-a", link("machine_id", "m")), host("globex-b", link("machine_id", "m"))], IDENTITIES)
        assert made["acme"].own["actual"] == ["acme-a has the same machine id (m), shared with another customer"]

    def test_two_names_of_one_interface_are_no_clone(self) -> None:
        both = [link("wireguard", "w", "wg0"), link("wireguard", "w", "wg1")]
        assert judge([host("acme-a", *both), host("globex-b")], IDENTITIES)["acme"].own["status"] == "pass"


def test_a_hash_at_two_customers() -> None:
    boss = link("password", "h", "password", "boss")
    made = judge([host("acme-web", boss), host("acme-db", boss), host("globex-web", boss)], SECRETS)
    assert made["acme"].own["actual"] == ["the password hash of boss on acme-db and acme-web is shared with another "
                                          "customer"]  # fmt: skip
    assert (
        judge([host("acme-web", boss), host("acme-db", boss), host("globex-web")], SECRETS)["acme"].own["status"]
        == "pass"
    )


class TestWhatIsMissingIsNoPass:
    @pytest.mark.parametrize("control", CONTROLS)
    def test_one_customer_alone(self, control: str) -> None:
        own = judge([host("acme-web"), host("acme-db")], control, left=["globex-web"])["acme"].own
        assert (own["status"], own["reason"].partition(":")[0]) == ("unknown", "only one customer in this run")

    def test_within_one_customer_what_can_be_said_is_said(self) -> None:
        same = link("machine_id", "m")
        assert judge([host("acme-web", same), host("acme-db", same)], IDENTITIES)["acme"].own["status"] == "fail"

    def test_own_hosts_are_named_and_others_are_not(self) -> None:
        made = judge([host("acme-web"), host("globex-web")], KEYS, ["acme-db"], ["globex-db", "acme-mail"])
        assert made["acme"].own["reason"] == (
            "not read: acme-db; not in this run: acme-mail; "
            "not every host of the other customers could be compared in this run"
        )
        assert "globex" not in json.dumps(made["acme"].own)

    def test_what_a_host_could_not_tell(self) -> None:
        hosts = [host("acme-web", unread={"ssh_key": "keys of kim: too large"}), host("globex-web")]
        made = judge(hosts, KEYS)
        assert made["acme"].own["reason"] == "keys of kim: too large: acme-web"
        assert "not every host" in made["globex"].own["reason"]
        assert {each.own["status"] for each in judge(hosts, IDENTITIES).values()} == {"pass"}

    def test_different_keys(self) -> None:
        other = Key("another")
        theirs = KIM._replace(print=other.fingerprint("ssh", "kim"))
        made = judge([host("acme-web", KIM), host("globex-web", theirs, key=other)], KEYS)
        assert made["acme"].own["status"] == "unknown"
        assert "different keys" in made["acme"].own["reason"]


@given(
    places=st.lists(
        st.tuples(st.sampled_from(["acme", "globex", "initech"]), st.integers(0, 3), st.integers(0, 4)), max_size=30
    )
)
def test_each_customer_reads_of_itself_alone(places: list[tuple[str, int, int]]) -> None:
    links: dict[str, set[int]] = {"acme-0": set(), "globex-0": set(), "initech-0": set()}
    for customer, number, material in places:
        links.setdefault(f"{customer}-{number}", set()).add(material)
    hosts = [
        host(name, *(link("ssh_key", str(each), "k", f"{name}-account") for each in found))
        for name, found in links.items()
    ]
    made = judge(hosts, KEYS)
    for customer, finding in made.items():
        text = json.dumps(finding.own)
        assert not [other for other in made if other != customer and other in text]
        own = {each for name, found in links.items() for each in found if name.startswith(customer)}
        theirs = {each for name, found in links.items() for each in found if not name.startswith(customer)}
        assert len(finding.own["actual"]) == len(own & theirs)
        assert finding.own["status"] == ("fail" if own & theirs else "pass")
