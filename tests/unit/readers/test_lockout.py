# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from .host import read


def test_faillock_files_named_anywhere_are_read(tmp_path: Path) -> None:
    facts, errors = read(
        tmp_path,
        "lockout",
        {
            "/etc/pam.d/sshd": "@include common-auth\n",
            "/etc/pam.d/common-auth": "auth required pam_faillock.so preauth conf=/etc/security/strict.conf\n",
            "/etc/security/faillock.conf": "# deny = 1\ndeny = 5 # five\nunlock_time=never\neven_deny_root\nsilent\n",
            "/etc/security/strict.conf": "deny 3\n",
        },
    )
    assert not errors
    assert facts["configs"] == {
        "/etc/security/faillock.conf": {"deny": "5", "unlock_time": "never", "even_deny_root": ""},
        "/etc/security/strict.conf": {"deny": "3"},
    }
    assert facts["authselect"] is None


def test_authselect_names_its_features(tmp_path: Path) -> None:
    files = {"/etc/authselect/authselect.conf": "sssd\nwith-faillock\nwithout-nullok\n"}
    facts, _errors = read(tmp_path, "lockout", files)
    assert facts["authselect"] == {"profile": "sssd", "features": ["with-faillock", "without-nullok"]}
    assert facts["configs"] == {"/etc/security/faillock.conf": {}}
