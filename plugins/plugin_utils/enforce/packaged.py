# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose packages are installed and removed by Ansible's own modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.plugins.action import ActionBase

from ..runs.remote import Remote, RemoteError, account_of

APT = "ansible.builtin.apt"
DNF = "ansible.builtin.dnf"
SECONDS = 600
#: An index of packages of this age is good enough (apt's cache_valid_time).
INDEX_SECONDS = 3600


class PackagedHost(Remote):
    """A Remote that knows its family (debian, redhat), and so its packages' module."""

    def __init__(self, action: ActionBase, variables: Mapping[str, Any], family: str) -> None:
        super().__init__(action, variables)
        self._debian = family != "redhat"

    def packages(self, names: Sequence[str], present: bool) -> None:
        """Install or remove packages, with nothing that they only recommend; raises RemoteError."""
        arguments: dict[str, Any] = {"name": list(names), "state": "present" if present else "absent"}
        if self._debian:
            # What a package starts by itself would be running before its configuration is there.
            arguments.update(install_recommends=False, policy_rc_d=101, purge=not present)
            arguments.update({"update_cache": True, "cache_valid_time": INDEX_SECONDS} if present else {})
        answer = self.call(APT if self._debian else DNF, arguments, SECONDS)
        if answer.get("failed"):
            verb = "installing" if present else "removing"
            raise RemoteError("%s %s failed: %s" % (verb, ", ".join(names), account_of(answer, "package module")))
