# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from ansible_collections.bulwark.msp.plugins.module_utils import factor_files
from ansible_collections.bulwark.msp.plugins.module_utils.readers import factors
from hypothesis import given
from hypothesis import strategies as st

from .host import read

PASSWD = "ana:x:1000:1000::/home/ana:/bin/bash\nwww:x:33:33::/var/www:/usr/sbin/nologin\n"
SEED = "JBSWY3DPEHPK3PXP"
GOOGLE = (
    SEED + '\n" RATE_LIMIT 3 30 1700000000 1700000001\n" WINDOW_SIZE 17\n" DISALLOW_REUSE 566\n" TOTP_AUTH\n12345678\n'
)


def test_factor_files_without_their_secrets(tmp_path: Path) -> None:
    facts, errors = read(
        tmp_path,
        "factors",
        {
            "/etc/passwd": PASSWD,
            "/etc/group": "ana:x:1000:\n",
            "/etc/pam.d/sshd": "auth required pam_oath.so usersfile=/etc/users.oath window=5\n"
            "auth required pam_google_authenticator.so secret=/var/lib/totp/${USER} user=root\n"
            "auth required pam_u2f.so authfile=/etc/u2f_keys\n",
            "/etc/users.oath": "# users\nHOTP/T30/6 ana - %s 0 123456 2026-01-01T00:00:00L\n" % SEED.encode().hex(),
            "/var/lib/totp/ana": GOOGLE,
            "/home/ana/.google_authenticator": GOOGLE,
            "/var/www/.google_authenticator": GOOGLE,
            "/etc/u2f_keys": "ana:handle1,public1,es256,+presence:handle2,public2,es256,+presence\n",
            "/etc/duo/pam_duo.conf": "[duo]\nikey = DIXXXX\nskey = deadbeef\nfailmode=safe\n"
            "host = api-1.duosecurity.com\n",
            "/opt/duoauthproxy/conf/authproxy.cfg": "[main]\n[radius_server_auto]\nskey=deadbeef\n[ad_client]\nhost=a\n"
            "[radius_server_auto2]\nfailmode=secure\n",
            "/etc/pam_radius_auth.conf": "radius.example:1812 deadbeef 3\n[2001:db8::1]:1812 deadbeef\n",
        },
        {"getent passwd": PASSWD, "getent group": "ana:x:1000:\n"},
    )
    assert not errors
    assert [line["module"] for line in facts["modules"]] == ["pam_oath", "pam_google_authenticator", "pam_u2f"]
    assert facts["oath"][0]["users"] == [{"user": "ana", "type": "HOTP/T30/6", "line": 2}]
    assert [(each["user"], each["path"]) for each in facts["google"]] == [
        ("ana", "/var/lib/totp/ana"),
        ("ana", "/home/ana/.google_authenticator"),
    ]
    assert facts["google"][0]["options"] == {
        "RATE_LIMIT": [3, 30],
        "WINDOW_SIZE": [17],
        "DISALLOW_REUSE": [],
        "TOTP_AUTH": [],
    }
    assert facts["u2f"][0]["users"] == {"ana": 2}
    assert facts["duo"][0]["options"] == {"host": "api-1.duosecurity.com", "failmode": "safe", "keys": True}
    assert [server["failmode"] for server in facts["duo_proxy"]["servers"]] == [None, "secure"]
    assert facts["radius"][0]["servers"] == ["radius.example", "2001:db8::1"]
    for secret in (SEED, SEED.encode().hex(), "deadbeef", "12345678", "123456", "handle1", "DIXXXX", "1700000000"):
        assert secret not in repr(facts)


def test_paths_that_depend_on_the_user() -> None:
    user = {"name": "ana", "home": "/home/ana/"}
    assert factors.resolve("~/.x", user) == "/home/ana/.x"
    assert factors.resolve(".ssh/u2f", user) == "/home/ana/.ssh/u2f"
    assert factors.resolve("/var/lib/%u/${USER}", user) == "/var/lib/ana/ana"
    assert factors.resolve("${HOME}/.x", user) == "/home/ana/.x"
    assert [factors.personal(path) for path in ("/etc/x", "~/x", "x", "/v/%u")] == [False, True, True, True]


@given(st.text())
def test_any_factor_file_is_parsed(text: str) -> None:
    factor_files.oath_users(text)
    factor_files.google_options(text)
    factor_files.mapped_keys(text)
    factor_files.duo_options(text)
    factor_files.duo_servers(text)
    factor_files.radius_servers(text)


@given(st.dictionaries(st.text(st.characters(categories=["Ll"]), min_size=1), st.integers(1, 4)))
def test_mapped_keys_come_back(users: dict[str, int]) -> None:
    text = "".join("%s%s\n" % (user, ":handle,key" * count) for user, count in users.items())
    assert factor_files.mapped_keys(text) == users
