# SPDX-License-Identifier: GPL-3.0-or-later
"""The provider's people go on from here by no forwarding, and no other host is trusted."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize("setting", ["disableforwarding yes", "permittunnel no"])
def test_the_provider_forwards_nothing(host: Any, setting: str) -> None:
    assert setting in host.check_output("sshd -T -C user=kim,host=h,addr=10.0.0.1").splitlines()


@pytest.mark.parametrize("setting", ["hostbasedauthentication no", "ignorerhosts yes"])
def test_sshd_trusts_no_other_host(host: Any, setting: str) -> None:
    assert setting in host.check_output("sshd -T -C user=olivia,host=h,addr=10.0.0.1").splitlines()


@pytest.mark.parametrize("path", ["/etc/hosts.equiv", "/root/.rhosts"])
def test_the_files_that_trusted_other_hosts_are_gone(host: Any, path: str) -> None:
    assert not host.file(path).exists
