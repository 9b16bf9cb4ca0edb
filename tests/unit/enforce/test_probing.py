# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins on a pty, against a stand-in for ssh that talks as the real one does, and codes as the RFC has them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.totp import Codes, SeedError, code, seed_bytes
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce import probing
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.probing import Login, Outcome, probe
from hypothesis import given
from hypothesis import strategies as st

SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
PARTIAL = "printf 'Authenticated using \"publickey\" with partial success.\\r\\n' >&2"
#: Each asks on the terminal, as ssh does, and ends as ssh does.
CODE = "printf '(ana@host) One-time password (OATH) for `ana'\"'\"': ' >/dev/tty; stty -echo; read -r given </dev/tty"
PASSWORD = "printf '(ana@host) Password: ' >/dev/tty; stty -echo; read -r given </dev/tty"
TAKES = "test \"$given\" = '%s' || exit 255"


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class TestCodes:
    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            (59, "287082"),
            (1111111109, "081804"),
            (1234567890, "005924"),
            (2000000000, "279037"),
            (20000000000, "353130"),
        ],
    )
    def test_the_values_of_rfc_6238(self, at: int, expected: str) -> None:
        """Appendix B, SHA-1; its eight digits end in the six that are used here."""
        assert code(b"12345678901234567890", at // 30) == expected

    def test_no_code_is_given_out_twice(self) -> None:
        clock = Clock(65.0)
        codes = Codes(SEED, clock.time, clock.sleep)
        assert [codes.next(), codes.next()] == [code(seed_bytes(SEED), step) for step in (2, 3)]
        assert clock.slept == [0.0, 25.0]

    @given(st.sampled_from([SEED, SEED.lower(), " ".join(SEED), SEED + "===="]))
    def test_seeds_as_people_write_them(self, seed: str) -> None:
        assert seed_bytes(seed) == b"12345678901234567890"

    @pytest.mark.parametrize(
        ("seed", "text"),
        [
            ("1" * 32, "is no base32"),
            ("GEZDGNBV", "is shorter than 128 bits"),
            (234567, "put it in quotes"),
            ("", "shorter"),
        ],
    )
    def test_what_is_no_seed_is_said_without_it(self, seed: object, text: str) -> None:
        with pytest.raises(SeedError, match=text) as error:
            seed_bytes(seed)
        assert not seed or str(seed) not in str(error.value)


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty stand-in, first on the path; its arguments are kept beside it."""
    program = tmp_path / "ssh"
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (tmp_path / "key").write_text("a key\n")
    return program


def talk(ssh: Path, *lines: str, login: Login | None = None, seconds: float = 10) -> Outcome:
    ssh.write_text("\n".join(["#!/bin/bash", 'echo "$@" >>"$0.arguments"', *lines, ""]))
    ssh.chmod(0o755)
    return probe(["-p", "22", "host"], login or Login("ana", str(ssh.with_name("key"))), seconds)


class TestProbe:
    def test_key_and_code(self, ssh: Path) -> None:
        login = Login("ana", str(ssh.with_name("key")), codes=Codes(SEED))
        first = code(seed_bytes(SEED), int(time.time()) // 30)
        outcome = talk(ssh, PARTIAL, CODE, "test ${#given} = 6 || exit 255", login=login)
        assert outcome == Outcome("ana", True, ("key", "code"))
        assert outcome.wrong(login) == ""
        assert first not in ssh.with_name("ssh.arguments").read_text()

    def test_key_and_password(self, ssh: Path) -> None:
        login = Login("ana", str(ssh.with_name("key")), password="correct horse")
        outcome = talk(ssh, PARTIAL, PASSWORD, TAKES % "correct horse", login=login)
        assert outcome.asked == ("key", "password")
        assert outcome.wrong(login) == ""
        assert "horse" not in repr(login) + repr(outcome) + ssh.with_name("ssh.arguments").read_text()

    def test_a_key_that_is_enough_is_told(self, ssh: Path) -> None:
        login = Login("ana", str(ssh.with_name("key")), codes=Codes(SEED))
        outcome = talk(ssh, "exit 0", login=login)
        assert outcome.wrong(login) == "ana gets in with the key alone"
        assert outcome.wrong(Login("ana", login.key)) == ""

    def test_a_code_that_is_enough_is_told(self, ssh: Path) -> None:
        login = Login("ana", str(ssh.with_name("key")), codes=Codes(SEED))
        assert talk(ssh, CODE, "exit 0", login=login).wrong(login) == "ana gets in without the key"

    def test_a_password_in_place_of_the_code_is_told(self, ssh: Path) -> None:
        login = Login("ana", str(ssh.with_name("key")), password="x", codes=Codes(SEED))
        assert talk(ssh, PARTIAL, PASSWORD, "exit 0", login=login).wrong(login) == "ana gets in without a code"

    @pytest.mark.parametrize(
        ("lines", "reason"),
        [
            (["exit 255"], "refused, or not reached"),
            ([PARTIAL, "exit 255"], "refused after the key"),
            ([PARTIAL, PASSWORD, "exit 255"], "it is asked for a password"),
            ([PARTIAL, CODE, "exit 255"], "it is asked for a code"),
            (["printf \"Enter passphrase for key '/key': \" >/dev/tty; sleep 30"], "its key asks for a passphrase"),
            (
                ["printf 'Are you sure you want to continue connecting (yes/no)? ' >/dev/tty; sleep 30"],
                "host's key is not",
            ),
            (["head -c 200000 /dev/zero | tr '\\0' x; sleep 30"], "it says too much"),
            (["sleep 30"], "no answer in time"),
        ],
    )
    def test_refusals_say_why(self, ssh: Path, lines: list[str], reason: str) -> None:
        begun = time.monotonic()
        outcome = talk(ssh, *lines, seconds=2)
        assert not outcome.entered
        assert reason in outcome.reason
        assert "ana can't log in: " in outcome.wrong(Login("ana"))
        assert time.monotonic() - begun < 10

    def test_a_code_somebody_else_has_used_is_followed_by_the_next(self, ssh: Path) -> None:
        clock = Clock(1000.0)
        login = Login("ana", str(ssh.with_name("key")), codes=Codes(SEED, clock.time, clock.sleep))
        second = code(seed_bytes(SEED), 34)
        outcome = talk(ssh, PARTIAL, CODE, TAKES % second, login=login, seconds=60)
        assert outcome.entered
        assert clock.slept == [0.0, 20.0]

    def test_there_may_be_no_time_for_the_next(self, ssh: Path) -> None:
        clock = Clock(1000.0)
        login = Login("ana", str(ssh.with_name("key")), codes=Codes(SEED, clock.time, clock.sleep))
        outcome = talk(ssh, PARTIAL, CODE, "exit 255", login=login, seconds=5)
        assert outcome.reason == "the code was refused"
        assert clock.slept == [0.0]

    def test_a_key_that_is_not_there(self) -> None:
        assert "can't be read on the controller" in probe(["host"], Login("ana", "/nowhere/key")).reason

    def test_without_pexpect_it_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(probing, "pexpect", None)
        with pytest.raises(probing.ProbeError, match="pexpect"):
            probe(["host"], Login("ana"))
