# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the SSH keys that open accounts are strong, and a provider's people can't add keys of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...evaluators.logins import contexts, logins, server
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
#: Signatures over SHA-1, which sshd accepts only where somebody added them: broken since 2017.
SHA1 = frozenset({"ssh-rsa", "ssh-dss", "ssh-rsa-cert-v01@openssh.com", "ssh-dss-cert-v01@openssh.com"})


@JUDGES.of("lin-aa-key-hygiene")
def key_hygiene(case: Case) -> Verdict:
    """No weak key, no SHA-1 signature, strict modes, and key files out of reach of a provider's accounts."""
    own, known, bits = server(case), contexts(case), case.policy["bulwark_rsa_bits"]
    keys = [*case.facts["keys"]["authorized"], *case.facts["keys"]["trusted_cas"]]
    wrong = [found for key in keys for found in weak(key, bits)]
    wrong += [
        item("%s: %s" % (name, context.name), "PubkeyAcceptedAlgorithms takes %s for %s" % (name, context.place))
        for context in known
        for name in context.value("pubkeyacceptedalgorithms").split(",")
        if name in SHA1
    ]
    if not own.on("strictmodes"):
        wrong.append(item("strictmodes", "StrictModes is not yes"))
    hidden: dict[str, list[str]] = {}
    for login in logins(case):
        if login.unread_keys:
            hidden.setdefault(login.unread_keys, []).append(login.name)
    unread = ["keys of %s: %s" % (", ".join(names), reason) for reason, names in hidden.items()]
    if case.registers.accounts is None:
        unread.append("bulwark_accounts is not declared: which accounts are a provider's isn't known")
    return verdict(
        "no DSA key, no RSA key below %d bits, no SHA-1 signatures, strictmodes yes; accounts of providers and vendors "
        "have their keys where they can't add any" % bits,
        [*wrong, *_own_key_files(case)],
        unread,
        evidence=[own.command, *(context.command for context in known), *(key["path"] for key in keys)],
    )


def weak(key: Mapping[str, Any], bits: int) -> Iterable[Item]:
    """Say whether a key is one that can be broken: DSA, or RSA of fewer bits."""
    place = "%s line %d: %s" % (key["path"], key["line"], key["fingerprint"])
    if key["type"].startswith("ssh-dss"):
        yield item("%s dsa" % key["fingerprint"], "%s is a DSA key" % place)
    elif key["type"].startswith("ssh-rsa") and (key["bits"] or 0) < bits:
        yield item("%s rsa" % key["fingerprint"], "%s is an RSA key of %d bits" % (place, key["bits"] or 0))


def _own_key_files(case: Case) -> Iterable[Item]:
    external = {account.name for account in case.registers.accounts or () if account.external}
    for file in case.facts["keys"]["files"]:
        if file["user"] in external and file["writable_by_user"]:
            text = "%s belongs to a provider or vendor and can add keys in %s" % (file["user"], file["path"])
            yield item("%s: %s" % (file["user"], file["path"]), text)
