# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from tests.unit.judges.ssh_host import facts, judge, key, user

HYGIENE = "lin-aa-key-hygiene"
PROVIDER = [{"name": "kim", "kind": "person", "party": "msp:north"}]
RSA = {"type": "ssh-rsa"}


@pytest.mark.parametrize(
    ("more", "bits", "wrong"),
    [
        ({}, 2048, ""),
        ({**RSA, "bits": 2048}, 2048, ""),
        ({**RSA, "bits": 2048}, 3072, "is an RSA key of 2048 bits"),
        ({**RSA, "bits": 1024}, 2048, "is an RSA key of 1024 bits"),
        ({"type": "ssh-dss", "bits": 1024}, 2048, "is a DSA key"),
    ],
)
def test_weak_keys(more: dict[str, Any], bits: int, wrong: str) -> None:
    host = facts([user("anna")], [key("anna", **more)])
    status, items, _reason = judge(HYGIENE, host, bulwark_accounts=[], bulwark_rsa_bits=bits)
    assert (status, len(items)) == (("fail", 1) if wrong else ("pass", 0))
    assert wrong in "".join(items)


def test_an_authoritys_key_is_held_to_the_same() -> None:
    authority = {"path": "/etc/ssh/ca.pub", "line": 2, "type": "ssh-rsa", "bits": 1024, "fingerprint": "SHA256:ca"}
    _status, items, _reason = judge(HYGIENE, facts(keys={"trusted_cas": [authority]}), bulwark_accounts=[])
    assert items == ["/etc/ssh/ca.pub line 2: SHA256:ca is an RSA key of 1024 bits"]


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"strictmodes": "no"}, "StrictModes is not yes"),
        ({"pubkeyacceptedalgorithms": "ssh-ed25519,ssh-rsa"}, "PubkeyAcceptedAlgorithms takes ssh-rsa for every login"),
    ],
)
def test_loose_settings(settings: dict[str, str], wrong: str) -> None:
    assert judge(HYGIENE, facts(settings=settings), bulwark_accounts=[])[:2] == ("fail", [wrong])


@pytest.mark.parametrize(("writable", "status"), [(True, "fail"), (False, "pass")])
def test_a_provider_cannot_add_keys(writable: bool, status: str) -> None:
    """A file that is not there yet counts too: sshd would accept it once somebody makes it."""
    files = [{"user": "kim", "path": "/home/kim/.ssh/authorized_keys2", "exists": False, "writable_by_user": writable}]
    assert judge(HYGIENE, facts([user("kim")], keys={"files": files}), bulwark_accounts=PROVIDER)[0] == status
    assert judge(HYGIENE, facts([user("kim")], keys={"files": files}), bulwark_accounts=[])[0] == "pass"


def test_unseen_keys_and_an_undeclared_register_are_unknown() -> None:
    hidden = {"unreadable": {"anna": "too large", "bo": "too large"}}
    host = facts([user("anna"), user("bo", 1001)], keys=hidden)
    assert judge(HYGIENE, host, bulwark_accounts=[])[::2] == ("unknown", "keys of anna, bo: too large")
    assert judge(HYGIENE, facts())[0] == "unknown"
