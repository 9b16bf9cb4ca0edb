# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left

from tests.unit.enforce.ssh_measures import steps
from tests.unit.judges.ssh_host import facts, key, user

CONTROL = "lin-oa-orphan-keys"
KNOWN = {"name": "anna", "kind": "person", "party": "customer", "keys": [{"fingerprint": "SHA256:k"}]}


def test_a_key_without_owner_is_taken_out_where_another_remains() -> None:
    host = facts([user("anna")], [key("anna", fingerprint="SHA256:k"), key("anna", fingerprint="SHA256:x")])
    (step,) = steps(CONTROL, host, bulwark_accounts=[KNOWN])
    assert (step["kind"], step["edit"], step["arguments"]) == ("edit", "authorized_keys", {"without": ["SHA256:x"]})


def test_the_only_keys_of_an_account_stay() -> None:
    host = facts([user("anna")], [key("anna", fingerprint="SHA256:x")])
    with pytest.raises(Left, match="anna: no key of the account has a current owner"):
        steps(CONTROL, host, bulwark_accounts=[KNOWN])
