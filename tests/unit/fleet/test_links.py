# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a host is compared with others: whose keys, keyed how, and what could not be seen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import jsonschema
import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import build
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.documents import Unusable, load_host
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case
from ansible_collections.bulwark.msp.plugins.plugin_utils.fleet.compared import of_document
from ansible_collections.bulwark.msp.plugins.plugin_utils.fleet.fingerprints import Key
from ansible_collections.bulwark.msp.plugins.plugin_utils.fleet.links import MOST, OFF, links
from hypothesis import given
from hypothesis import strategies as st

from tests.checkout import ROOT
from tests.unit.drift.fleet import result
from tests.unit.judges.host import TODAY, key, person, policy, user

KEY = Key("a key of the whole fleet")
SCHEMA = json.loads((ROOT / "docs/schemas/host-result.json").read_text("utf-8"))["properties"]["links"]
IDENTITY = {"host_keys": [{"type": "ssh-ed25519", "fingerprint": "SHA256:h"}], "machine_id": "m", "wireguard": [],
            "ipsec": [], "agents": []}  # fmt: skip


def made(
    areas: Mapping[str, Any] | None = None, errors: Iterable[Mapping[str, Any]] = (), used: Key = KEY,
    options: Mapping[str, Any] | None = None, **registers: Any,
) -> dict[str, Any]:  # fmt: skip
    users = [user("root", 0), user("kim"), user("anna"), user("north-lee")]
    keys = [{**key(each["name"]), "marks": []} for each in users]
    facts = {
        "accounts": {"users": users, "groups": {}},
        "keys": {"authorized": keys, "unreadable": {}, "trusted_cas": []},
        "sudo": {"installed": False},
        "identity": IDENTITY,
        **(areas or {}),
    }
    values = {**policy(), "bulwark_compare_hashes": False, **(options or {})}
    case = Case(Facts({"areas": facts, "errors": list(errors)}), values, build(registers), TODAY)
    found = links(case, used)
    jsonschema.validate(found, SCHEMA)
    return found


def accounts(found: Mapping[str, Any], kind: str = "ssh_key") -> list[str]:
    return [each["account"] for each in found["entries"] if each["kind"] == kind]


KIM: dict[str, Any] = {"bulwark_accounts": [person("kim", admin=False)]}


def test_keys_of_administrators_and_providers_are_compared_and_nobody_elses() -> None:
    found = made(**KIM)
    assert {"root", "kim"} <= set(accounts(found))
    assert "anna" not in accounts(found)
    (kim,) = [each for each in found["entries"] if each["account"] == "kim"]
    assert (kim["party"], kim["name"]) == ("msp:north", "line 1 of /home/kim/.ssh/authorized_keys")


def test_a_key_with_a_providers_name_is_compared_wherever_it_is() -> None:
    keys = [{**key("anna"), "marks": ["north-*"]}]
    found = made({"keys": {"authorized": keys, "unreadable": {}, "trusted_cas": []}}, **KIM)
    assert accounts(found) == ["anna"]


def test_nothing_that_is_compared_tells_what_it_is_made_of() -> None:
    text = json.dumps(made(**KIM))
    assert "SHA256:" not in text
    assert not {each["print"] for each in made()["entries"]} & {
        each["print"] for each in made(used=Key("b"))["entries"]
    }
    marks = [{each["mark"] for each in made(bulwark_customer=name)["entries"]} for name in ("acme", "globex")]
    assert not marks[0] & marks[1]
    assert marks[0] == {each["mark"] for each in made(used=Key("another"), bulwark_customer="acme")["entries"]}


def test_what_was_not_read_is_named_by_kind() -> None:
    hidden = {"authorized": [], "unreadable": {"kim": "too large", "anna": "x"}, "trusted_cas": []}
    errors = [{"area": "identity", "fact": "machine_id", "reason": "permission denied"}]
    less = {name: facts for name, facts in IDENTITY.items() if name != "machine_id"}
    found = made({"keys": hidden, "identity": less}, errors, **KIM)
    assert found["unread"] == {
        "ssh_key": "keys of kim: too large", "machine_id": "permission denied", "password": OFF,
    }  # fmt: skip


def test_what_is_known_is_compared_where_the_rest_can_not_be_told() -> None:
    found = made({"sudo": {}}, **KIM)
    assert accounts(found) == ["root", "kim"]
    assert found["unread"]["ssh_key"] == "sudo.installed was not read"


def test_hashes_are_compared_only_where_that_is_asked_for_and_the_key_is_ours() -> None:
    secrets = {"key": KEY.id_for_hosts, "accounts": {"root": "a" * 64, "anna": "b" * 64}}
    state = {"identity": {**IDENTITY, "secrets": secrets}}
    assert "password" in made(state)["unread"]
    found = made(state, options={"bulwark_compare_hashes": True}, **KIM)
    assert (accounts(found, "password"), found["unread"]) == (["root"], {})
    found = made(state, options={"bulwark_compare_hashes": True}, used=Key("another"))
    assert "with another key" in found["unread"]["password"]


def test_more_than_anybody_compares_is_not_known_whole() -> None:
    keys = [{**key("root"), "marks": [], "fingerprint": str(number)} for number in range(MOST + 1)]
    found = made({"keys": {"authorized": keys, "unreadable": {}, "trusted_cas": []}})
    assert "more than" in found["unread"]["ssh_key"]
    assert len(found["entries"]) == MOST


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


KEY_FACTS = ["authorized", "unreadable", "trusted_cas"]
hostile_states = st.fixed_dictionaries(
    {
        "keys": st.dictionaries(st.sampled_from(KEY_FACTS), json_values),
        "identity": st.dictionaries(st.sampled_from([*IDENTITY, "secrets"]), json_values),
    }
)


@given(hostile_states)
def test_a_hostile_state_breaks_nothing(areas: Any) -> None:
    made(areas, options={"bulwark_compare_hashes": True})


@pytest.mark.parametrize("wrong", [None, [], {"key": "k"}, {"key": "k", "entries": [{}], "unread": {}},
                                   {"key": "k", "entries": [], "unread": []}])  # fmt: skip
def test_damaged_links_are_a_damaged_result(tmp_path: Any, wrong: Any) -> None:
    document = result("20261122T020000Z-000000", 1, "acme-web", {}, "2026-11-22T02:00:00Z")
    path = tmp_path / "host.json"
    path.write_text(json.dumps({**document, "links": wrong}), "utf-8")
    with pytest.raises(Unusable, match="links"):
        load_host(path)
    path.write_text(json.dumps({**document, "links": made(**KIM)}), "utf-8")
    assert of_document(load_host(path)).key == KEY.id


def test_hosts_never_see_the_key_itself() -> None:
    assert len({KEY.id, KEY.for_hosts, KEY.id_for_hosts, "a key of the whole fleet"}) == 4
