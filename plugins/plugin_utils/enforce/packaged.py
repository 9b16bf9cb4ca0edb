# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose packages are installed, upgraded and removed by Ansible's own modules."""

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
        self._managed(arguments, SECONDS, "%s %s" % ("installing" if present else "removing", ", ".join(names)))

    def refresh(self) -> None:
        """Have the host fetch its lists of packages anew; raises RemoteError."""
        once = {"update_cache_retries": 1} if self._debian else {}
        self._managed({"update_cache": True, **once}, SECONDS, "fetching the lists of packages")

    def upgrade(self, wanted: Mapping[str, str], seconds: float) -> None:
        """Bring installed packages to the versions given, and remove none for that; raises RemoteError."""
        joined = "%s=%s" if self._debian else "%s-%s"
        arguments: dict[str, Any] = {"name": [joined % each for each in wanted.items()], "state": "present"}
        if self._debian:
            arguments.update(only_upgrade=True, install_recommends=False, fail_on_autoremove=True)
        self._managed(arguments, seconds, "the upgrade")

    def _managed(self, arguments: Mapping[str, Any], seconds: float, what: str) -> None:
        answer = self.call(APT if self._debian else DNF, arguments, seconds)
        if answer.get("failed"):
            raise RemoteError("%s failed: %s" % (what, account_of(answer, "package module")))
