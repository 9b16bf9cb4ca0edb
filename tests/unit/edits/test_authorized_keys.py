# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys are gathered, bound and taken out as they were written."""

from __future__ import annotations

import base64
from typing import Any

from ansible_collections.bulwark.msp.plugins.module_utils.edits import authorized_keys
from ansible_collections.bulwark.msp.plugins.module_utils.ssh import authorized_key
from hypothesis import given
from hypothesis import strategies as st


def blob(number: int) -> str:
    kind, key = b"ssh-ed25519", bytes([number]) * 32
    fields = b"".join(len(field).to_bytes(4, "big") + field for field in (kind, key))
    return "ssh-ed25519 " + base64.b64encode(fields).decode()


ONE, TWO = blob(1), blob(2)
BOUND = {"from": ["10.0.0.0/8", "192.0.2.1"], "restrict": True, "give_back": ["pty"]}
LINES = st.one_of(
    st.builds(
        lambda options, key: f"{options} {blob(key)} a comment".lstrip(),
        st.sampled_from(
            ["", "restrict", 'from="*"', 'from="10.1.0.0/16",no-pty', 'command="echo a, \\"b c\\"",restrict']
        ),
        st.integers(0, 3),
    ),
    st.text(st.characters(exclude_characters="\n"), max_size=40),
)
TEXTS = st.lists(LINES, max_size=4).map("\n".join)


def edited(text: str | None, **arguments: Any) -> str | None:
    return authorized_keys.edit(text, arguments, {})


def test_keys_are_added_once_and_comments_of_other_files_are_not() -> None:
    texts = {"/a": f"# mine\n{ONE} old\n", "/b": f'command="x" {TWO}', "/c": None}
    assert edited(f"# root's\n{ONE} here\n", texts=texts) == f'# root\'s\n{ONE} here\ncommand="x" {TWO}\n'
    assert edited(None, texts={"/a": None}) is None


def test_a_key_is_bound_and_keeps_its_own_options() -> None:
    assert edited(ONE + " me", **BOUND) == f'restrict,pty,from="10.0.0.0/8,192.0.2.1" {ONE} me\n'
    text = f'command="run, \\"all\\"",from="10.2.0.1" {ONE}\n'
    assert edited(text, **BOUND) == "restrict,pty," + text
    assert edited(f'FROM="0.0.0.0/0",restrict {ONE}\n', **BOUND) == f'from="10.0.0.0/8,192.0.2.1",restrict {ONE}\n'


def test_a_key_is_taken_out_and_nothing_else() -> None:
    found = authorized_key.parse(ONE)
    assert found
    assert edited(f"# a\n{ONE}\n{TWO} b\n", without=[found["fingerprint"]]) == f"# a\n{TWO} b\n"


@given(st.none() | TEXTS, TEXTS)
def test_binding_twice_is_binding_once(text: str | None, other: str) -> None:
    arguments = {**BOUND, "texts": {"/other": other}}
    once = edited(text, **arguments)
    assert edited(once, **arguments) == once
    assert all("restrict" in key["options"] for key in keys(once))
    assert fingerprints(once) == fingerprints(text) | fingerprints(other)


def keys(text: str | None) -> list[dict[str, Any]]:
    parsed = (authorized_key.parse(line) for line in (text or "").split("\n"))
    return [key for key in parsed if key]


def fingerprints(text: str | None) -> set[str]:
    return {key["fingerprint"] for key in keys(text)}
