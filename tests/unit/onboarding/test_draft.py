# SPDX-License-Identifier: GPL-3.0-or-later
"""A draft is data: whatever a host calls its accounts, Ansible loads it as text, and comments end where they began."""

from __future__ import annotations

import re
from typing import Any

import yaml
from ansible_collections.bulwark.msp.plugins.plugin_utils.onboarding import draft
from ansible_collections.bulwark.msp.plugins.plugin_utils.onboarding.found import PROPOSED, Found, Proposal
from hypothesis import given
from hypothesis import strategies as st

DAY = "2026-11-22"


class Loader(yaml.SafeLoader):
    """Reads what Ansible reads; notes which texts may not be templates."""


def unsafe(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> tuple[str, str]:
    return "unsafe", str(loader.construct_scalar(node))


Loader.add_constructor("!unsafe", unsafe)


def account(name: str, remark: str = "") -> Proposal:
    return Proposal({"name": name, "kind": "person", "party": "customer", "admin": False, **PROPOSED}, remark)


def written(found: dict[str, Found], customer: str = "acme") -> dict[str, str]:
    return draft.files(customer, {host: {} for host in found}, found, DAY, "drafts/acme")


def accounts_of(text: str, variable: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.load(text, Loader)[variable]
    return loaded


@given(st.text(), st.text())
def test_any_name_is_loaded_as_it_is_and_never_as_a_template(name: str, remark: str) -> None:
    text = written({"web": Found({"bulwark_accounts": [account(name, remark)]})})["host_vars/web/proposed.yml"]
    (entry,) = accounts_of(text, "bulwark_accounts_web")
    template = bool(re.search(r"\{[{%#]", name))
    assert entry["name"] == (("unsafe", name) if template else name)
    assert entry["status"] == "proposed"
    assert entry["approved_by"] is entry["approved_on"] is None


def test_what_every_host_has_stands_with_the_group() -> None:
    both, one = account("anna"), account("ben")
    texts = written({
        "web": Found({"bulwark_accounts": [both]}),
        "db": Found({"bulwark_accounts": [both, one]}),
    })  # fmt: skip
    names = {path: [entry["name"] for entry in next(iter(yaml.safe_load(text).values()))]
             for path, text in texts.items() if path.endswith("proposed.yml")}  # fmt: skip
    assert names == {"group_vars/acme/proposed.yml": ["anna"], "host_vars/db/proposed.yml": ["ben"]}


def test_names_become_groups_and_variables_that_ansible_takes() -> None:
    texts = written({"web-1.example": Found({"bulwark_accounts": [account("anna")]})}, "7-of-nine")
    assert set(yaml.safe_load(texts["hosts.yml"])) == {"_7_of_nine"}
    assert "bulwark_accounts_web_1_example:" in texts["host_vars/web-1.example/proposed.yml"]


def test_what_was_not_read_is_told() -> None:
    texts = draft.files("acme", {"web": {}, "db": {}}, {"web": Found({}, ["bulwark_accounts: no root"])}, DAY, "d")
    assert "- db was not read" in texts["README.md"]
    assert "- web: bulwark_accounts: no root" in texts["README.md"]
