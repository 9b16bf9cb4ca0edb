# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of second factors: a seed is given out once, what was used stays known, nothing else is touched."""

from __future__ import annotations

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils import factor_files
from ansible_collections.bulwark.msp.plugins.module_utils.edits import google_secret, mapped_keys, oath_users
from ansible_collections.bulwark.msp.plugins.module_utils.edits.refused import Refused
from hypothesis import given
from hypothesis import strategies as st

SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
HEX = b"12345678901234567890".hex()
SECRETS = {"totp:ana": SEED, "totp:bob": "gezd gnbv gy3t qojq gezd gnbv gy3t qojr", "totp:eve": "no seed!"}
ENROL = {"enrol": {"ana": "totp:ana"}}
USED = "HOTP/T30/6 ana - %s 0 123456 2026-11-22T20:00:00L" % HEX
LIMITS = {"window": 3, "rate": "3:30"}

names = st.sampled_from(["ana", "bob", "cleo"])
oath_lines = st.one_of(
    st.just("# tokens"),
    st.just(""),
    st.just(USED),
    st.builds(lambda name, seed: "HOTP/T30/6 %s - %s" % (name, seed), names, st.sampled_from([HEX, "ab" * 20])),
    st.builds(lambda name: "HOTP\t%s\t-\t%s\t7" % (name, "cd" * 20), names),
)


class TestOathUsers:
    def test_a_new_file_holds_the_seed_in_hexadecimal(self) -> None:
        assert oath_users.edit(None, ENROL, SECRETS) == "HOTP/T30/6 ana - %s\n" % HEX

    def test_the_code_that_was_used_last_stays_known(self) -> None:
        assert oath_users.edit(USED + "\n", ENROL, SECRETS) == USED + "\n"

    def test_another_seed_and_a_second_token_give_way(self) -> None:
        text = "HOTP/T30/6 ana - %s\n%s\nHOTP ana - %s\n" % ("ab" * 20, USED, HEX)
        assert oath_users.edit(text, ENROL, SECRETS) == USED + "\n"

    def test_only_those_named_lose_theirs(self) -> None:
        text = "# tokens\nHOTP/T30/6 bob - abcd\n%s\n" % USED
        assert oath_users.edit(text, {"remove": ["bob", "eve"]}, {}) == "# tokens\n%s\n" % USED

    def test_without_anything_to_do_no_file_is_made(self) -> None:
        assert oath_users.edit(None, {}, {}) is None

    @pytest.mark.parametrize("name", ["eve", "nobody"])
    def test_a_bad_seed_is_refused_and_not_told(self, name: str) -> None:
        with pytest.raises(Refused) as error:
            oath_users.edit("", {"enrol": {name: "totp:" + name}}, SECRETS)
        assert "no seed!" not in str(error.value)

    @given(lines=st.lists(oath_lines, max_size=6), enrol=st.sets(st.sampled_from(["ana", "bob"])))
    def test_everybody_enrolled_has_one_token_and_the_others_keep_theirs(
        self, lines: list[str], enrol: set[str]
    ) -> None:
        text = "\n".join(lines)
        arguments = {"enrol": {name: "totp:" + name for name in sorted(enrol)}, "remove": ["cleo"]}
        after = oath_users.edit(text, arguments, SECRETS) or ""
        assert (oath_users.edit(after, arguments, SECRETS) or "") == after
        held = [entry["user"] for entry in factor_files.oath_users(after)]
        for name in ("ana", "bob"):
            before = [entry["user"] for entry in factor_files.oath_users(text)].count(name)
            assert held.count(name) == (1 if name in enrol else before)
        assert "cleo" not in held
        assert (USED in after) == (USED in lines)
        assert after.count("# tokens") == text.count("# tokens")


class TestGoogleSecret:
    def test_a_new_file_has_every_limit(self) -> None:
        text = google_secret.edit(None, {"seed": "totp:ana", **LIMITS}, SECRETS) or ""
        assert text.split("\n")[0] == SEED
        assert factor_files.google_options(text) == {
            "RATE_LIMIT": [3, 30], "WINDOW_SIZE": [3], "DISALLOW_REUSE": [], "TOTP_AUTH": [],
        }  # fmt: skip

    def test_a_missing_file_is_not_made_without_a_seed(self) -> None:
        assert google_secret.edit(None, LIMITS, {}) is None

    def test_what_stricter_people_chose_stays(self) -> None:
        text = SEED + '\n" RATE_LIMIT 2 60 1700000000\n" WINDOW_SIZE 2\n" DISALLOW_REUSE 566\n" TOTP_AUTH\n12345678\n'
        assert google_secret.edit(text, {"seed": "totp:ana", **LIMITS}, SECRETS) == text

    def test_a_code_by_counter_can_be_used_once_anyway(self) -> None:
        text = google_secret.edit(SEED + '\n" HOTP_COUNTER 4\n', LIMITS, {}) or ""
        assert "DISALLOW_REUSE" not in text

    @pytest.mark.parametrize("text", ["", "root:x:0:0:root\n", '" TOTP_AUTH\n'])
    def test_a_file_of_something_else_is_left(self, text: str) -> None:
        with pytest.raises(Refused):
            google_secret.edit(text, LIMITS, {})

    @given(
        window=st.one_of(st.none(), st.integers(1, 40)),
        more=st.lists(st.sampled_from(['" RATE_LIMIT 3 30', '" DISALLOW_REUSE', '" TOTP_AUTH', "12345678"])),
        least=st.integers(1, 17),
    )
    def test_limits_only_tighten(self, window: int | None, more: list[str], least: int) -> None:
        text = "\n".join([SEED, *more, *([] if window is None else ['" WINDOW_SIZE %d' % window]), ""])
        arguments = {"window": least, "rate": "3:30"}
        after = google_secret.edit(text, arguments, {}) or ""
        assert google_secret.edit(after, arguments, {}) == after
        options = factor_files.google_options(after)
        assert {"RATE_LIMIT", "DISALLOW_REUSE"} <= set(options)
        assert options["WINDOW_SIZE"][0] <= min(least, window or least)
        assert after.count("12345678") == text.count("12345678")


def test_mapped_keys_of_one_user_go() -> None:
    text = "# keys\nana:h1,p1:h2,p2\nbob:h3,p3\n"
    assert mapped_keys.edit(text, {"remove": ["ana"]}, {}) == "# keys\nbob:h3,p3\n"
    assert mapped_keys.edit(None, {"remove": ["ana"]}, {}) is None
