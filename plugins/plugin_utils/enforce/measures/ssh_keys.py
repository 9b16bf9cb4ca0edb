# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys that open accounts: whose file they stand in, and that none of them is weak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...evaluators.logins import logins, remote_accounts
from ...evaluators.verdict import Case
from ...judges.authentication import keys as judge
from ..entry.ways_in import named, require_register, uid
from ..steps import Left, Measures, Step, edit
from .key_files import in_roots_file, roots_file
from .security_keys import require_security_keys, with_verification, without_other_algorithms
from .sshd import set_to, shortened
from .sshd_config import Section, drop_in, user

MEASURES = Measures()
#: Group and others may not write to what StrictModes looks at.
FOREIGN_WRITE = 0o022


@MEASURES.of("ssh_strict_modes")
def ssh_strict_modes(case: Case, arguments: Mapping[str, str], control: str) -> list[Step]:
    """Set {StrictModes: yes}, where no key file would be refused for its own mode."""
    sections = set_to(case, arguments)
    refused = sorted(
        {
            login.name
            for login in logins(case)
            for key in login.keys
            if int(key["mode"], 8) & FOREIGN_WRITE or key["owner_uid"] not in (0, uid(case, login.name))
        }
    )
    if sections and refused:
        raise Left("%s: sshd would refuse the key file, others than the account can write to it" % named(refused))
    return drop_in(case, control, sections)


@MEASURES.of("ssh_without_sha1")
def ssh_without_sha1(case: Case, options: Sequence[str], control: str) -> list[Step]:
    """Take the signatures over SHA-1 out of lists of algorithms."""
    return drop_in(case, control, shortened(case, {option: sorted(judge.SHA1) for option in options}))


@MEASURES.of("ssh_weak_keys")
def ssh_weak_keys(case: Case, bits: int, _control: str) -> list[Step]:
    """Take out DSA keys and RSA keys of fewer bits, where another key of the account remains."""
    authority = next((item for key in case.facts["keys"]["trusted_cas"] for item in judge.weak(key, bits)), None)
    if authority:
        raise Left("%s: only the authority's owner can replace it" % authority.text)
    weak: dict[str, list[Mapping[str, Any]]] = {}
    for key in case.facts["keys"]["authorized"]:
        if any(judge.weak(key, bits)):
            weak.setdefault(key["user"], []).append(key)
    stuck = [one.name for one in remote_accounts(case) if one.keys and len(weak.get(one.name, ())) == len(one.keys)]
    if stuck:
        raise Left("%s: every key is weak; add a strong one (keys in bulwark_accounts) and run again" % named(stuck))
    files: dict[str, list[str]] = {}
    for name, key in ((name, key) for name, keys in weak.items() for key in keys):
        # Another control of the same run may have moved it to root's file by now.
        for path in sorted({key["path"], roots_file(case, name)}):
            files.setdefault(path, []).append(key["fingerprint"])
    return [edit(path, "authorized_keys", {"without": sorted(set(out))}) for path, out in files.items()]


@MEASURES.of("ssh_keys_in_roots_files")
def ssh_keys_in_roots_files(case: Case, _arguments: Any, control: str) -> list[Step]:
    """Move the keys of a provider's or vendor's accounts to files that only root can change."""
    sections, steps = [], []
    external = [account.name for account in case.registers.accounts or () if account.external]
    for name in external:
        if any(file["user"] == name and file["writable_by_user"] for file in case.facts["keys"]["files"]):
            own_sections, own_steps = in_roots_file(case, name, {})
            sections += own_sections
            steps += own_steps
    return [*steps, *drop_in(case, control, sections)]


@MEASURES.of("ssh_security_keys_only")
def ssh_security_keys_only(case: Case, kinds: Sequence[str], control: str) -> list[Step]:
    """Have sshd take security keys only, which verify who uses them, from administrators and providers' people.

    kinds: the kinds of accounts that are people's. Other keys of theirs are taken out.
    """
    if case.policy["bulwark_mfa_method"] != "sk":
        raise Left(
            "security keys are enforced where bulwark_mfa_method is sk; it is %s" % case.policy["bulwark_mfa_method"]
        )
    people = [login for login in logins(case) if login.kind in kinds and (login.admin or login.external)]
    require_register(case)
    require_security_keys(people)
    sections, other = [], dict[str, list[str]]()
    for login in people:
        own = {}
        for option, better in (
            ("PubkeyAcceptedAlgorithms", without_other_algorithms),
            ("PubkeyAuthOptions", with_verification),
        ):
            values = login.settings(option.lower())
            if any(better(value) != value for value in values):
                own[option] = better(next(iter(values)))
        sections += [Section(user(login.name), own)] if own else []
        for key in login.keys:
            if not key["type"].startswith("sk-"):
                other.setdefault(key["path"], []).append(key["fingerprint"])
    return [*(edit(path, "authorized_keys", {"without": out}) for path, out in other.items()),
            *drop_in(case, control, sections)]  # fmt: skip
