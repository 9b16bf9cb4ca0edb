# SPDX-License-Identifier: GPL-3.0-or-later
"""What enforcement did, as a document: bounded, without hidden characters or secrets, whatever is put into it."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.record import ordinary, record
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.record.comparing import LINE_LIMIT, unified
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.record.masking import MASK, holds_secrets, masked
from hypothesis import given
from hypothesis import strategies as st

from tests.checkout import ROOT

SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/schemas/enforcement.json").read_text("utf-8")))
RUN = "20261122T020000Z-1a2b3c"
TRIES, ROOT_LOGIN = "lin-ic-ssh-max-tries", "lin-ic-ssh-no-root"
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
HASH = "$y$j9T$abcdefghijklmnop$0123456789abcdefghijABCDEFGHIJ0123456789abc"


def change(**keys: Any) -> dict[str, Any]:
    return {"kind": "file", "name": "/etc/ssh/x.conf", "before": None, "after": "a\n", "masked": False, **keys}


def told(check: bool = False, **controls: Any) -> record.Told:
    """Return what is known after the safeguard answered with these controls, their names with _ for -."""
    made = record.Told(check, before={TRIES: "fail", ROOT_LOGIN: "fail"})
    made.take({
        "outcome": "would_change" if check else "confirmed", "reason": "", "seconds": 1.2345, "check": check,
        "controls": {name.replace("_", "-"): entry for name, entry in controls.items()},
    })  # fmt: skip
    return made


def written(made: record.Told, after: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the document, which fits its schema and says no secret and nothing hidden."""
    document = record.document(RUN, "web", "acme", made, after or {})
    SCHEMA.validate(document)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]", json.dumps(document))
    return document


class TestDocument:
    @pytest.mark.parametrize(("reason", "told_reason"), [("", ""), ("left as it is", " left as it is")])
    def test_why_a_waiver_held_no_longer_comes_first(self, reason: str, told_reason: str) -> None:
        made = told(lin_ic_ssh_max_tries={"state": "left", "reason": reason, "tasks": []})
        made.unwaived = {TRIES: "The waiver of Olga expired on 2026-11-21.", ROOT_LOGIN: "it is not told of"}
        (entry,) = written(made)["controls"].values()
        assert entry["reason"] == "The waiver of Olga expired on 2026-11-21." + told_reason

    def test_what_was_changed_with_the_status_before_and_after(self) -> None:
        made = told(lin_ic_ssh_max_tries={
            "state": "changed", "reason": "", "tasks": [{"task": TRIES + " | Few tries", "changes": [change()]}],
        })  # fmt: skip
        made.judged_again = True
        assert written(made, {TRIES: "pass"}) == {
            "schema": "bulwark/enforcement/1", "run": RUN, "host": "web", "customer": "acme", "check": False,
            "outcome": "confirmed", "reason": "", "seconds": 1.234,
            "controls": {TRIES: {
                "state": "changed", "reason": "", "before": "fail", "after": "pass",
                "tasks": [{"task": TRIES + " | Few tries", "changes": [
                    {"kind": "file", "name": "/etc/ssh/x.conf", "diff": "@@ -0,0 +1 @@\n+a", "masked": False},
                ]}],
            }},
        }  # fmt: skip

    def test_what_was_not_judged_again_has_no_status_after(self) -> None:
        made = told(True, lin_ic_ssh_max_tries={"state": "would_change", "reason": "", "tasks": []})
        assert written(made, {TRIES: "fail"})["controls"][TRIES]["after"] is None

    def test_a_host_that_two_roles_went_through_has_what_either_did(self) -> None:
        made = record.Told()
        made.leave({"lin-a-b-c": "no role enforces it yet"})
        first = {
            TRIES: {"state": "changed", "tasks": [{"task": "t", "changes": []}]},
            ROOT_LOGIN: {"state": "unchanged"},
        }
        second = {TRIES: {"state": "unchanged"}, ROOT_LOGIN: {"state": "refused", "reason": "root would be out"}}
        made.take({"outcome": "confirmed", "seconds": 1, "controls": first})
        made.take({"outcome": "unchanged", "seconds": 2, "controls": second})
        document = written(made)
        assert (document["outcome"], document["seconds"]) == ("confirmed", 3)
        states = {control: (entry["state"], entry["reason"]) for control, entry in document["controls"].items()}
        assert states == {
            "lin-a-b-c": ("left", "no role enforces it yet"),
            TRIES: ("changed", ""),
            ROOT_LOGIN: ("refused", "root would be out"),
        }

    @pytest.mark.parametrize(
        ("result", "reason"),
        [
            ({"msg": "Connection lost"}, "Connection lost"),
            ({"outcome": "all well", "controls": {}}, "the safeguard gave no answer"),
            ({}, "the safeguard gave no answer"),
        ],
    )
    def test_an_answer_of_no_known_form_is_a_failure(self, result: dict[str, Any], reason: str) -> None:
        made = record.Told()
        made.take(result)
        document = written(made)
        assert (document["outcome"], document["reason"], document["controls"]) == ("failed", reason, {})

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
            lambda inner: st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["outcome", "controls", "state", "tasks", "changes", "task", "before", "after", "name",
                                 "kind", "masked", "reason", "seconds", TRIES]) | st.text(),
                inner, max_size=5,
            ),
            max_leaves=30,
        ),
        st.sampled_from(record.STATES),
    )  # fmt: skip
    def test_any_answer_becomes_a_document(self, value: Any, state: str) -> None:
        for result in (
            {"outcome": "confirmed", "controls": value, "reason": value, "seconds": value},
            {"outcome": "reverted", "controls": {TRIES: value}},
            {"outcome": "confirmed", "controls": {TRIES: {"state": state, "reason": value, "tasks": value}}},
            {"outcome": "confirmed", "controls": {TRIES: {"state": state, "tasks": [{"task": value, "changes": [
                {"kind": value, "name": value, "before": value, "after": value, "masked": value}]}]}}},
        ):  # fmt: skip
            made = record.Told()
            made.take(result)
            SCHEMA.validate(record.document(RUN, "web", "acme", made, {}))

    def test_a_huge_answer_becomes_a_small_document(self) -> None:
        hostile = "\x1b]0;owned\x07\u202e<script>alert(1)</script>" * 20000
        many = [change(name=hostile, before=None, after="\n".join(hostile[:900] for _ in range(3000)))] * 300
        entry = {"state": "changed", "reason": hostile, "tasks": [{"task": hostile, "changes": many}] * 90}
        made = record.Told()
        made.take({"outcome": "reverted", "reason": hostile, "controls": {f"lin-x-{n}": entry for n in range(20)}})
        document = written(made)
        lines = [
            line
            for entry in document["controls"].values()
            for task in entry["tasks"]
            for change in task["changes"]
            for line in (change["diff"] or "").split("\n")
            if line and not line.startswith("\\")
        ]
        assert len(lines) <= record.ROOM
        assert max(map(len, lines)) <= LINE_LIMIT + 1

    def test_more_controls_than_there_are_stay_out(self) -> None:
        made = record.Told()
        made.leave({f"lin-x-{number}": "r" for number in range(5000)})
        assert len(written(made)["controls"]) == record.MOST_CONTROLS


class TestDiff:
    @given(st.lists(st.sampled_from("ab\n")), st.lists(st.sampled_from("ab\n")))
    def test_applied_to_the_text_before_it_gives_the_text_after(self, one: list[str], other: list[str]) -> None:
        before, after = "".join(one).split("\n"), "".join(other).split("\n")
        lines = unified("".join(x + "\n" for x in before), "".join(x + "\n" for x in after), 999)
        made, at = [], 0
        for line in lines:
            if line.startswith("@@"):
                first, _, number = line.split()[1][1:].partition(",")
                start = int(first) - (number != "0")
                made += before[at:start]
                at = start
            elif line.startswith("+"):
                made.append(line[1:])
            else:
                assert before[at] == line[1:]
                made += [line[1:]] if line[0] == " " else []
                at += 1
        assert [*made, *before[at:]] == after

    def test_a_file_that_comes_or_goes(self) -> None:
        assert unified(None, "a\nb\n", 9) == ["@@ -0,0 +1,2 @@", "+a", "+b"]
        assert unified("a\n", None, 9) == ["@@ -1 +0,0 @@", "-a"]
        assert unified(None, "", 9) == []
        assert unified("active", "inactive", 9) == ["@@ -1 +1 @@", "-active", "+inactive"]

    def test_tabs_stay_readable(self) -> None:
        assert unified(None, "auth\trequired\tpam_x.so\n", 9)[1] == "+auth    required    pam_x.so"

    def test_what_finds_no_room_is_counted(self) -> None:
        assert unified(None, "a\n" * 30, 5)[-1] == "\\ and 26 more lines of this diff"
        assert unified("x\n" * 5, "y\n" * 9000, 9999)[-1] == "\\ and 8600 more lines that were not compared"
        assert unified("a", "a\n", 9) == ["\\ only the end of the last line differs"]


class TestSecrets:
    @pytest.mark.parametrize(
        ("line", "secret"),
        [
            (f"HOTP/T30/6 tberg - {SEED.lower()} 0 2026-11-22 02:00:00", SEED.lower()),
            ("HOTP\ttberg\t1234\t00112233445566778899", "00112233445566778899"),
            ("HOTP\ttberg\t1234\t00112233445566778899", "1234"),
            (f"tberg:{HASH}:19700:0:99999:7:::", HASH),
            (f"tberg:!{HASH}:19700:0:99999:7:::", HASH),
            ("old:abJnggxhB/yWI:19700:0:99999:7:::", "abJnggxhB/yWI"),
            ("ops:$apr1$deadbeef$0123456789abcdef012345", "$0123456789abcdef012345"),
            ("ldap: {SSHA}c2FsdHlwYXNzd29yZA==", "c2FsdHlwYXNzd29yZA"),
            ("ikey = DIXXXXXXXXXXXXXXXXXX", "DIXXXXXXXXXXXXXXXXXX"),
            ("skey=deadbeefdeadbeefdeadbeefdeadbeefdeadbeef", "deadbeef"),
            ("  password: 'correct horse battery staple'", "staple"),
            ("DB_PASSWORD=hunter2", "hunter2"),
            ('"api_key": "abcdef123456",', "abcdef123456"),
            ("smtp_pass = hunter2", "hunter2"),
            ("auth required pam_x.so secret=Zm9vYmFy debug", "Zm9vYmFy"),
            (SEED, SEED),
            ("12345678", "12345678"),
            ("b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtz", "b3BlbnNzaC1r"),
            ("uri otpauth://totp/x?secret=" + SEED, SEED),
            ("proxy=http://bob:hunter2@proxy.example:3128", "hunter2"),
        ],
    )  # fmt: skip
    def test_what_looks_like_a_secret_is_masked(self, line: str, secret: str) -> None:
        assert secret in line
        assert secret not in masked(line)
        assert MASK in masked(line)

    @pytest.mark.parametrize(
        "line",
        [
            "PasswordAuthentication no",
            "AuthenticationMethods publickey,keyboard-interactive",
            "password\t[success=1 default=ignore]\tpam_unix.so obscure use_authtok try_first_pass yescrypt",
            "auth required pam_google_authenticator.so secret=/var/lib/bulwark/${USER}/totp user=root",
            "auth required pam_oath.so usersfile=/etc/users.oath window=3 digits=6",
            "HostKey /etc/ssh/ssh_host_ed25519_key",
            "AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/authorized_keys.d/%u",
            "PASS_MAX_DAYS 365",
            "kernel.keys.maxkeys = 200",
            "retry = 3",
            "# Managed by bulwark.msp: lin-mf-ssh-methods",
            "22/tcp",
        ],
    )
    def test_configuration_stays_readable(self, line: str) -> None:
        assert masked(line) == line

    @pytest.mark.parametrize(
        "path", ["/etc/shadow", "/etc/users.oath", "/home/a/.google_authenticator", "/etc/duo/pam_duo.conf",
                 "/etc/ssh/ssh_host_rsa_key", "/etc/ssl/private/x.key", "/root/.ssh/id_ed25519"]
    )  # fmt: skip
    def test_files_of_secrets_are_not_shown_at_all(self, path: str) -> None:
        assert holds_secrets(path)
        made = told(lin_ic_ssh_max_tries={
            "state": "changed", "tasks": [{"task": "t", "changes": [change(name=path, before="", after="x y\n")]}],
        })  # fmt: skip
        (entry,) = written(made)["controls"][TRIES]["tasks"][0]["changes"]
        assert (entry["diff"], entry["masked"]) == (None, True)

    def test_public_files_are_shown(self) -> None:
        for path in ("/etc/ssh/sshd_config", "/etc/ssh/ssh_host_rsa_key.pub", "/etc/pam.d/sshd", "/etc/passwd"):
            assert not holds_secrets(path)

    def test_a_masked_line_says_so_and_a_masked_change_keeps_nothing(self) -> None:
        changes = [change(after="password = x\n"), change(before="seed", after="other", masked=True)]
        made = told(lin_ic_ssh_max_tries={"state": "changed", "tasks": [{"task": "t", "changes": changes}]})
        shown, hidden = written(made)["controls"][TRIES]["tasks"][0]["changes"]
        assert (shown["diff"], shown["masked"]) == ("@@ -0,0 +1 @@\n+password = " + MASK, True)
        assert (hidden["diff"], hidden["masked"]) == (None, True)

    def test_reasons_hold_no_secret_either(self) -> None:
        made = record.Told()
        made.take({"outcome": "failed", "reason": "sudo: password=hunter2 was wrong", "controls": {}})
        assert "hunter2" not in written(made)["reason"]


class TestOrdinaryModules:
    @pytest.mark.parametrize(
        ("name", "control"),
        [
            ("lin-ic-faillock | Lock an account", "lin-ic-faillock"),
            ("net-ns-mgmt-acl | Sentence", "net-ns-mgmt-acl"),
            ("Install packages", None),
            ("lin-ic-faillock", None),
            ("x | y", None),
        ],
    )
    def test_a_name_says_which_control_it_enforces(self, name: str, control: str | None) -> None:
        assert ordinary.control_of(name) == control

    def test_a_file_and_its_attributes(self) -> None:
        result = {"changed": True, "path": "/etc/x", "diff": [
            {"before": "a\n", "after": "b\n", "before_header": "/etc/x (content)"},
            {"before": {"mode": "0644"}, "after": {"mode": "0600"}},
        ]}  # fmt: skip
        found = ordinary.changes("ansible.builtin.lineinfile", {}, result)
        assert [(one["kind"], one["name"]) for one in found] == [("file", "/etc/x")] * 2
        assert json.loads(found[1]["after"]) == {"mode": "0600"}

    def test_a_loop_tells_of_the_items_that_changed(self) -> None:
        items = [{"changed": True, "name": "telnetd"}, {"changed": False, "name": "vsftpd"}]
        found = ordinary.changes("ansible.builtin.apt", {"name": "x"}, {"results": items, "changed": True})
        assert [one["name"] for one in found] == ["telnetd"]

    def test_of_a_hidden_result_nothing_is_kept(self) -> None:
        (found,) = ordinary.changes("ansible.builtin.copy", {}, {"censored": "", "dest": "/etc/x"})
        assert found == {"kind": "task", "name": "ansible.builtin.copy", "before": None, "after": None, "masked": True}

    def test_changes_of_a_task_make_the_document(self) -> None:
        for check, state, outcome in ((False, "changed", "confirmed"), (True, "would_change", "would_change")):
            made = record.Told(check)
            made.change(TRIES, TRIES + " | Few tries", [change()])
            document = written(made)
            assert (document["outcome"], document["controls"][TRIES]["state"]) == (outcome, state)
