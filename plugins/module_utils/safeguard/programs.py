# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that own their files and change them themselves: what they would do, and how they are run.

pam-auth-update can be tried on copies, what augenrules does is known, and AIDE's version says how it is configured, so
that these come to files like any other. authselect and update-crypto-policies can't be tried: their files are recorded
before, and they run with the other changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..door import Missing, Unreadable
from ..edits.refused import Refused
from . import aide_conf, augenrules, pam_auth_update, putback
from .files import File, Files
from .host import Host

Arguments = Mapping[str, Any]
POLICY = "/etc/crypto-policies/config"


class Run(NamedTuple):
    """A program that is run. effect: (its settings before, after) as text; trees: the folders that it changes."""

    effect: Callable[[Arguments, Host], tuple[str, str]]
    commands: Callable[[Arguments, Host], list[list[str]]]
    trees: tuple[str, ...]


def features(arguments: Arguments, host: Host) -> tuple[str, str]:
    """Return authselect's features before and after. arguments: {features: [str]}."""
    try:
        current = host.door.output(["authselect", "current", "--raw"]).split()
    except Missing:
        raise Refused("this host has no authselect") from None
    except Unreadable as problem:
        raise Refused("authselect manages nothing here: %s" % problem) from None
    added = [feature for feature in arguments["features"] if feature not in current]
    return " ".join(current), " ".join([*current, *added])


def feature_commands(arguments: Arguments, host: Host) -> list[list[str]]:
    """Return one command for each feature that is not enabled."""
    before, after = (text.split() for text in features(arguments, host))
    return [["authselect", "enable-feature", feature] for feature in after if feature not in before]


def policy(arguments: Arguments, host: Host) -> tuple[str, str]:
    """Return the system-wide crypto policy before and after. arguments: {policy: str}."""
    try:
        return "".join(host.door.lines(POLICY)[:1]), str(arguments["policy"])
    except Missing:
        raise Refused("this host has no system-wide crypto policy") from None


def policy_commands(arguments: Arguments, _host: Host) -> list[list[str]]:
    """Return the command that sets the policy."""
    return [["update-crypto-policies", "--set", str(arguments["policy"])]]


def loading(_arguments: Arguments, _host: Host) -> tuple[str, str]:
    """Return what becomes of the kernel's audit rules; where they are locked only the next boot loads others."""
    if putback.audit_rules_locked():
        return "locked until the next boot (enabled 2)", "loaded by the next boot"
    return "as loaded", "loaded anew"


def loading_commands(_arguments: Arguments, _host: Host) -> list[list[str]]:
    """Return the command that loads the audit rules of the files."""
    return [] if putback.audit_rules_locked() else [["augenrules", "--load"]]


STAGED: dict[str, Callable[[Arguments, Files, Host], dict[str, File]]] = {
    "aide": aide_conf.written,
    "augenrules": augenrules.written,
    "pam-auth-update": pam_auth_update.written,
}
#: What takes up the files that a program leaves.
TAKEN_UP_BY = {"augenrules": putback.AUDIT_RULES}
RUN = {
    "authselect": Run(
        features,
        feature_commands,
        ("/etc/authselect", "/etc/pam.d", "/etc/nsswitch.conf", "/etc/dconf", "/var/lib/authselect"),
    ),
    "audit-rules": Run(loading, loading_commands, ()),
    "update-crypto-policies": Run(policy, policy_commands, ("/etc/crypto-policies",)),
}
