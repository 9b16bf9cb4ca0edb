# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.areas import AREAS
from ansible_collections.bulwark.msp.plugins.module_utils.door import Completed, Door
from ansible_collections.bulwark.msp.plugins.module_utils.reading import Reading
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.readers.host import read

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINmJHa46MZyGSN0wyryVSiXougHPgJoDU/5eu1VhDYDn"
MACHINE = "0123456789abcdef0123456789abcdef"
SETTINGS = "hostkey /etc/ssh/ed\nhostkey /etc/ssh/gone\nhostkey /etc/ssh/agents.pub\n"
COMMANDS: dict[str, Any] = {
    "getent passwd": "", "getent group": "", "sshd -V": "OpenSSH_9.2", "sshd -T": SETTINGS,
    "wg show all public-key": "wg0\tPUBLIC=\nwg1\t(none)\n",
}  # fmt: skip
FILES = {
    "/etc/passwd": "",
    "/etc/ssh/sshd_config": "",
    "/etc/ssh/ed.pub": ED25519 + " root@S3CRET\n",
    "/etc/ssh/agents.pub": ED25519,
    "/etc/machine-id": MACHINE + "\n",
    "/etc/salt/pki/minion/minion.pub": "salt's",
    "/etc/swanctl/private/own.pem": "S3CRET",
    "/etc/swanctl/x509/own.crt": "own",
    "/etc/swanctl/x509/peer.crt": "peer",
    "/etc/shadow": "root:$6$aa$S3CRET:1::::::\nanna:$y$j9T$S3CRET:1::::::\nlocked:!$6$bb$S3CRET:1::::::\nbroken\n",
}


def test_what_a_host_is_known_by_is_learnt_without_the_private_parts(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "identity", FILES, COMMANDS)
    assert not errors
    assert [each["type"] for each in facts["host_keys"]] == ["ssh-ed25519"] * 2
    assert facts["host_keys"][0]["fingerprint"].startswith("SHA256:")
    assert [each["interface"] for each in facts["wireguard"]] == ["wg0"]
    assert [each["file"] for each in facts["ipsec"]] == ["/etc/swanctl/x509/own.crt"]
    assert [each["agent"] for each in facts["agents"]] == ["salt"]
    assert "secrets" not in facts
    for word in ("S3CRET", MACHINE, "PUBLIC"):
        assert word not in repr(facts)


def test_the_machine_id_is_hashed_as_machine_id_5_asks(tmp_path: Path) -> None:
    facts, _errors = read(tmp_path, "identity", FILES, COMMANDS)
    made = hmac.new(bytes.fromhex(MACHINE), b"bulwark.msp identity of a machine", hashlib.sha256).hexdigest()
    assert facts["machine_id"] == made


@pytest.mark.parametrize("text", ["", "uninitialized\n", "0123", "g" * 32])
def test_a_machine_without_an_id_has_none(tmp_path: Path, text: str) -> None:
    facts, errors = read(tmp_path, "identity", {**FILES, "/etc/machine-id": text}, COMMANDS)
    assert (facts["machine_id"], errors) == (None, {})


def test_a_public_half_that_is_missing_is_derived(tmp_path: Path) -> None:
    asked = "ssh-keygen -y -P '' -f /etc/ssh/gone"
    files = {**FILES, "/etc/ssh/gone": "S3CRET"}
    facts, errors = read(tmp_path, "identity", files, {**COMMANDS, asked: ED25519 + "\n"})
    assert (len(facts["host_keys"]), errors) == (3, {})
    facts, errors = read(tmp_path, "identity", files, {**COMMANDS, asked: Completed(255, "", "bad permissions")})
    assert "host_keys" not in facts
    assert "bad permissions" in errors["host_keys"]


def secrets(root: Path, key: str) -> dict[str, Any]:
    read(root, "identity", FILES, COMMANDS)
    facts, errors = Reading(Door(str(root)), AREAS, fingerprint_key=key).state(["identity"], 20)
    assert not errors
    found: dict[str, Any] = facts["identity"]["secrets"]
    return found


def test_hashes_leave_the_host_keyed_and_only_where_a_key_was_sent(tmp_path: Path) -> None:
    found = secrets(tmp_path, "one key")
    assert set(found["accounts"]) == {"root", "anna"}
    assert found["accounts"]["root"] == hmac.new(b"one key", b"$6$aa$S3CRET", hashlib.sha256).hexdigest()
    other = secrets(tmp_path, "another key")
    assert found["key"] != other["key"]
    assert not set(found["accounts"].values()) & set(other["accounts"].values())


@given(text=st.text(max_size=200))
def test_no_public_key_or_certificate_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    root = tmp_path_factory.mktemp("host")
    files = {**FILES, "/etc/ssh/ed.pub": text, "/etc/shadow": text, "/etc/machine-id": text}
    files = {path: content.encode("utf-8", "replace").decode() for path, content in files.items()}
    facts, errors = read(root, "identity", files, {**COMMANDS, "wg show all public-key": text})
    assert not errors, errors
    assert set(facts) == {"host_keys", "machine_id", "wireguard", "ipsec", "agents"}
