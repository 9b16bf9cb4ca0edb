# SPDX-License-Identifier: GPL-3.0-or-later
"""Who signed a file: told by real keys, and never "signed" where ssh-keygen did not say so of these very bytes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils import ssh_signature
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.signatures import (
    PRINCIPAL,
    STATES,
    WORDS,
    Signed,
    Signers,
    signed,
    signers,
)
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats.wording import SIGNED_BADGES, SIGNED_WORDS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .keys import EVE, KIM, OPS, make, sign

TEXT = b"owner: Kim\n"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with keys, and with the allowed signers that know two of them."""
    folder = tmp_path_factory.mktemp("keys")
    make(folder, EVE)
    make(folder, KIM, OPS)
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ev-contract.yml"
    path.write_bytes(TEXT)
    return path


def allowed(keys: Path) -> Signers:
    return signers([str(keys / "allowed_signers")])


@pytest.mark.parametrize(("who", "state", "party"), [(KIM, "customer", "customer"), (OPS, "provider", "msp:north")])
def test_the_party_of_the_key_tells_whose_word_it_is(keys: Path, file: Path, who: str, state: str, party: str) -> None:
    sign(keys / who, file)
    listed = subprocess.run(["ssh-keygen", "-l", "-f", str(keys / who)], capture_output=True, text=True, check=True)
    assert signed(file, TEXT, allowed(keys)) == Signed(state, who, party, listed.stdout.split()[1])


def test_other_bytes_are_altered_whoever_is_known(keys: Path, file: Path) -> None:
    sign(keys / KIM, file)
    for known in (allowed(keys), signers([])):
        found = signed(file, TEXT + b"#", known)
        assert (found.state, found.signer) == ("altered", "")
        assert found.line() == "altered: the file was changed after it was signed"


def test_an_edited_file_on_disk_is_not_read_a_second_time(keys: Path, file: Path) -> None:
    sign(keys / KIM, file)
    file.write_bytes(b"swapped")
    assert signed(file, TEXT, allowed(keys)).state == "customer"


def test_no_signature_and_one_of_a_stranger(keys: Path, file: Path) -> None:
    assert signed(file, TEXT, allowed(keys)).state == "unsigned"
    sign(keys / EVE, file)
    found = signed(file, TEXT, allowed(keys))
    assert (found.state, found.signer) == ("unknown_key", "")
    assert found.key.startswith("SHA256:")
    assert found.reason == "no line of the allowed signers file has its key"


def test_a_principal_without_a_party_is_nobody_of_either_side(keys: Path, file: Path, tmp_path: Path) -> None:
    sign(keys / KIM, file)
    public = (keys / (KIM + ".pub")).read_text("utf-8")
    for principal in ("kim", "kim@acme.example", "*@customer", "kim@customer,kim@acme.example", "kim@msp:UP"):
        (tmp_path / "known").write_text(f"{principal} {public}", "utf-8")
        found = signed(file, TEXT, signers([str(tmp_path / "known")]))
        assert found.state == "unknown_key", principal
        assert "write <person>@customer" in found.reason


def test_a_key_of_both_sides_is_not_the_customers_word(keys: Path, file: Path, tmp_path: Path) -> None:
    sign(keys / KIM, file)
    public = (keys / (KIM + ".pub")).read_text("utf-8")
    (tmp_path / "known").write_text(f"kim@customer,kim@msp:north {public}", "utf-8")
    found = signed(file, TEXT, signers([str(tmp_path / "known")]))
    assert (found.state, found.signer) == ("provider", "kim@msp:north")


@pytest.mark.parametrize("names", [("kim@customer", "ops@msp:north"), ("ops@msp:north", "kim@customer")])
def test_nor_where_it_stands_in_two_lines(keys: Path, file: Path, tmp_path: Path, names: tuple[str, str]) -> None:
    sign(keys / KIM, file)
    public = (keys / (KIM + ".pub")).read_text("utf-8")
    (tmp_path / "known").write_text("".join(f"{name} {public}" for name in names), "utf-8")
    found = signed(file, TEXT, signers([str(tmp_path / "known")]))
    assert (found.state, found.signer) == ("provider", "ops@msp:north")


@pytest.mark.parametrize("other", ['kim@customer namespaces="git"', 'kim@acme.example namespaces="git"', "# kim", "no"])
def test_lines_for_other_purposes_stand_beside(keys: Path, file: Path, tmp_path: Path, other: str) -> None:
    sign(keys / KIM, file)
    public = (keys / (KIM + ".pub")).read_text("utf-8")
    (tmp_path / "known").write_text(f"{other} {public}{KIM} {public}", "utf-8")
    found = signed(file, TEXT, signers([str(tmp_path / "known")]))
    assert (found.state, found.signer) == (("unknown_key", "") if other == "no" else ("customer", KIM))


def test_a_certificate_is_known_by_its_authority(keys: Path, file: Path, tmp_path: Path) -> None:
    (ca, cert) = (keys / OPS, keys / (KIM + "-cert.pub"))
    subprocess.run(["ssh-keygen", "-q", "-s", str(ca), "-I", "kim", "-n", KIM, str(keys / (KIM + ".pub"))], check=True)
    sign(cert, file)
    cert.unlink()
    public = (keys / (OPS + ".pub")).read_text("utf-8")
    (tmp_path / "known").write_text(f"{KIM} cert-authority {public}", "utf-8")
    found = signed(file, TEXT, signers([str(tmp_path / "known")]))
    assert (found.state, found.signer) == ("customer", KIM)


@pytest.mark.parametrize("option", ['valid-before="20200101"', 'namespaces="file"'])
def test_what_the_allowed_signers_file_does_not_allow(keys: Path, file: Path, tmp_path: Path, option: str) -> None:
    sign(keys / KIM, file)
    public = (keys / (KIM + ".pub")).read_text("utf-8")
    (tmp_path / "known").write_text(f"{KIM} {option} {public}", "utf-8")
    found = signed(file, TEXT, signers([str(tmp_path / "known")]))
    assert (found.state, found.signer) == ("unknown_key", "")
    assert str(tmp_path) not in found.reason


def test_a_signature_for_another_purpose(keys: Path, file: Path) -> None:
    sign(keys / KIM, file, "bulwark")
    found = signed(file, TEXT, allowed(keys))
    assert found.state == "unusable"
    assert found.reason == "ev-contract.yml.sig was made for another purpose (-n bulwark); sign with -n bulwark-record"


@pytest.mark.parametrize(
    ("paths", "reason"),
    [((), "bulwark_record_signers is not set"), (("/a", "/b"), "names several files"),
     (("/nowhere/at/all",), "there is no such file"), (("/dev/zero",), "is no regular file")],
)  # fmt: skip
def test_without_allowed_signers_nothing_counts_as_signed(
    keys: Path, file: Path, paths: tuple[str, ...], reason: str
) -> None:
    sign(keys / KIM, file)
    found = signed(file, TEXT, signers(paths))
    assert (found.state, found.signer) == ("not_checked", "")
    assert reason in found.reason


def test_ssh_keygen_that_is_missing_too_old_or_hangs(
    keys: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(keys / KIM, file)
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    found = signed(file, TEXT, allowed(keys))
    assert (found.state, found.reason[:27]) == ("not_checked", "ssh-keygen is not installed")
    program = programs / "ssh-keygen"
    program.write_text("#!/bin/sh\necho 'unknown option -- Y' >&2\nexit 1\n", "utf-8")
    program.chmod(0o755)
    found = signed(file, TEXT, allowed(keys))
    assert found.state == "not_checked"
    assert "unknown option -- Y" in found.reason and "OpenSSH 8.2" in found.reason
    monkeypatch.setattr(ssh_signature, "SECONDS", 0.2)
    program.write_text("#!/bin/sh\nexec /bin/sleep 5\n", "utf-8")
    assert "did not end within" in signed(file, TEXT, allowed(keys)).reason


def test_files_that_are_no_signature(keys: Path, file: Path) -> None:
    place = file.with_name(file.name + ".sig")
    for content in (b"", b"x", b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n", b"\xff" * (ssh_signature.LARGEST + 1)):
        place.write_bytes(content)
        assert signed(file, TEXT, allowed(keys)).state == "unusable", content[:9]
    assert signed(file, TEXT, allowed(keys)).reason.endswith("is larger than 65536 bytes")
    place.unlink()
    os.mkfifo(place)
    assert signed(file, TEXT, allowed(keys)).reason.endswith("is no regular file")
    place.unlink()
    place.symlink_to("/dev/zero")
    assert signed(file, TEXT, allowed(keys)).state == "unusable"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_signature_or_none(content: bytes) -> None:
    ssh_signature.stated(content)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_a_bit_that_flips_is_never_signed(keys: Path, file: Path, data: st.DataObject) -> None:
    signature = sign(keys / KIM, file)
    content, text = bytearray(signature.read_bytes()), bytearray(TEXT)
    turned = data.draw(st.sampled_from([content, text]))
    index = data.draw(st.integers(0, len(turned) - 1))
    before = bytes(turned)
    turned[index] ^= data.draw(st.sampled_from([1, 2, 4, 64]))
    signature.write_bytes(content)
    found = signed(file, bytes(text), allowed(keys))
    if turned is text:
        assert found.state == "altered"
    else:
        # Armour has spare bits: what decodes to the same signature is the same signature.
        same = ssh_signature.stated(bytes(content)) == ssh_signature.stated(before)
        assert found.state in ("unusable", "altered", "unknown_key") or (same and found.signer == KIM)


@given(st.text())
def test_what_is_shown_of_a_principal_ends_in_a_party(name: str) -> None:
    match = PRINCIPAL.fullmatch(name + "@customer")
    assert match is None or not set(name) & set(' \n\t,*?!"')


def test_every_state_has_its_words() -> None:
    assert set(STATES) == set(WORDS) == set(SIGNED_WORDS) == set(SIGNED_BADGES)
