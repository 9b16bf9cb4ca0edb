# SPDX-License-Identifier: GPL-3.0-or-later
"""What is judged by the deep reading: never without one, and not by one that is too old or ended early."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.judges.host import policy
from tests.unit.judges.ssh_host import facts, judge, key, user

SUID, FOREIGN, ORPHANS = "lin-lp-suid-baseline", "lin-ns-no-foreign-keys", "lin-oa-orphan-keys"
OWN = {"name": "anna", "kind": "person", "party": "customer"}


def path(place: str, **more: Any) -> dict[str, Any]:
    return {"place": place, "below": "/", "inode": 5, "places": [], "owner": "root", "package": None, **more}


def deep(at: str | None = "2026-11-20T02:00:00Z", **found: Any) -> dict[str, Any]:
    lists: dict[str, Any] = {
        name: [] for name in ("rights", "writable", "credentials", "agents", "ownerless", "unfinished", "skipped")
    }
    return {"at": at, "seconds": 1.0, "entries": 10, "dropped": {}, **lists, **found}


SHELL = path("/usr/bin/bash", rights=["setuid:root"], package="bash")


def judged(control: str, reading: dict[str, Any], keys: Any = (), **declared: Any) -> tuple[str, list[str], str]:
    host = facts([user("anna")], list(keys), deep=reading)
    return judge(control, host, **{**policy(), "bulwark_accounts": [OWN], **declared})


@pytest.mark.parametrize("control", [SUID, FOREIGN, ORPHANS])
def test_no_reading_an_old_one_and_one_of_tomorrow(control: str) -> None:
    assert judged(control, {"at": None})[::2] == (
        "unknown", "there is no deep reading of the host's disks; audit the host once with bulwark_deep=true",
    )  # fmt: skip
    status, items, reason = judged(control, deep("2026-11-01T02:00:00Z", rights=[SHELL]))
    assert (status, items) == ("stale", [])
    assert reason.startswith("the deep reading is of 2026-11-01, older than bulwark_deep_days (8)")
    assert judged(control, deep("2027-01-01T02:00:00Z"))[0] == "unknown"
    assert judged(control, deep("nonsense"))[0] == "unknown"
    assert judged(control, deep())[0] == "pass"


def test_what_was_found_counts_even_where_the_time_was_up() -> None:
    ended = [{"place": "/srv", "why": "the time was up"}]
    assert judged(SUID, deep(unfinished=ended))[::2] == (
        "unknown", "the deep reading did not see all of /srv: the time was up (bulwark_deep_seconds)",
    )  # fmt: skip
    assert judged(SUID, deep(unfinished=ended, rights=[SHELL]))[0] == "fail"
    assert judged(SUID, deep(dropped={"rights": 3}))[0] == "unknown"


def test_a_package_blesses_nothing() -> None:
    (text,) = judged(SUID, deep(rights=[SHELL]))[1]
    assert text == (
        "/usr/bin/bash has setuid:root, which bulwark_setuid_files doesn't give it (a file of the package bash)"
    )


@pytest.mark.parametrize(
    ("rights", "status"), [(["setuid:root"], "pass"), (["setgid:root"], "fail"), (["setuid:root", "cap_chown"], "fail")]
)
def test_a_file_has_just_the_rights_it_was_given(rights: list[str], status: str) -> None:
    own = path("/opt/***", rights=rights, places=["/opt/*"])
    assert judged(SUID, deep(rights=[own]), bulwark_setuid_accepted=["setuid:root /opt/*"])[0] == status


def test_whose_a_credential_is() -> None:
    found = [path("/home/kim/.ssh/id_rsa", kind="private key", owner="kim"), path("/srv/***", kind="kubeconfig")]
    accounts = [{"name": "kim", "kind": "person", "party": "msp:north"}]
    assert judged(FOREIGN, deep(credentials=found), bulwark_accounts=accounts)[1] == [
        "private key at /home/kim/.ssh/id_rsa, in the hands of kim, an account of msp:north",
        "kubeconfig at /srv/*** (find / -inum 5), owned by root; whose it is, the file doesn't tell",
    ]
    own = path("/etc/ssl/private/***", kind="private key", places=["/etc/ssl/private/**"])
    assert judged(FOREIGN, deep(credentials=[own]))[0] == "pass"


def test_owners_of_keys() -> None:
    dated = {**OWN, "keys": [{"fingerprint": "SHA256:k", "since": "2026-06-01"}]}
    known, strange = key("anna", fingerprint="SHA256:k"), key("anna", fingerprint="SHA256:x")
    assert judged(ORPHANS, deep(), [known], bulwark_accounts=[dated])[0] == "pass"
    assert (
        judged(ORPHANS, deep(), [known], bulwark_accounts=[{**OWN, "keys": [{"fingerprint": "SHA256:k"}]}])[0]
        == "unknown"
    )
    assert judged(ORPHANS, deep(), [known], bulwark_accounts=[dated], bulwark_key_days=30)[0] == "fail"
    assert judged(ORPHANS, deep(), [known], bulwark_accounts=[{**dated, "expires": "2026-11-01"}])[0] == "fail"
    status, items, _reason = judged(ORPHANS, {"at": None}, [strange], bulwark_accounts=[dated])
    assert status == "fail"
    assert "SHA256:x opens anna and has no current owner" in items[0]


def test_what_a_removed_uid_left_behind_needs_no_register() -> None:
    left = [{"uid": 1007, "files": 2, "processes": 1, "samples": [path("/srv/***")]}]
    host = facts([user("anna")], [], deep=deep(ownerless=left))
    status, items, _reason = judge(ORPHANS, host, **policy())
    assert status == "fail"
    assert items == [
        "files of uid 1007, which no account has: 2, such as /srv/*** (find / -inum 5)",
        "processes of uid 1007, which no account has: 1",
    ]
