# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody goes on from here by forwarding, and no other host is trusted."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    "setting",
    [
        "allowtcpforwarding no",
        "allowagentforwarding no",
        "permittunnel no",
        "hostbasedauthentication no",
        "ignorerhosts yes",
    ],
)
def test_sshd_forwards_and_trusts_nothing(host: Any, setting: str) -> None:
    assert setting in host.check_output("sshd -T -C user=olivia,host=h,addr=10.0.0.1").splitlines()


@pytest.mark.parametrize("path", ["/etc/hosts.equiv", "/root/.rhosts"])
def test_the_files_that_trusted_other_hosts_are_gone(host: Any, path: str) -> None:
    assert not host.file(path).exists
