# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.ssh import authorized_key
from hypothesis import given
from hypothesis import strategies as st

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINmJHa46MZyGSN0wyryVSiXougHPgJoDU/5eu1VhDYDn"
SK = (
    "sk-ssh-ed25519@openssh.com "
    "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIJSB6Ht2+DUWjaP7DTFDuyIhxpBaOJmSrevylbL2h4WgAAAABHNzaDo="
)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", []),
        ("restrict ", ["restrict"]),
        ('from="10.0.0.0/8,!10.1.0.0/16",Restrict ', ['from="10.0.0.0/8,!10.1.0.0/16"', "restrict"]),
        ('command="/bin/x \\"S3CRET, y\\"",no-pty ', ["command", "no-pty"]),
        ('environment="TOKEN=S3CRET",verify-required ', ["environment", "verify-required"]),
        ('cert-authority,principals="a,b" ', ["cert-authority", 'principals="a,b"']),
        ('expiry-time="20260101" ', ['expiry-time="20260101"']),
    ],
)
def test_options_without_what_may_be_secret(options: str, expected: list[str]) -> None:
    key = authorized_key.parse(options + ED25519 + " S3CRET comment")
    assert key is not None
    assert key["options"] == expected
    assert key["type"] == "ssh-ed25519"
    assert "S3CRET" not in repr(key)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "# " + ED25519,
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        ED25519.replace("ed25519 ", "rsa "),
        'from="unclosed ' + ED25519,
        "no options " + ED25519,
    ],
)
def test_a_line_that_opens_nothing_is_no_key(line: str) -> None:
    assert authorized_key.parse(line) is None


def test_security_keys() -> None:
    key = authorized_key.parse(SK)
    assert key is not None
    assert (key["type"], key["bits"]) == ("sk-ssh-ed25519@openssh.com", 256)


@pytest.mark.parametrize(("kind", "bits"), [("rsa", 1024), ("rsa", 3072), ("ecdsa", 384), ("ed25519", 256)])
def test_fingerprint_and_size_are_those_of_ssh_keygen(tmp_path: Path, kind: str, bits: int) -> None:
    file = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-b", str(bits), "-N", "", "-f", str(file)], check=True)
    listed = subprocess.run(["ssh-keygen", "-lf", str(file)], check=True, capture_output=True, text=True).stdout.split()
    key = authorized_key.parse(file.with_suffix(".pub").read_text())
    assert key is not None
    assert (str(key["bits"]), key["fingerprint"]) == (listed[0], listed[1])


def test_a_certificate_has_its_keys_size(tmp_path: Path) -> None:
    for name in ("ca", "key"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(tmp_path / name)], check=True
        )
    signing = ["ssh-keygen", "-q", "-s", str(tmp_path / "ca"), "-I", "x", "-n", "x"]
    subprocess.run([*signing, str(tmp_path / "key.pub")], check=True)
    key = authorized_key.parse((tmp_path / "key-cert.pub").read_text())
    assert key is not None
    assert (key["type"], key["bits"]) == ("ssh-rsa-cert-v01@openssh.com", 2048)


@given(st.text(max_size=200))
def test_any_line_is_parsed_without_a_crash(line: str) -> None:
    authorized_key.parse(line)
    authorized_key.parse(line + " " + ED25519)


@given(
    st.lists(
        st.sampled_from(["restrict", "no-pty", "verify-required", 'from="*.example,10.0.0.0/8"', "cert-authority"])
    )
)
def test_options_come_back_as_written(options: list[str]) -> None:
    key = authorized_key.parse((",".join(options) + " " if options else "") + ED25519)
    assert key is not None
    assert key["options"] == options


def test_a_comment_stays_and_only_the_marks_it_carries_are_told() -> None:
    line = f"{ED25519} kim@north.example laptop S3CRET"
    key = authorized_key.parse(line, ["north-*", "*@north.example", "laptop"])
    assert key is not None
    assert key["marks"] == ["*@north.example", "laptop"]
    assert "S3CRET" not in str(key)
    assert authorized_key.parse(line)["marks"] == []  # type: ignore[index]
