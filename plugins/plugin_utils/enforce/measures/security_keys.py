# SPDX-License-Identifier: GPL-3.0-or-later
"""FIDO2 security keys: who surely has one that verifies its user, and what sshd has to be told to take nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...evaluators.logins import Login
from ...judges.mfa.factors import SK_PREFIXES
from ..entry.ways_in import named
from ..steps import Left

VERIFIED = "verify-required"
#: Where sshd takes no security key yet.
ALGORITHMS = "sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com"


def require_security_keys(people: Iterable[Login]) -> None:
    """Raise Left where one of these people may have no security key that verifies its user."""
    lacking = [login.name for login in people if not any(_verifies(login, key) for key in login.keys)]
    if lacking:
        raise Left("%s: no security key that surely asks for a PIN or fingerprint; add one with verify-required, or "
                   "list it among the keys in bulwark_accounts with sk among the factors" % named(lacking))  # fmt: skip


def _verifies(login: Login, key: Mapping[str, Any]) -> bool:
    """Say whether a key can answer where sshd demands verification: that is settled when the key is made."""
    if not key["type"].startswith("sk-"):
        return False
    if VERIFIED in key["options"] or all(VERIFIED in one.value("pubkeyauthoptions").split() for one in login.contexts):
        return True
    return bool(login.account and "sk" in login.account.factors and key["fingerprint"] in login.account.keys)


def without_other_algorithms(now: str) -> str:
    """Return a list of algorithms without those that are no security key's."""
    return ",".join(name for name in now.split(",") if name.startswith(SK_PREFIXES)) or ALGORITHMS


def with_verification(now: str) -> str:
    """Return PubkeyAuthOptions with the demand that a security key verifies its user."""
    words = [word for word in now.split() if word != "none"]
    return now if VERIFIED in words else " ".join([*words, VERIFIED])
