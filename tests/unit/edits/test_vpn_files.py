# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64

from ansible_collections.bulwark.msp.plugins.module_utils.edits import openvpn_disable, wireguard_peers
from ansible_collections.bulwark.msp.plugins.module_utils.wireguard_key import fingerprint
from hypothesis import given
from hypothesis import strategies as st

ONE, TWO = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
FILE = f"""\
[Interface]
PrivateKey = planted-secret
# the office
[Peer]
PublicKey = {ONE}
AllowedIPs = 10.0.0.2/32

[Peer]
PublicKey={TWO} # at home
# its only address
AllowedIPs = 10.0.0.3/32
"""


def test_only_the_peer_is_commented_out() -> None:
    text = wireguard_peers.edit(FILE, {"without": [fingerprint(TWO)]}, {})
    assert text == FILE.replace("\n[Peer]\nPublicKey=", "\n#[Peer]\n#PublicKey=").replace(
        "# its only address\nAllowedIPs", "# its only address\n#AllowedIPs"
    )
    assert wireguard_peers.edit(FILE, {"without": ["SHA256:other"]}, {}) == FILE
    assert wireguard_peers.edit(None, {"without": []}, {}) is None


@given(st.text())
def test_peers_are_taken_out_once(text: str) -> None:
    once = wireguard_peers.edit(FILE + text, {"without": [fingerprint(ONE)]}, {})
    assert wireguard_peers.edit(once, {"without": [fingerprint(ONE)]}, {}) == once


@given(st.text() | st.none())
def test_a_client_is_disabled_once(text: str | None) -> None:
    once = openvpn_disable.edit(text, {}, {})
    assert once is not None
    assert "disable" in once
    assert openvpn_disable.edit(once, {}, {}) == once


def test_what_the_client_had_stays_below() -> None:
    assert openvpn_disable.edit("ifconfig-push 10.8.0.9 255.255.255.0\n", {}, {}) == (
        "disable\nifconfig-push 10.8.0.9 255.255.255.0\n"
    )
